import PostgresLocks
import PostgresTransport
import PostgresTypes
import PostgresWire

/// Runs work on the pool that is right for it, and on the next one where nothing of it has begun.
struct ClusterRoute: PostgresDatabase {
    let core: ClusterCore
    /// nil for what writes.
    let reading: PostgresReadBounds?

    private func pool(_ deadline: Int64) async throws(PostgresError) -> PostgresPool {
        if let reading { return try await core.reader(reading, until: deadline) }
        return try await core.primary(until: deadline)
    }

    func query(
        _ query: PostgresQuery, timeout: Duration?, from caller: PostgresCaller
    ) async throws(PostgresError) -> PostgresRows {
        let deadline = Session.deadline(after: core.options.pool.acquireTimeout)
        var last: PostgresPool?
        while true {
            let pool = try await pool(deadline)
            do throws(PostgresError) {
                return try await pool.query(query, timeout: timeout, from: caller)
            } catch {
                if error.castsDoubtOnServer { core.doubt() }
                guard mayGoOn(after: error, from: pool, last) else { throw error }
                last = pool
            }
        }
    }

    @concurrent
    func withConnection<R: Sendable>(
        from caller: PostgresCaller, _ body: @Sendable (PostgresConnection) async throws -> R
    ) async throws -> R {
        try await run { pool, attempt in
            try await pool.withConnection(from: caller) { connection in
                attempt.begin()
                return try await body(connection)
            }
        }
    }

    @concurrent
    func withTransaction<R: Sendable>(
        _ options: PostgresTransactionOptions, from caller: PostgresCaller,
        _ body: @Sendable (PostgresTransaction) async throws -> R
    ) async throws -> R {
        try await run { pool, attempt in
            try await pool.withTransaction(options, from: caller) { transaction in
                attempt.begin()
                return try await body(transaction)
            }
        }
    }

    /// True where nothing was sent and another server may do: the pool has been retired, or says that its server is away,
    /// and has not said so twice. What was running when its pool was closed has the same code and may have been done.
    private func mayGoOn(after error: PostgresError, from pool: PostgresPool, _ last: PostgresPool?) -> Bool {
        guard !core.isClosed, error.safeToRetry else { return false }
        return error.code == .poolClosed || (error.code == .databaseUnavailable && pool !== last)
    }

    /// Whether the caller's work has begun, after which it is not run again.
    private final class Attempt: Sendable {
        private let isUnderWay = Atomic(false)

        func begin() { isUnderWay.store(true, ordering: .relaxed) }
        var hasBegun: Bool { isUnderWay.load(ordering: .relaxed) }
    }

    private func run<R: Sendable>(_ body: (PostgresPool, Attempt) async throws -> R) async throws -> R {
        let deadline = Session.deadline(after: core.options.pool.acquireTimeout)
        let attempt = Attempt()
        var last: PostgresPool?
        while true {
            let pool = try await pool(deadline)
            do {
                return try await body(pool, attempt)
            } catch let error as PostgresError {
                if error.castsDoubtOnServer { core.doubt() }
                guard !attempt.hasBegun, mayGoOn(after: error, from: pool, last) else { throw error }
                last = pool
            }
        }
    }
}

extension PostgresError {
    /// It says that the server has gone, goes, or is not what it was taken for.
    var castsDoubtOnServer: Bool {
        switch code {
        case .connectionFailed, .connectionClosed, .outcomeUnknown, .databaseUnavailable: return true
        case .server:
            guard let sqlState else { return false }
            return sqlState == .readOnlySQLTransaction || sqlState == .adminShutdown || sqlState == .crashShutdown
                || sqlState == .cannotConnectNow || sqlState.rawValue.hasPrefix("08")
        default: return false
        }
    }
}
