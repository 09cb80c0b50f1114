public import PostgresWire

/// A Swift value that can be read from PostgreSQL's binary form.
///
/// `init(binary:type:)` gets exactly the bytes of one cell and checks them: length, inner lengths and range come from
/// outside. It throws `PostgresError.Code.decodingFailed`; the caller adds the column's name.
public protocol PostgresDecodable: Sendable {
    /// Reads the value from its bytes. `type` is the column's type as the server declared it.
    init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError)

    /// What NULL becomes. Throws unless the type is an `Optional`.
    init(postgresNull type: PostgresType) throws(PostgresError)

    /// Reads the value from the server's text form of it, as elements of arrays and fields of composites in text are
    /// read. Needs no code where the type is `LosslessStringConvertible` by that form.
    init(text: String, type: PostgresType) throws(PostgresError)
}

/// Both ways.
public typealias PostgresCodable = PostgresEncodable & PostgresDecodable

extension PostgresDecodable {
    @inlinable
    public init(postgresNull type: PostgresType) throws(PostgresError) {
        throw .unexpectedNull(Self.self, type: type)
    }

    public init(text: String, type: PostgresType) throws(PostgresError) {
        guard let convertible = Self.self as? any LosslessStringConvertible.Type else {
            throw PostgresError(
                .decodingFailed, "\(type) cannot be read as Swift's \(Self.self) where it comes as text",
                advice: "Implement init(text:type:), or read it as String")
        }
        guard let value = convertible.init(text) as? Self else {
            throw .invalidBytes(Self.self, type: type, "its text is malformed")
        }
        self = value
    }
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
    @inlinable
    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        self = .some(try Wrapped(binary: bytes, type: type))
    }

    @inlinable
    public init(postgresNull type: PostgresType) throws(PostgresError) {
        self = .none
    }

    public init(text: String, type: PostgresType) throws(PostgresError) {
        self = .some(try Wrapped(text: text, type: type))
    }
}

extension PostgresError {
    /// The error for NULL where a value must stand.
    @inline(never)
    public static func unexpectedNull<V>(_: V.Type, type: PostgresType) -> PostgresError {
        PostgresError(
            .decodingFailed, "a NULL of \(type) cannot be read as Swift's \(V.self)",
            advice: "Read it as \(V.self)? instead")
    }

    /// The error for a column type that the Swift type cannot be read from.
    @inline(never)
    public static func cannotDecode<V>(_: V.Type, from type: PostgresType) -> PostgresError {
        PostgresError(
            .decodingFailed, "\(type) cannot be read as Swift's \(V.self)",
            advice: type.isBuiltin ? nil : "Cast it in SQL to a built-in type, or read it as PostgresRawValue")
    }

    /// The error for bytes that are no value of the column's type, or one that the Swift type has no room for.
    @inline(never)
    public static func invalidBytes<V>(_: V.Type, type: PostgresType, _ reason: String) -> PostgresError {
        PostgresError(.decodingFailed, "a value of \(type) cannot be read as Swift's \(V.self): \(reason)")
    }
}
