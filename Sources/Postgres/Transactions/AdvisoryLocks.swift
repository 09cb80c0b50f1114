import PostgresTransport
import PostgresTypes
public import PostgresWire

extension PostgresTransaction {
    /// Waits for an advisory lock and holds it until the transaction ends.
    ///
    /// Works through transaction poolers, too. A savepoint that is rolled back gives back what was taken behind it.
    ///
    /// - Parameter shared: several may hold it shared; one alone holds it otherwise.
    /// - Parameter timeout: how long to wait; nil: as long as any statement may take. When it passes the transaction can
    ///   go on.
    /// - Throws: `timeout`; `cancelled`; `server` with 40P01 where everybody would wait for the others.
    public func advisoryLock(
        _ key: PostgresAdvisoryLockKey, shared: Bool = false, timeout: Duration? = nil
    ) async throws(PostgresError) {
        let lock = AdvisoryLock(key: key, isShared: shared)
        let query = try lock.query("pg_advisory_xact_lock")
        guard let timeout else {
            try await execute(query)
            return
        }
        // A statement that is stopped fails the transaction; behind a savepoint, only that.
        do {
            _ = try await typed { try await withTransaction { try await $0.execute(query, timeout: timeout) } }
        } catch {
            throw error.code == .timeout ? lock.timedOut(error) : error
        }
    }

    /// Takes an advisory lock until the transaction ends, if it is free.
    /// - Returns: false when somebody else has it.
    public func tryAdvisoryLock(
        _ key: PostgresAdvisoryLockKey, shared: Bool = false
    ) async throws(PostgresError) -> Bool {
        let query = try AdvisoryLock(key: key, isShared: shared).query("pg_try_advisory_xact_lock")
        return try await self.query(query, as: Bool.self).first() ?? false
    }
}

extension PostgresConnection {
    /// Waits for an advisory lock and holds it while `body` runs.
    /// See ``PostgresPool/withAdvisoryLock(_:shared:timeout:file:line:_:)``.
    @concurrent @discardableResult
    public func withAdvisoryLock<R: Sendable>(
        _ key: PostgresAdvisoryLockKey, shared: Bool = false, timeout: Duration? = nil,
        _ body: @Sendable (PostgresConnection) async throws -> R
    ) async throws -> R {
        let lock = AdvisoryLock(key: key, isShared: shared)
        try await checkMayLock()
        do {
            try await leavingNothing { () async throws(PostgresError) in
                _ = try await execute(try lock.query("pg_advisory_lock"), timeout: timeout)
            }
        } catch {
            await giveUp(lock, error)
            throw error.code == .timeout ? lock.timedOut(error) : error
        }
        return try await hold(lock, body)
    }

    /// Runs `body` with an advisory lock, if that is free.
    /// See ``PostgresPool/withAdvisoryLockIfFree(_:shared:file:line:_:)``.
    @concurrent @discardableResult
    public func withAdvisoryLockIfFree<R: Sendable>(
        _ key: PostgresAdvisoryLockKey, shared: Bool = false,
        _ body: @Sendable (PostgresConnection) async throws -> R
    ) async throws -> R? {
        let lock = AdvisoryLock(key: key, isShared: shared)
        try await checkMayLock()
        do {
            let answer = try await leavingNothing { () async throws(PostgresError) in
                try await query(try lock.query("pg_try_advisory_lock"), as: Bool.self).collect()
            }
            guard answer == [true] else { return nil }
        } catch {
            await giveUp(lock, error)
            throw error
        }
        return try await hold(lock, body)
    }

    /// What is taken here is given back here, whatever becomes of the connection: the pool need not do it once more.
    private func leavingNothing<R>(
        _ body: () async throws(PostgresError) -> R
    ) async throws(PostgresError) -> R {
        let before = session.change { state, _ in state.hasLeftovers }
        let result = try await body()
        session.change { state, _ in state.hasLeftovers = before }
        return result
    }

    private func checkMayLock() async throws(PostgresError) {
        guard !isInOpenTransaction else {
            throw PostgresError(
                .invalidUse, "in a transaction that fails a session's lock could not be given back",
                advice: "Take the transaction's own: tx.advisoryLock")
        }
        guard try await session.checkPooling(timeout: nil).0 != .transactions else {
            throw PostgresError(
                .invalidUse,
                "a lock of the session cannot be held through a transaction pooler: another client may get the session",
                advice: "Take the lock in a transaction, with tx.advisoryLock, or connect to the server itself",
                safeToRetry: true)
        }
    }

    private func hold<R: Sendable>(
        _ lock: AdvisoryLock, _ body: @Sendable (PostgresConnection) async throws -> R
    ) async throws -> R {
        let result: R
        do {
            result = try await session.withOwnThread { try await body(self) }
        } catch {
            _ = await giveBack(lock)
            throw error
        }
        if let failure = await giveBack(lock) {
            throw PostgresError(
                .connectionClosed,
                "the advisory lock \(lock.key) was lost before its work was through: \(failure.message)",
                advice: "Somebody else may have had it meanwhile: look whether the work is right",
                server: failure.server)
        }
        return result
    }

    /// Waiting for the lock was broken off; it may have been ours by then.
    private func giveUp(_ lock: AdvisoryLock, _ error: PostgresError) async {
        // Nothing was sent.
        if error.safeToRetry { return }
        guard let server = error.server else {
            _ = await giveBack(lock)
            return
        }
        // Only an interrupt can come between the lock and the answer; all other errors mean that there is no lock.
        guard server.sqlState == .queryCanceled else { return }
        await ensureNotHeld(lock)
    }

    /// Closes the connection where the session holds the lock, which has the server give it back. A session may hold a
    /// lock several times, which `pg_locks` does not count: to unlock it might take it from whoever held it before.
    private func ensureNotHeld(_ lock: AdvisoryLock) async {
        // A task of its own: a cancelled one would not wait for the answer.
        await Task(executorPreference: session.loop) {
            do throws(PostgresError) {
                let isHeld = try await self.query(
                    try lock.isHeld(), as: Bool.self, timeout: self.session.configuration.cancelTimeout
                ).collect()
                guard isHeld != [false] else { return }
                self.session.abort(
                    PostgresError(
                        .connectionClosed,
                        "waiting for the advisory lock \(lock.key) was broken off when the server had just taken it; the "
                            + "connection was closed, which gives it back"))
            } catch {
                self.session.abort(error)
            }
        }.value
    }

    /// Gives a lock back, whether or not the task is cancelled by now. Where that fails the connection is closed, which
    /// has the server do it.
    private func giveBack(_ lock: AdvisoryLock) async -> PostgresError? {
        // A task of its own: a cancelled one would not wait for the answer.
        let failure = await Task(executorPreference: session.loop) { () -> PostgresError? in
            do throws(PostgresError) {
                let answer = try await self.query(
                    try lock.query("pg_advisory_unlock"), as: Bool.self,
                    timeout: self.session.configuration.cancelTimeout
                ).collect()
                return answer == [true]
                    ? nil : PostgresError(.invalidUse, "the server's session did not hold it; is a pooler in between?")
            } catch {
                return error
            }
        }.value
        if let failure { session.abort(failure) }
        return failure
    }
}

extension PostgresPool {
    /// Waits for an advisory lock and holds it while `body` runs: nobody else who asks for that lock, in whatever
    /// process, runs at the same time.
    ///
    ///     try await pool.withAdvisoryLock("nightly report", timeout: .seconds(5)) { connection in
    ///         try await connection.execute("REFRESH MATERIALIZED VIEW totals")
    ///     }
    ///
    /// It is given back however `body` ends, and by the server when the connection is lost. The connection is `body`'s
    /// until then; use it, not the pool, so that what is done cannot go on without the lock.
    ///
    /// - Parameter shared: several may hold it shared; one alone holds it otherwise.
    /// - Parameter timeout: how long to wait for the lock; nil: as long as any statement may take.
    /// - Throws: what `body` throws; `timeout`; `connectionClosed` when `body` was through but had lost the lock before;
    ///   `invalidUse` where a transaction pooler was found out, through which no session can hold anything, and inside a
    ///   transaction, which has locks of its own: ``PostgresTransaction/advisoryLock(_:shared:timeout:)``.
    @concurrent @discardableResult
    public func withAdvisoryLock<R: Sendable>(
        _ key: PostgresAdvisoryLockKey, shared: Bool = false, timeout: Duration? = nil,
        file: StaticString = #fileID, line: UInt = #line,
        _ body: @Sendable (PostgresConnection) async throws -> R
    ) async throws -> R {
        try await withConnection(file: file, line: line) { connection in
            try await connection.withAdvisoryLock(key, shared: shared, timeout: timeout, body)
        }
    }

    /// Runs `body` with an advisory lock, if that is free.
    ///
    /// - Returns: nil when somebody else has the lock; `body` was not run.
    /// - Throws: as ``withAdvisoryLock(_:shared:timeout:file:line:_:)`` does.
    @concurrent @discardableResult
    public func withAdvisoryLockIfFree<R: Sendable>(
        _ key: PostgresAdvisoryLockKey, shared: Bool = false,
        file: StaticString = #fileID, line: UInt = #line,
        _ body: @Sendable (PostgresConnection) async throws -> R
    ) async throws -> R? {
        try await withConnection(file: file, line: line) { connection in
            try await connection.withAdvisoryLockIfFree(key, shared: shared, body)
        }
    }
}

/// One lock in one of its two ways.
private struct AdvisoryLock: Sendable {
    let key: PostgresAdvisoryLockKey
    let isShared: Bool

    /// A call of one of the server's functions, in the form for this way.
    func query(_ function: String) throws(PostgresError) -> PostgresQuery {
        let arguments = try key.arguments()
        return "SELECT pg_catalog.\(raw: function + (isShared ? "_shared" : ""))(\(arguments))"
    }

    /// Whether the session has it (PostgreSQL documentation, "pg_locks").
    func isHeld() throws(PostgresError) -> PostgresQuery {
        let place = try key.placeInLocks()
        return """
            SELECT EXISTS (
                SELECT FROM pg_catalog.pg_locks
                WHERE locktype = 'advisory' AND pid = pg_catalog.pg_backend_pid() AND granted
                    AND mode = \(isShared ? "ShareLock" : "ExclusiveLock")
                    AND classid = \(place.classID)::oid AND objid = \(place.objectID)::oid AND objsubid = \(place.kind))
            """
    }

    func timedOut(_ error: PostgresError) -> PostgresError {
        var error = error
        error.message = "the advisory lock \(key) did not become free before the deadline"
        error.advice = "pg_locks shows who has it"
        return error
    }
}
