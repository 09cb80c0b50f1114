/// A statement's text with `$1`, `$2`, … to be run many times with different values.
///
///     let insert = PostgresStatement("INSERT INTO tag (id, name) VALUES ($1, $2)")
///     for tag in tags { try await connection.execute(insert(tag.id, tag.name)) }
///
/// Nothing is built but the values, and the server parses the text once for each connection, as it does for every
/// query; so this is the cheapest way to run a statement again and again, alone or in a batch.
public struct PostgresStatement: Sendable {
    /// The text with its placeholders.
    public let sql: String

    /// Never build `sql` from what came from outside.
    public init(_ sql: String) { self.sql = sql }

    /// The statement with values for `$1`, `$2`, … in this order.
    @inlinable
    public func callAsFunction<each V: PostgresEncodable>(_ values: repeat each V) -> PostgresQuery {
        var count = 0
        for _ in repeat (each V).self { count += 1 }
        var query = PostgresQuery(statement: sql, parameters: count)
        // Without values there is nothing to make room for.
        if count > 0 { query.bind(repeat each values) }
        return query
    }
}

extension PostgresQuery {
    /// Adds values for placeholders that the text already has.
    @inlinable
    mutating func bind<each V: PostgresEncodable>(_ added: repeat each V) { values.appendAll(repeat each added) }
}
