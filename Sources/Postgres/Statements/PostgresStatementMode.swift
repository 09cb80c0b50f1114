/// Whether the server keeps the statements that a connection has sent.
public enum PostgresStatementMode: String, Sendable, Hashable, CaseIterable {
    /// Named, until an error shows a transaction pooler such as PgBouncer between us and the server; then unnamed, for
    /// every connection of the pool. ``PostgresConfiguration/onNotice`` is told.
    case automatic
    /// Each statement is parsed once for each connection and kept under a name.
    case named
    /// Each statement is parsed each time it is run. Costs the server its planning, and works behind every pooler.
    case unnamed
}
