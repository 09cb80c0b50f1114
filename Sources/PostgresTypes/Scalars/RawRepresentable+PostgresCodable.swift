public import PostgresWire

/// Lets an enum be a column by saying so: `enum Status: String, PostgresCodable { case draft, sent }`.
///
/// It travels as its raw value: a `String` goes into text and into a PostgreSQL enum alike. Add `PostgresArrayElement`
/// for arrays of it.
extension RawRepresentable where Self: PostgresEncodable, RawValue: PostgresEncodable {
    /// The raw value's type.
    @inlinable public static var postgresType: PostgresType { RawValue.postgresType }
    /// What the raw value is encoded as before the server has been asked.
    @inlinable public var parameterType: PostgresType { rawValue.parameterType }

    /// Encodes the raw value.
    @inlinable
    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        try rawValue.encode(into: &buffer, as: type)
    }
}

extension RawRepresentable where Self: PostgresDecodable, RawValue: PostgresDecodable {
    /// Reads the raw value, and throws `decodingFailed` when there is no value with it.
    @inlinable
    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        guard let value = Self(rawValue: try RawValue(binary: bytes, type: type)) else {
            throw .invalidBytes(Self.self, type: type, "no case has this raw value")
        }
        self = value
    }
}
