public import Postgres

/// A type that is a JSON document in the database: `JSONB<T>`, `JSONValue`, and `Optional`s of them.
public protocol JSONDocument: PostgresCodable {}
extension JSONB: JSONDocument {}
extension JSONValue: JSONDocument {}
extension Optional: JSONDocument where Wrapped: JSONDocument {}

/// One step into a document.
@usableFromInline
struct JSONStep: Sendable {
    @usableFromInline
    enum Key: Sendable {
        case member(String)
        case element(Int)
        /// The document itself, read as text.
        case whole
    }
    @usableFromInline let key: Key
    @usableFromInline let asText: Bool
}

/// Paths into a document: `$0.data["address"]["lines"][0].text`.
extension SQLExpression where Value: JSONDocument {
    /// A member of an object, `->`. NULL where there is none.
    public subscript(key: String) -> SQLExpression<JSONValue?> {
        SQLExpression<JSONValue?>(.step(node, JSONStep(key: .member(key), asText: false)))
    }

    /// An element of an array, `->`. Negative positions count from its end. NULL where there is none.
    public subscript(position: Int) -> SQLExpression<JSONValue?> {
        SQLExpression<JSONValue?>(.step(node, JSONStep(key: .element(position), asText: false)))
    }

    /// What is there as text, `->>`: a string without its quotes, anything else as JSON writes it. NULL where nothing
    /// is there, and for JSON's own null.
    public var text: SQLExpression<String?> {
        if case .step(let document, let step) = node, !step.asText {
            return SQLExpression<String?>(.step(document, JSONStep(key: step.key, asText: true)))
        }
        return SQLExpression<String?>(.step(node, JSONStep(key: .whole, asText: true)))
    }

    /// What is there as JSON, to be read or compared.
    public var json: SQLExpression<JSONValue?> { SQLExpression<JSONValue?>(node) }

    /// What is there, cast from its text: `$0.data["at"].as(PostgresTimestamp.self)`.
    ///
    /// The server throws 22P02 for a document in which something else is there. NULL where nothing is there.
    public func `as`<V: PostgresCodable>(_: V.Type) -> SQLExpression<V?> {
        SQLExpression<V?>(.cast(text.node, V.postgresType.description))
    }

    /// What is there as an integer of 64 bits. The server throws 22P02 where something else is there, 1.5 too.
    public var int: SQLExpression<Int?> { self.as(Int.self) }

    /// What is there as a floating-point number.
    public var double: SQLExpression<Double?> { self.as(Double.self) }

    /// What is there as a truth value.
    public var bool: SQLExpression<Bool?> { self.as(Bool.self) }
}

/// Containment and existence, which a GIN index on the column answers.
extension SQLExpression where Value: JSONDocument {
    /// `@>`: every member and element of `part` is in the document too, at the same place.
    public func contains<T: Codable & Sendable>(_ part: T) -> SQLExpression<Bool> {
        SQLExpression<Bool>(.infix(node, "@>", SQLNode(value: JSONB(part))))
    }

    /// `@>`: every member and element of `part` is in the document too, at the same place.
    public func contains(_ part: JSONValue) -> SQLExpression<Bool> {
        SQLExpression<Bool>(.infix(node, "@>", SQLNode(value: part)))
    }

    /// `?`: the object has this member, or the array this string.
    public func has(_ key: String) -> SQLExpression<Bool> {
        SQLExpression<Bool>(.infix(node, "?", SQLNode(value: key)))
    }

    /// `?|`: it has any of these members or strings.
    public func hasAny(_ keys: [String]) -> SQLExpression<Bool> {
        SQLExpression<Bool>(.infix(node, "?|", SQLNode(value: keys)))
    }

    /// `?&`: it has all of these members or strings.
    public func hasAll(_ keys: [String]) -> SQLExpression<Bool> {
        SQLExpression<Bool>(.infix(node, "?&", SQLNode(value: keys)))
    }
}

/// Changes to a document, done by the server: `{ $0.set(\.data, to: $0.data.merging(["status": "done"])) }` loses no
/// update that somebody else made to other members meanwhile.
extension SQLExpression where Value: JSONDocument {
    /// `||`: the members of `part` are added to the document, or take the place of those of the same name.
    public func merging<T: Codable & Sendable>(_ part: T) -> Self {
        Self(.infix(node, "||", SQLNode(value: JSONB(part))))
    }

    /// `||`: the members of `part` are added to the document, or take the place of those of the same name.
    public func merging(_ part: JSONValue) -> Self {
        Self(.infix(node, "||", SQLNode(value: part)))
    }
}
