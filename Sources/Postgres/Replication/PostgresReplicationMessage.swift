public import PostgresTypes

/// One message of pgoutput, as the server sent it (PostgreSQL documentation, "Logical Replication Message Formats").
///
/// Most programs follow whole transactions (``PostgresReplicationStream``) and never see these. They are for those that
/// ask for large transactions before they end, or for two-phase commit.
public enum PostgresReplicationMessage: Sendable, Hashable {
    /// A transaction that has been committed follows.
    case begin(Begin)
    /// It is complete.
    case commit(Commit)
    /// Where the transaction came from, when it was replicated to the server itself.
    case origin(PostgresReplicationOrigin)
    /// What a table looks like from now on; sent before its first change, and again when it was altered.
    case table(PostgresReplicatedTable)
    /// A type that is not built in, with its name.
    case type(PostgresReplicatedType)
    /// A row, a table or a message was written. `transaction` is set within a chunk of a transaction in progress.
    case change(PostgresChange, transaction: UInt32?)
    /// A chunk of a transaction in progress begins; `isFirst` for its first one.
    case streamStart(transaction: UInt32, isFirst: Bool)
    /// The chunk ends.
    case streamStop
    /// A transaction that came in chunks has been committed.
    case streamCommit(Commit, transaction: UInt32)
    /// A transaction that came in chunks, or a part of it (`subtransaction`), was rolled back: forget what came of it.
    case streamAbort(transaction: UInt32, subtransaction: UInt32)
    /// A transaction that has been prepared follows.
    case beginPrepare(Prepared)
    /// It is complete, and waits for its second phase.
    case prepare(Prepared)
    /// A transaction that came in chunks has been prepared.
    case streamPrepare(Prepared)
    /// A prepared transaction has been committed.
    case commitPrepared(Prepared)
    /// A prepared transaction has been rolled back.
    case rollbackPrepared(Prepared, rolledBackAt: PostgresTimestampTZ)

    /// The beginning of a committed transaction.
    public struct Begin: Sendable, Hashable {
        /// Where its commit stands in the log.
        public var position: PostgresLSN
        /// When it was committed.
        public var committedAt: PostgresTimestampTZ
        /// Its number, which wraps around after 2^32.
        public var transaction: UInt32
    }

    /// The end of a transaction.
    public struct Commit: Sendable, Hashable {
        /// Where the commit stands in the log.
        public var position: PostgresLSN
        /// Where it ends: what to acknowledge.
        public var end: PostgresLSN
        /// When it was committed.
        public var committedAt: PostgresTimestampTZ
    }

    /// A phase of a two-phase commit.
    public struct Prepared: Sendable, Hashable {
        /// Where it stands in the log.
        public var position: PostgresLSN
        /// Where it ends: what to acknowledge.
        public var end: PostgresLSN
        /// When it happened.
        public var at: PostgresTimestampTZ
        /// The transaction's number.
        public var transaction: UInt32
        /// The name it was prepared under.
        public var name: String
    }

    /// What to acknowledge once this message, and everything before it, has been dealt with; nil for messages that stand
    /// inside a transaction.
    public var end: PostgresLSN? {
        switch self {
        case .commit(let commit), .streamCommit(let commit, _): commit.end
        case .prepare(let prepared), .streamPrepare(let prepared), .commitPrepared(let prepared),
            .rollbackPrepared(let prepared, _):
            prepared.end
        case .begin, .origin, .table, .type, .change, .streamStart, .streamStop, .streamAbort, .beginPrepare: nil
        }
    }
}

/// Where a replicated transaction was written first.
public struct PostgresReplicationOrigin: Sendable, Hashable {
    /// Its commit in the log of the server that it came from.
    public var position: PostgresLSN
    /// The origin's name, as `pg_replication_origin` has it.
    public var name: String
}

/// A type that is not built in.
public struct PostgresReplicatedType: Sendable, Hashable {
    /// What columns name it by.
    public var type: PostgresType
    /// Empty for `pg_catalog`.
    public var schema: String
    /// Its name, without the schema.
    public var name: String
}
