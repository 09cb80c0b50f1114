import PostgresLocks
import PostgresTransport
public import PostgresTypes
public import PostgresWire

/// Connections kept open and shared: what an application sends its queries to.
///
///     let pool = try PostgresPool("postgres://app:secret@db.example.com/app?sslmode=verify-full")
///     for try await (id, name) in try await pool.query("SELECT id, name FROM users", as: (Int, String).self) { … }
///     await pool.close()
///
/// The task that has waited longest gets the next free connection. A connection that comes back inside a transaction is
/// rolled back first; one that is lost is replaced. Nothing is opened before the first query, unless a minimum asks
/// for it.
public final class PostgresPool: PostgresDatabase {
    let core: PoolCore
    /// Who listens, over a connection of its own.
    let notifications: NotificationHub

    /// A pool that connects when it is first asked, or at once where a minimum is wanted; so no server is needed yet.
    ///
    /// - Throws: `invalidConfiguration` for what cannot be right, such as a port of 0.
    public init(
        _ configuration: PostgresConfiguration, options: PostgresPoolOptions = PostgresPoolOptions(),
        listening: PostgresListenOptions = PostgresListenOptions(), hooks: PostgresPoolHooks = PostgresPoolHooks()
    ) throws(PostgresError) {
        try configuration.validate()
        try listening.configuration?.validate()
        let core = try PoolCore(configuration, options, hooks)
        self.core = core
        notifications = NotificationHub(
            configuration: { core.state.withLock { $0.configuration } }, loop: core.loop, options: listening,
            startTimeout: options.acquireTimeout)
        core.start()
    }

    /// - Throws: `invalidConfiguration` when the URL cannot be read.
    public convenience init(
        _ url: String, options: PostgresPoolOptions = PostgresPoolOptions(),
        listening: PostgresListenOptions = PostgresListenOptions(), hooks: PostgresPoolHooks = PostgresPoolHooks()
    ) throws(PostgresError) {
        try self.init(try PostgresConfiguration(url), options: options, listening: listening, hooks: hooks)
    }

    /// Closes what is left when nobody closed the pool.
    deinit {
        notifications.shutDown()
        core.shutDown(grace: .zero)
    }

    /// Who has what, and what has happened so far.
    public var statistics: PostgresPoolStatistics { core.statistics }

    /// The first metrics among its tracers.
    var metrics: PostgresMetrics? { core.tracing?.metrics.first }

    /// The threads that the pool's connections live on, for tasks that do little else than ask the database.
    ///
    ///     group.addTask(executorPreference: pool.taskExecutor) { try await answer(request, from: pool) }
    ///
    /// Such a task goes on where its answer was read, which spares two switches of threads for each query. CPU-heavy work in
    /// it would keep every connection of that thread waiting.
    public var taskExecutor: any TaskExecutor { core.loops.executor }

    /// Leases no more, waits for the work that is running (``PostgresPoolOptions/shutdownGrace`` at most, then ends it)
    /// and closes every connection. Whoever listens gets the end of the sequence first.
    ///
    /// - Parameter grace: in place of the option's, as where a host leaves little time.
    public func close(grace: Duration? = nil) async {
        await notifications.close()
        await core.close(grace: grace ?? core.options.shutdownGrace)
    }

    public func query(
        _ query: PostgresQuery, timeout: Duration?, from caller: PostgresCaller
    ) async throws(PostgresError) -> PostgresRows {
        guard core.tracing == nil, core.hooks.beforeLease == nil else {
            return try await run(query, on: try await core.lease(for: self, from: caller), timeout)
        }
        let asked = PooledQuery(query, timeout: timeout, from: caller, pool: self)
        let lease = try await core.send(asked)
        if let doubt = asked.doubt {
            var connection = PostgresConnection(session: lease.session, lease: lease)
            if try await !core.isFit(connection, doubt) { connection = try await core.lease(for: self, from: caller) }
            return try await run(query, on: connection, timeout)
        }
        switch lease.session.outcome(of: asked.request, { PostgresConnection(session: lease.session, lease: lease) }) {
        case .rows(let rows):
            return rows
        case .notParsed:
            return try await run(query, on: PostgresConnection(session: lease.session, lease: lease), timeout)
        case .outdated:
            // The next connection may know no better, and tries twice itself.
            lease.end()
            return try await run(query, on: try await core.lease(for: self, from: caller), timeout)
        case .failed(let error):
            lease.end()
            throw error
        }
    }

    /// Step by step, on a connection that is given back with the answer.
    private func run(
        _ query: PostgresQuery, on connection: PostgresConnection, _ timeout: Duration?
    ) async throws(PostgresError) -> PostgresRows {
        do throws(PostgresError) {
            let rows = try await connection.query(query, timeout: timeout)
            if let lease = connection.lease {
                if let source = rows.source { source.give(lease) } else { lease.end() }
            }
            return rows
        } catch {
            connection.lease?.end()
            throw error
        }
    }

    @concurrent @discardableResult
    public func withConnection<R: Sendable>(
        from caller: PostgresCaller, _ body: @Sendable (PostgresConnection) async throws -> R
    ) async throws -> R {
        let connection = try await core.lease(for: self, from: caller)
        defer { connection.lease?.end() }
        return try await connection.withConnection(from: caller, body)
    }

    @concurrent @discardableResult
    public func withTransaction<R: Sendable>(
        _ options: PostgresTransactionOptions, from caller: PostgresCaller,
        _ body: @Sendable (PostgresTransaction) async throws -> R
    ) async throws -> R {
        let (result, hooks) = try await transact(options, ending: .commit, from: caller, body)
        await hooks.run()
        return result
    }

    /// The lease ends before the hooks are run: they may need a connection themselves.
    func transact<R: Sendable>(
        _ options: PostgresTransactionOptions, ending: TransactionEnding, from caller: PostgresCaller,
        _ body: @Sendable (PostgresTransaction) async throws -> R
    ) async throws -> (R, TransactionHooks) {
        let connection = try await core.lease(for: self, from: caller)
        defer { connection.lease?.end() }
        return try await connection.transact(options, ending: ending, body)
    }
}
