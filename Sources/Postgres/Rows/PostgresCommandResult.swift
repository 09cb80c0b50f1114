/// What the server says a statement did: its command tag.
public struct PostgresCommandResult: Sendable, Hashable, CustomStringConvertible {
    /// As the server sent it: `INSERT 0 5`, `CREATE TABLE`, empty for an empty statement.
    public let tag: String

    init(tag: String) { self.tag = tag }

    /// How many rows were inserted, updated, deleted, selected, copied; nil for statements that do not count rows.
    public var rowCount: Int? { tag.split(separator: " ").last.flatMap { Int($0) } }

    public var description: String { tag }
}
