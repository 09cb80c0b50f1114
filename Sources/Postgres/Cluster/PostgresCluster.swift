import PostgresTransport
public import PostgresTypes
public import PostgresWire

/// One primary and its standbys: writes go to the server that takes them, whichever that is; reads go where they may.
///
///     let cluster = try PostgresCluster("postgres://app@db1,db2,db3/app")
///     try await cluster.execute("INSERT INTO notes (body) VALUES (\(body))")
///     let count = try await cluster.reads(maximumLag: .seconds(5)).query("SELECT count(*) FROM notes", as: Int.self).first()
///
/// Used like a pool it is the primary's pool. Which server that is, each is asked every second, and at once when an error
/// casts doubt on it. When another server has been promoted, whoever waits for a connection is sent there; what was
/// running on the old one ends with its error, and is never repeated here: only the caller knows whether it may be.
public final class PostgresCluster: PostgresDatabase {
    let core: ClusterCore

    /// All hosts of the configuration are the cluster. Its `targetSession` is not looked at.
    ///
    /// - Throws: `invalidConfiguration` for what cannot be right. No server is needed yet.
    public init(
        _ configuration: PostgresConfiguration, options: PostgresClusterOptions = PostgresClusterOptions()
    ) throws(PostgresError) {
        core = try ClusterCore(configuration, options)
        core.start()
    }

    /// - Throws: `invalidConfiguration` when the URL cannot be read.
    public convenience init(
        _ url: String, options: PostgresClusterOptions = PostgresClusterOptions()
    ) throws(PostgresError) {
        try self.init(try PostgresConfiguration(url), options: options)
    }

    /// Closes what is left when nobody closed the cluster. The pools close when they are let go of.
    deinit { _ = core.shutDown() }

    /// What is known of each server, in the configuration's order.
    public var members: [PostgresClusterMember] { core.members }

    /// Where a read may go: to a standby that fits, in turn, or else to the primary
    /// (``PostgresClusterOptions/readsFallBack``).
    ///
    /// - Parameters:
    ///   - maximumLag: for how long the server may lack what is committed on the primary. The time since it was asked
    ///     counts too, so less than ``PostgresClusterOptions/checkInterval`` is mostly the primary.
    ///   - position: what ``position()`` gave after a write, for a server that shows it.
    public func reads(maximumLag: Duration? = nil, after position: PostgresLSN? = nil) -> PostgresClusterReader {
        PostgresClusterReader(
            route: ClusterRoute(
                core: core, reading: PostgresReadBounds(maximumLag: maximumLag, position: position)))
    }

    /// Runs `body` with a connection to a server that may be read from. See ``reads(maximumLag:after:)``.
    @discardableResult
    public func read<R: Sendable>(
        maximumLag: Duration? = nil, after position: PostgresLSN? = nil, file: StaticString = #fileID,
        line: UInt = #line, _ body: @Sendable (PostgresConnection) async throws -> R
    ) async throws -> R {
        try await reads(maximumLag: maximumLag, after: position)
            .withConnection(from: PostgresCaller(file: file, line: line), body)
    }

    /// The end of the primary's log now: whoever reads after it sees what was committed before.
    public func position() async throws(PostgresError) -> PostgresLSN {
        let rows = try await query("SELECT pg_catalog.pg_current_wal_insert_lsn()", as: PostgresLSN.self)
        guard let position = try await rows.first() else {
            throw PostgresError(.protocolViolation, "the server did not say where its log ends")
        }
        return position
    }

    /// Stops watching and closes every pool. See ``PostgresPool/close()``.
    public func close() async {
        await withTaskGroup { group in
            for pool in core.shutDown() { group.addTask { await pool.close() } }
        }
    }

    private var route: ClusterRoute { ClusterRoute(core: core, reading: nil) }

    public func query(
        _ query: PostgresQuery, timeout: Duration?, from caller: PostgresCaller
    ) async throws(PostgresError) -> PostgresRows {
        try await route.query(query, timeout: timeout, from: caller)
    }

    @concurrent @discardableResult
    public func withConnection<R: Sendable>(
        from caller: PostgresCaller, _ body: @Sendable (PostgresConnection) async throws -> R
    ) async throws -> R {
        try await route.withConnection(from: caller, body)
    }

    @concurrent @discardableResult
    public func withTransaction<R: Sendable>(
        _ options: PostgresTransactionOptions, from caller: PostgresCaller,
        _ body: @Sendable (PostgresTransaction) async throws -> R
    ) async throws -> R {
        try await route.withTransaction(options, from: caller, body)
    }
}
