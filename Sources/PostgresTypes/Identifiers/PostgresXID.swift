public import PostgresWire

/// A transaction's number as rows carry it: `xid`, the type of `xmin` and `xmax`.
///
/// It wraps around after four thousand million transactions, so it has no order; ``PostgresXID8`` has one.
public struct PostgresXID: PostgresTextConvertible {
    /// The number.
    public var rawValue: UInt32
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Reads a number in decimal digits.
    public init?(_ description: String) {
        guard let value = TextScanner.read(description, { $0.unsigned(UInt32.self) }) else { return nil }
        self.init(rawValue: value)
    }

    public var description: String { String(rawValue) }
}

extension PostgresXID: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    @inlinable public static var postgresType: PostgresType { .xid }
    @inlinable public static var postgresArrayType: PostgresType { .xidArray }

    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        guard type == .xid else { throw .cannotDecode(PostgresXID.self, from: type) }
        self.init(rawValue: try IdentifierCoding.decode(bytes, as: PostgresXID.self, type: type))
    }

    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        guard type == .xid else { throw .cannotEncode(PostgresXID.self, as: type) }
        buffer.append(rawValue)
    }
}
