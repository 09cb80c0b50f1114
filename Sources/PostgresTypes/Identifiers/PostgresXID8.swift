public import PostgresWire

/// A transaction's number with its epoch, which never comes again: `xid8`, as `pg_current_xact_id()` gives it.
public struct PostgresXID8: PostgresTextConvertible, Comparable {
    /// The epoch in the upper half, the `xid` in the lower.
    public var rawValue: UInt64
    @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// What rows carry of it in `xmin` and `xmax`.
    public var xid: PostgresXID { PostgresXID(rawValue: UInt32(truncatingIfNeeded: rawValue)) }

    /// Reads a number in decimal digits.
    public init?(_ description: String) {
        guard let value = TextScanner.read(description, { $0.unsigned(UInt64.self) }) else { return nil }
        self.init(rawValue: value)
    }

    public var description: String { String(rawValue) }

    public static func < (left: PostgresXID8, right: PostgresXID8) -> Bool { left.rawValue < right.rawValue }
}

extension PostgresXID8: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    @inlinable public static var postgresType: PostgresType { .xid8 }
    @inlinable public static var postgresArrayType: PostgresType { .xid8Array }

    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        guard type == .xid8 else { throw .cannotDecode(PostgresXID8.self, from: type) }
        self.init(rawValue: try IdentifierCoding.decode(bytes, as: PostgresXID8.self, type: type))
    }

    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        guard type == .xid8 else { throw .cannotEncode(PostgresXID8.self, as: type) }
        buffer.append(rawValue)
    }
}
