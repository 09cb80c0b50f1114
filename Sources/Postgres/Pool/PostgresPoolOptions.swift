/// How large a pool grows, how long it waits and how long its connections live.
public struct PostgresPoolOptions: Sendable, Hashable {
    /// Connections at the same time at most. The server pays for each: a few per processor serve hundreds of tasks.
    public var maximumConnections: Int
    /// Queries sent to the pool itself that may be under way on one connection at a time, once there can be no further
    /// connections; 1, the default, is each for itself.
    ///
    /// With more, a busy pool sends the next queries before the answers of those before them have come, and several in
    /// one piece: a third more queries a second where many small ones compete. The price: an answer comes after the
    /// answers to what was sent before it on its connection, and a statement that waits for a lock keeps those behind it
    /// waiting; one of them may be what the owner of the lock waits for. So not for statements that wait for one
    /// another. Each stays a transaction of its own. Only statements that begin with SELECT, INSERT, UPDATE, DELETE,
    /// MERGE, WITH, VALUES or TABLE share; `withConnection` and `withTransaction` never do.
    public var queriesPerConnection: Int
    /// Connections that are kept open when nobody needs them.
    public var minimumConnections: Int
    /// How long a task waits for a connection.
    public var acquireTimeout: Duration
    /// How long attempts to connect may fail, once there had been a connection, before whoever asks is told so at once
    /// (`databaseUnavailable`) in place of waiting; nil never. The pool goes on trying, and serves again with the first
    /// connection. A pool that has never had one waits for `acquireTimeout` at least: the server may still be starting.
    public var unavailableAfter: Duration?
    /// How long a connection beyond the minimum stays unused before it is closed; nil for ever.
    public var idleTimeout: Duration?
    /// How old a connection becomes before it is replaced, less up to a tenth at random; nil for ever.
    public var maximumLifetime: Duration?
    /// A connection that has been idle for longer is asked whether the server is still there before somebody gets it, one
    /// round trip; nil never. That a server has closed a connection is noticed in any case; that a firewall has forgotten
    /// it is not.
    public var validatesAfter: Duration?
    /// What is taken away from a session before the next one gets it.
    public var reset: PostgresSessionReset
    /// A lease that is held for longer is reported once, with the line that asked for it
    /// (``PostgresTraceEvent/poolLeaseHeld(_:)``, ``PostgresPoolStatistics/longLeases``); nil never.
    public var leaseReportedAfter: Duration?
    /// How long `close()` waits for work that is still running.
    public var shutdownGrace: Duration

    /// Options for one pool; those left out suit an application on one machine.
    public init(
        maximumConnections: Int = 10, minimumConnections: Int = 0, queriesPerConnection: Int = 1,
        acquireTimeout: Duration = .seconds(30), unavailableAfter: Duration? = .seconds(5),
        idleTimeout: Duration? = .seconds(600), maximumLifetime: Duration? = .seconds(1800),
        validatesAfter: Duration? = .seconds(30), reset: PostgresSessionReset = .automatic,
        leaseReportedAfter: Duration? = nil, shutdownGrace: Duration = .seconds(30)
    ) {
        self.maximumConnections = maximumConnections
        self.minimumConnections = minimumConnections
        self.queriesPerConnection = queriesPerConnection
        self.acquireTimeout = acquireTimeout
        self.unavailableAfter = unavailableAfter
        self.idleTimeout = idleTimeout
        self.maximumLifetime = maximumLifetime
        self.validatesAfter = validatesAfter
        self.reset = reset
        self.leaseReportedAfter = leaseReportedAfter
        self.shutdownGrace = shutdownGrace
    }
}

/// A pool at one moment.
public struct PostgresPoolStatistics: Sendable, Hashable, Codable {
    /// Connections that nobody uses.
    public var idle: Int
    /// Connections in use.
    public var leased: Int
    /// Connections being opened.
    public var connecting: Int
    /// Tasks that wait for a connection.
    public var waiting: Int
    /// Connections that are kept open when nobody needs them.
    public var minimum: Int
    /// The most connections there may be; see ``PostgresPool/resize(maximum:minimum:)``.
    public var maximum: Int
    /// The database has not been reached for so long that who asks is told so at once.
    public var isUnavailable: Bool
    /// Leases given since the pool was made; the numbers below count from then, too.
    public var leases: UInt64
    /// Leases that had to wait for a connection.
    public var waits: UInt64
    /// Waits that ended by their deadline.
    public var timeouts: UInt64
    /// Requests that failed at once, since the database was unavailable.
    public var refusals: UInt64
    /// Connections opened.
    public var connects: UInt64
    /// Attempts to connect that failed.
    public var connectFailures: UInt64
    /// Connections closed because they were old, or the server had said something, or all were replaced.
    public var retirements: UInt64
    /// Leases that were reported as held for too long.
    public var longLeases: UInt64

    /// No connection is free, and there can be no further one.
    var isExhausted: Bool { leased >= maximum }
}
