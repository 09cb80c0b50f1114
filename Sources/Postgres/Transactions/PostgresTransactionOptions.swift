/// How far a transaction is kept apart from others (PostgreSQL documentation, "Transaction Isolation").
public enum PostgresIsolation: String, Sendable, CaseIterable {
    /// Each statement sees what was committed when it began.
    case readCommitted = "READ COMMITTED"
    /// Every statement sees what was committed when the first one began; changing a row that somebody has changed since
    /// fails with 40001.
    case repeatableRead = "REPEATABLE READ"
    /// As if transactions ran one after the other; what would break that fails with 40001.
    case serializable = "SERIALIZABLE"
}

/// What BEGIN says, and how often the whole closure may be run again.
public struct PostgresTransactionOptions: Sendable, Hashable {
    /// nil: the server's default, which is read committed unless it was changed there.
    public var isolation: PostgresIsolation?
    /// True: the server refuses changes.
    public var readOnly: Bool
    /// Only with serializable and read only: waits for a moment at which it cannot fail.
    public var deferrable: Bool
    /// How many times the closure is run again after a serialization failure or a deadlock (40001, 40P01). It must then
    /// bear being run again: what it does outside the database happens each time.
    public var retries: Int

    /// What is left out is as the server has it, and runs once.
    public init(
        isolation: PostgresIsolation? = nil, readOnly: Bool = false, deferrable: Bool = false, retries: Int = 0
    ) {
        self.isolation = isolation
        self.readOnly = readOnly
        self.deferrable = deferrable
        self.retries = retries
    }

    var begin: String {
        var sql = "BEGIN"
        if let isolation { sql += " ISOLATION LEVEL \(isolation.rawValue)" }
        if readOnly { sql += " READ ONLY" }
        if deferrable { sql += " DEFERRABLE" }
        return sql
    }
}
