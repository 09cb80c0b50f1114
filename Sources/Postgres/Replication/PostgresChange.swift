public import PostgresTypes

/// What a transaction did to one row, to whole tables, or a message it wrote.
public enum PostgresChange: Sendable, Hashable {
    /// A new row.
    case insert(PostgresReplicatedRow)
    /// A changed row. `old` is there when the table's key changed (then it holds the old key), and always where the
    /// table has `REPLICA IDENTITY FULL` (then it is the whole row before).
    case update(old: PostgresReplicatedRow?, new: PostgresReplicatedRow)
    /// A deleted row: its key, or all of it with `REPLICA IDENTITY FULL`.
    case delete(PostgresReplicatedRow)
    /// Emptied tables.
    case truncate([PostgresReplicatedTable], PostgresTruncateOptions)
    /// What `pg_logical_emit_message` wrote; sent only when ``PostgresReplicationOptions/messages`` asks for it.
    case message(PostgresLogicalMessage)

    /// The table of a changed row; nil for what is not about one.
    public var table: PostgresReplicatedTable? {
        switch self {
        case .insert(let row), .update(_, let row), .delete(let row): row.table
        case .truncate, .message: nil
        }
    }
}

/// How tables were emptied.
public struct PostgresTruncateOptions: OptionSet, Sendable, Hashable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Tables that refer to them were emptied as well.
    public static let cascade = PostgresTruncateOptions(rawValue: 1)
    /// Their sequences start again.
    public static let restartIdentity = PostgresTruncateOptions(rawValue: 2)
}

/// A message in the log: not a row, only heard by those who follow it.
public struct PostgresLogicalMessage: Sendable, Hashable {
    /// False: it was written at once, and stays even if its transaction was rolled back.
    public var isTransactional: Bool
    /// Where it stands in the log.
    public var position: PostgresLSN
    /// Whom it is for, as the writer put it.
    public var prefix: String
    /// What it says.
    public var content: [UInt8]
}
