import PostgresLocks
import PostgresTransport
import PostgresTypes
import PostgresWire

extension PostgresPool {
    /// Who holds connections now, the longest first.
    public var holders: [PostgresPoolHolder] { core.holders }

    /// Asks the server whether it is there, what it is and how fast it answers, over a connection of the pool.
    ///
    ///     let health = await pool.health()
    ///     return Response(status: health.status == .healthy ? 200 : 503, body: health.json)
    ///
    /// Two or three round trips, for which it waits as any other task does. It does not throw: that something is wrong is an
    /// answer.
    ///
    /// - Parameter timeout: for all of it.
    public func health(timeout: Duration = .seconds(5)) async -> PostgresPoolHealth {
        var health = PostgresPoolHealth(
            status: .healthy, pool: statistics, longestLeases: Array(holders.prefix(5)), lastFailures: [])
        do throws(PostgresError) {
            let deadline = Session.deadline(after: timeout)
            let connection = try await core.lease(for: self, from: PostgresCaller(), timeout: timeout.nanoseconds)
            defer { connection.lease?.end() }
            let start = monotonicNanoseconds()
            try await connection.session.ping(timeout: Self.left(until: deadline))
            health.latencySeconds = Double(monotonicNanoseconds() - start) / 1e9
            health.server = try await connection.describeServer(timeout: Self.left(until: deadline))
        } catch {
            health.status = Self.status(error)
            health.problem = error.description
        }
        health.pool = statistics
        health.lastFailures = core.lastFailures
        return health
    }

    private static func left(until deadline: Int64) -> Duration {
        .nanoseconds(max(1_000_000, deadline - monotonicNanoseconds()))
    }

    private static func status(_ error: PostgresError) -> PostgresPoolHealth.Status {
        switch error.code {
        case .poolClosed: .closed
        case .poolTimeout, .cancelled: .degraded
        default: .unavailable
        }
    }
}

extension PoolCore {
    fileprivate var lastFailures: [PostgresPoolHealth.Failure] {
        let now = monotonicNanoseconds()
        return state.withLock { $0.errors }.reversed().map { time, error in
            PostgresPoolHealth.Failure(
                code: error.code.rawValue, sqlState: error.sqlState?.rawValue, message: error.description,
                secondsAgo: Double(now - time) / 1e9)
        }
    }
}

extension PostgresConnection {
    /// A standby that receives no more has not caught up, though it may have replayed all that it has.
    private static let serverQuery: PostgresQuery = """
        SELECT current_setting('server_version'), standby, current_setting('transaction_read_only') = 'on',
            CASE WHEN NOT standby THEN NULL WHEN received = replayed AND EXISTS (SELECT FROM pg_stat_wal_receiver) THEN 0
                ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) END::float8,
            CASE WHEN standby THEN pg_wal_lsn_diff(received, replayed) END::int8
        FROM (SELECT pg_is_in_recovery() AS standby, pg_last_wal_receive_lsn() AS received,
            pg_last_wal_replay_lsn() AS replayed) AS server
        """

    private static let standbyQuery: PostgresQuery = """
        SELECT coalesce(application_name, ''), state, sync_state,
            pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)::int8, extract(epoch FROM replay_lag)::float8
        FROM pg_stat_replication ORDER BY 1
        """

    fileprivate func describeServer(timeout: Duration) async throws(PostgresError) -> PostgresPoolHealth.Server? {
        let rows = try await query(
            Self.serverQuery, as: (String, Bool, Bool, Double?, Int?).self, timeout: timeout)
        guard let (version, isStandby, isReadOnly, lagSeconds, lagBytes) = try await rows.collect().first else {
            return nil
        }
        var standbys: [PostgresPoolHealth.Standby] = []
        if !isStandby {
            let rows = try await query(
                Self.standbyQuery, as: (String, String?, String?, Int?, Double?).self, timeout: timeout)
            standbys = try await rows.collect().map { name, state, synchronous, lagBytes, lagSeconds in
                PostgresPoolHealth.Standby(
                    name: name, state: state, synchronous: synchronous, lagBytes: lagBytes, lagSeconds: lagSeconds)
            }
        }
        return PostgresPoolHealth.Server(
            version: version, host: session.host.description, isStandby: isStandby, isReadOnly: isReadOnly,
            replicationLagSeconds: lagSeconds, replicationLagBytes: lagBytes, standbys: standbys)
    }
}
