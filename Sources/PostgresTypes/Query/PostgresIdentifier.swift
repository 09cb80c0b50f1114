/// The name of a table, column or other object, possibly qualified, and the one place that quotes it.
///
/// Always quoted, so that mixed case, reserved words and quotes inside a name arrive as they are
/// (PostgreSQL documentation, "Identifiers and Key Words").
public struct PostgresIdentifier: Hashable, Sendable, ExpressibleByStringLiteral {
    /// From the outermost to the object itself: `["public", "users"]`.
    public let parts: [String]

    /// One name, dots and all: `"a.b"` is a table with a dot in its name, not a table in a schema.
    public init(_ name: String) { parts = [name] }

    /// A name in a schema.
    public init(schema: String?, _ name: String) { parts = (schema.map { [$0] } ?? []) + [name] }

    public init(stringLiteral name: String) { self.init(name) }

    /// The schema, when the name is qualified.
    public var schema: String? { parts.count > 1 ? parts[parts.count - 2] : nil }
    /// The last part.
    public var name: String { parts.last ?? "" }

    /// `"public"."users"`: ready to stand in SQL.
    public var sql: String {
        parts.map { "\"" + $0.replacing("\"", with: "\"\"") + "\"" }.joined(separator: ".")
    }
}

extension PostgresIdentifier: CustomStringConvertible {
    public var description: String { sql }
}
