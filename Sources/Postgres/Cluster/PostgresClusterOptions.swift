/// How the servers of a cluster are watched, and which of them may answer what only reads.
public struct PostgresClusterOptions: Sendable, Hashable {
    /// The pool of each server. Its `acquireTimeout` is also how long a task waits for a server that takes writes.
    public var pool: PostgresPoolOptions
    /// How often each server is asked what it is and how far it has come. While no server takes writes, or an error has
    /// cast doubt on the one that did, they are asked every 50 milliseconds.
    public var checkInterval: Duration
    /// How long a server may take to answer that before it counts as lost.
    public var checkTimeout: Duration
    /// True when the primary answers what only reads where no standby may.
    public var readsFallBack: Bool

    /// Options for one cluster.
    public init(
        pool: PostgresPoolOptions = PostgresPoolOptions(), checkInterval: Duration = .seconds(1),
        checkTimeout: Duration = .seconds(3), readsFallBack: Bool = true
    ) {
        self.pool = pool
        self.checkInterval = checkInterval
        self.checkTimeout = checkTimeout
        self.readsFallBack = readsFallBack
    }
}
