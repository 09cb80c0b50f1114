public import PostgresWire

/// An address and the network it is in: `inet`.
///
///     PostgresInet("192.0.2.7/24")       // the address, and that its network is 192.0.2.0/24
///     PostgresInet("2001:db8::1")        // without a prefix: all bits are the network's
public struct PostgresInet: PostgresTextConvertible {
    /// The address, with the bits of the host.
    public let address: PostgresIPAddress
    /// How many of the first bits are the network's.
    public let prefixLength: Int

    /// An address on its own.
    public init(_ address: PostgresIPAddress) {
        self.address = address
        prefixLength = address.bitCount
    }

    /// Nil when the address has fewer bits.
    public init?(_ address: PostgresIPAddress, prefixLength: Int) {
        guard 0...address.bitCount ~= prefixLength else { return nil }
        self.address = address
        self.prefixLength = prefixLength
    }

    /// The network that the address is in (the server's `network`).
    public var network: PostgresCIDR { PostgresCIDR(containing: self) }

    /// Reads an address, with or without `/` and a prefix length.
    public init?(_ description: String) {
        let value = TextScanner.read(description) { scanner -> PostgresInet? in
            guard let address = PostgresIPAddress(&scanner) else { return nil }
            guard scanner.takes("/") else { return PostgresInet(address) }
            return scanner.unsigned(Int.self).flatMap { PostgresInet(address, prefixLength: $0) }
        }
        guard let value else { return nil }
        self = value
    }

    /// The server's text: the prefix length only where it is not the whole address.
    public var description: String {
        prefixLength == address.bitCount ? address.description : "\(address)/\(prefixLength)"
    }
}

/// A network: `cidr`. As ``PostgresInet``, but no bit is set behind the prefix.
public struct PostgresCIDR: PostgresTextConvertible {
    /// The network's first address.
    public let address: PostgresIPAddress
    /// How many of the first bits are the network's.
    public let prefixLength: Int

    /// Nil when the address has fewer bits, or bits set behind the prefix.
    public init?(_ address: PostgresIPAddress, prefixLength: Int) {
        guard 0...address.bitCount ~= prefixLength, address.masked(to: prefixLength) == address else { return nil }
        self.address = address
        self.prefixLength = prefixLength
    }

    /// The network that an address with its prefix is in.
    public init(containing inet: PostgresInet) {
        address = inet.address.masked(to: inet.prefixLength)
        prefixLength = inet.prefixLength
    }

    /// True when the address is in the network. Never for an address of the other version.
    public func contains(_ other: PostgresIPAddress) -> Bool {
        other.bitCount == address.bitCount && other.masked(to: prefixLength) == address
    }

    /// Reads an address with `/` and a prefix length; without one the network is the single address. The abbreviations
    /// of version 4 that the server reads too (`10/8`) are refused.
    public init?(_ description: String) {
        guard let inet = PostgresInet(description),
            let value = PostgresCIDR(inet.address, prefixLength: inet.prefixLength)
        else { return nil }
        self = value
    }

    /// The server's text, always with the prefix length.
    public var description: String { "\(address)/\(prefixLength)" }
}

/// The binary form (`network_send` in the server's source): which version, the prefix length, whether it is a `cidr`, how
/// many bytes, the bytes.
enum InetCoding {
    // `PGSQL_AF_INET` and `PGSQL_AF_INET6`, which are the same on every platform.
    private static let v4: UInt8 = 2
    private static let v6: UInt8 = 3

    static func decode<V>(_ bytes: RawSpan, as: V.Type, type: PostgresType) throws(PostgresError) -> PostgresInet {
        guard type == .inet || type == .cidr else { throw .cannotDecode(V.self, from: type) }
        guard bytes.byteCount == 8 || bytes.byteCount == 20 else {
            throw .invalidBytes(V.self, type: type, "it must be 8 or 20 bytes")
        }
        let family: UInt8 = bytes.bigEndian()
        let length: UInt8 = bytes.bigEndian(at: 3)
        let content = bytes.extracting(4..<bytes.byteCount).withUnsafeBytes { PostgresIPAddress(bytes: $0) }
        guard let content, Int(length) == bytes.byteCount - 4, family == (length == 4 ? v4 : v6) else {
            throw .invalidBytes(V.self, type: type, "its version and its length disagree")
        }
        guard let inet = PostgresInet(content, prefixLength: Int(bytes.bigEndian(at: 1, as: UInt8.self))) else {
            throw .invalidBytes(V.self, type: type, "its prefix is longer than its address")
        }
        return inet
    }

    static func encode(
        _ address: PostgresIPAddress, _ prefixLength: Int, into buffer: inout PostgresBuffer, as type: PostgresType
    ) {
        let bytes = address.bytes
        buffer.append(bytes.count == 4 ? v4 : v6)
        buffer.append(UInt8(truncatingIfNeeded: prefixLength))
        buffer.append(type == .cidr ? 1 as UInt8 : 0)
        buffer.append(UInt8(truncatingIfNeeded: bytes.count))
        buffer.append(bytes)
    }
}

extension PostgresInet: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    @inlinable public static var postgresType: PostgresType { .inet }
    @inlinable public static var postgresArrayType: PostgresType { .inetArray }

    /// Reads `inet` and `cidr`.
    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        self = try InetCoding.decode(bytes, as: PostgresInet.self, type: type)
    }

    /// Writes `inet`, and `cidr` where no bit is set behind the prefix.
    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        guard type == .inet || type == .cidr else { throw .cannotEncode(PostgresInet.self, as: type) }
        if type == .cidr, address.masked(to: prefixLength) != address {
            throw PostgresError(
                .encodingFailed, "an address with bits behind its prefix cannot be sent as \(type)",
                advice: "Send its network")
        }
        InetCoding.encode(address, prefixLength, into: &buffer, as: type)
    }
}

extension PostgresCIDR: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    @inlinable public static var postgresType: PostgresType { .cidr }
    @inlinable public static var postgresArrayType: PostgresType { .cidrArray }

    /// Reads `cidr`, and `inet` where no bit is set behind the prefix.
    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        let inet = try InetCoding.decode(bytes, as: PostgresCIDR.self, type: type)
        guard let value = PostgresCIDR(inet.address, prefixLength: inet.prefixLength) else {
            throw .invalidBytes(PostgresCIDR.self, type: type, "it has bits behind its prefix")
        }
        self = value
    }

    /// Writes `cidr` and `inet`.
    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        guard type == .inet || type == .cidr else { throw .cannotEncode(PostgresCIDR.self, as: type) }
        InetCoding.encode(address, prefixLength, into: &buffer, as: type)
    }
}
