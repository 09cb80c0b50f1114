public import PostgresWire

/// A hardware address of six bytes (EUI-48): `macaddr`.
public struct PostgresMACAddress: PostgresTextConvertible, Comparable {
    /// The six bytes as a number, the first in the highest place.
    public let rawValue: UInt64

    /// Nil beyond 48 bits.
    public init?(rawValue: UInt64) {
        guard rawValue < 1 << 48 else { return nil }
        self.rawValue = rawValue
    }

    /// The six bytes.
    public var bytes: [UInt8] { MACAddressText.bytes(rawValue, count: 6) }

    /// Reads `08:00:2b:01:02:03`, with hyphens for colons, or with neither, in any case.
    public init?(_ description: String) {
        guard let value = MACAddressText.read(description, count: 6) else { return nil }
        rawValue = value
    }

    /// `08:00:2b:01:02:03`.
    public var description: String { MACAddressText.text(bytes) }

    public static func < (left: PostgresMACAddress, right: PostgresMACAddress) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// A hardware address of eight bytes (EUI-64): `macaddr8`.
public struct PostgresMACAddress8: PostgresTextConvertible, Comparable {
    /// The eight bytes as a number, the first in the highest place.
    public let rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// An address of six bytes with `ff:fe` put into its middle, as the server converts it.
    public init(_ address: PostgresMACAddress) {
        rawValue = (address.rawValue & 0xFFFF_FF00_0000) << 16 | 0xFF_FE00_0000 | (address.rawValue & 0xFF_FFFF)
    }

    /// The eight bytes.
    public var bytes: [UInt8] { MACAddressText.bytes(rawValue, count: 8) }

    /// Reads `08:00:2b:01:02:03:04:05`, with hyphens for colons, or with neither, in any case. Six bytes, which the server
    /// reads too, are refused.
    public init?(_ description: String) {
        guard let value = MACAddressText.read(description, count: 8) else { return nil }
        rawValue = value
    }

    /// `08:00:2b:01:02:03:04:05`.
    public var description: String { MACAddressText.text(bytes) }

    public static func < (left: PostgresMACAddress8, right: PostgresMACAddress8) -> Bool {
        left.rawValue < right.rawValue
    }
}

private enum MACAddressText {
    static func bytes(_ value: UInt64, count: Int) -> [UInt8] {
        Array(withUnsafeBytes(of: value.bigEndian, Array.init).suffix(count))
    }

    static func text(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ":")
    }

    static func read(_ text: String, count: Int) -> UInt64? {
        TextScanner.read(text) { scanner in
            guard var value = scanner.hexadecimal(digits: 2) else { return nil }
            let separator: Unicode.Scalar? =
                scanner.next == UInt8(ascii: ":") ? ":" : scanner.next == UInt8(ascii: "-") ? "-" : nil
            for _ in 1..<count {
                if let separator, !scanner.takes(separator) { return nil }
                guard let byte = scanner.hexadecimal(digits: 2) else { return nil }
                value = value << 8 | byte
            }
            return value
        }
    }
}

extension PostgresMACAddress: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    @inlinable public static var postgresType: PostgresType { .macaddr }
    @inlinable public static var postgresArrayType: PostgresType { .macaddrArray }

    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        guard type == .macaddr else { throw .cannotDecode(PostgresMACAddress.self, from: type) }
        guard bytes.byteCount == 6 else {
            throw .invalidBytes(PostgresMACAddress.self, type: type, "it must be 6 bytes")
        }
        rawValue =
            UInt64(bytes.bigEndian(at: 0, as: UInt16.self)) << 32 | UInt64(bytes.bigEndian(at: 2, as: UInt32.self))
    }

    /// Writes `macaddr`, and `macaddr8` with `ff:fe` put into the middle.
    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        if type == .macaddr8 { return try PostgresMACAddress8(self).encode(into: &buffer, as: type) }
        guard type == .macaddr else { throw .cannotEncode(PostgresMACAddress.self, as: type) }
        buffer.append(bytes)
    }
}

extension PostgresMACAddress8: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    @inlinable public static var postgresType: PostgresType { .macaddr8 }
    @inlinable public static var postgresArrayType: PostgresType { .macaddr8Array }

    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        guard type == .macaddr8 else { throw .cannotDecode(PostgresMACAddress8.self, from: type) }
        rawValue = try IdentifierCoding.decode(bytes, as: PostgresMACAddress8.self, type: type)
    }

    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        guard type == .macaddr8 else { throw .cannotEncode(PostgresMACAddress8.self, as: type) }
        buffer.append(rawValue)
    }
}
