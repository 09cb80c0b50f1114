public import PostgresWire

/// A command's number within its transaction: `cid`, the type of `cmin` and `cmax`.
public struct PostgresCID: PostgresTextConvertible {
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

extension PostgresCID: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    @inlinable public static var postgresType: PostgresType { .cid }
    @inlinable public static var postgresArrayType: PostgresType { .cidArray }

    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        guard type == .cid else { throw .cannotDecode(PostgresCID.self, from: type) }
        self.init(rawValue: try IdentifierCoding.decode(bytes, as: PostgresCID.self, type: type))
    }

    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        guard type == .cid else { throw .cannotEncode(PostgresCID.self, as: type) }
        buffer.append(rawValue)
    }
}
