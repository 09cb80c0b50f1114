public import PostgresWire

/// A path within JSON, in the language of SQL: `jsonpath`, as its text.
///
/// The server checks it and writes it in its own way (`$.a[*] ? (@ > 1)` as `$."a"[*]?(@ > 1)`), so what comes back need
/// not be what was sent. Equal is what is the same text.
public struct PostgresJSONPath: PostgresTextConvertible, ExpressibleByStringLiteral {
    /// The path as text.
    public var text: String

    /// Nothing is checked here; the server refuses what is no path.
    @inlinable public init(_ text: String) { self.text = text }
    @inlinable public init(stringLiteral value: String) { self.init(value) }
    @inlinable public var description: String { text }
}

extension PostgresJSONPath: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    @inlinable public static var postgresType: PostgresType { .jsonpath }
    @inlinable public static var postgresArrayType: PostgresType { .jsonpathArray }

    @inlinable
    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        text = try String(binary: bytes, type: type)
    }

    @inlinable
    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        try text.encode(into: &buffer, as: type)
    }
}
