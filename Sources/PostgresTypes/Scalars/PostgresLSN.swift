public import PostgresWire

/// A place in the server's write-ahead log: PostgreSQL's `pg_lsn`.
///
/// The number of bytes before it, written as two hexadecimal halves: `16/B374D848`. PostgreSQL documentation,
/// "pg_lsn Type".
public struct PostgresLSN: RawRepresentable, Hashable, Comparable, Sendable {
    /// Bytes from the beginning of the log.
    public var rawValue: UInt64

    /// A place by its distance from the beginning of the log.
    @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// `0/0`: no place. As a start it means where a slot stands.
    @inlinable public static var zero: PostgresLSN { PostgresLSN(rawValue: 0) }

    /// How many bytes of log lie between this place and `other`; negative when `other` is before it, and nil beyond the
    /// range of `Int`.
    public func distance(to other: PostgresLSN) -> Int? {
        if other >= self { return Int(exactly: other.rawValue - rawValue) }
        return Int(exactly: rawValue - other.rawValue).map { -$0 }
    }

    @inlinable
    public static func < (left: PostgresLSN, right: PostgresLSN) -> Bool { left.rawValue < right.rawValue }
}

extension PostgresLSN: LosslessStringConvertible {
    /// Reads `16/B374D848`: two numbers of one to eight hexadecimal digits. Nil for anything else.
    public init?(_ description: String) {
        let halves = description.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
        guard halves.count == 2, let high = Self.half(halves[0]), let low = Self.half(halves[1]) else { return nil }
        rawValue = UInt64(high) << 32 | UInt64(low)
    }

    /// As the server writes it.
    public var description: String {
        let high = String(rawValue >> 32, radix: 16, uppercase: true)
        return high + "/" + String(rawValue & 0xFFFF_FFFF, radix: 16, uppercase: true)
    }

    private static func half(_ text: Substring) -> UInt32? {
        // UInt32(_:radix:) takes a sign as well.
        guard (1...8).contains(text.utf8.count), text.allSatisfy(\.isHexDigit) else { return nil }
        return UInt32(text, radix: 16)
    }
}

extension PostgresLSN: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    @inlinable public static var postgresType: PostgresType { .pgLSN }

    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        guard type == .pgLSN else { throw .cannotDecode(PostgresLSN.self, from: type) }
        guard bytes.byteCount == 8 else { throw .invalidBytes(PostgresLSN.self, type: type, "it must be 8 bytes") }
        rawValue = bytes.bigEndian(as: UInt64.self)
    }

    /// Reads its text form. Not the raw value's, as of other types with one.
    public init(text: String, type: PostgresType) throws(PostgresError) {
        guard let value = PostgresLSN(text) else {
            throw .invalidBytes(PostgresLSN.self, type: type, "its text is malformed")
        }
        self = value
    }

    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        guard type == .pgLSN else { throw .cannotEncode(PostgresLSN.self, as: type) }
        buffer.append(rawValue)
    }
}

/// As text.
extension PostgresLSN: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let value = PostgresLSN(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "not a place in the log such as 16/B374D848")
        }
        self = value
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
