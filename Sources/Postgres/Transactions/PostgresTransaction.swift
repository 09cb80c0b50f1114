public import PostgresTypes
public import PostgresWire

/// An open transaction, or a savepoint in one: what `withTransaction` hands to its closure.
///
///     try await pool.withTransaction(isolation: .serializable, retries: 3) { tx in
///         try await tx.execute("UPDATE accounts SET balance = balance - \(amount) WHERE id = \(from)")
///         try await tx.execute("UPDATE accounts SET balance = balance + \(amount) WHERE id = \(to)")
///     }
public struct PostgresTransaction: PostgresDatabase {
    let connection: PostgresConnection
    /// 0 is the transaction itself, 1 the first savepoint in it.
    let depth: Int
    let hooks = TransactionHooks()

    public func query(
        _ query: PostgresQuery, timeout: Duration?, from caller: PostgresCaller
    ) async throws(PostgresError) -> PostgresRows {
        try await connection.query(query, timeout: timeout, from: caller)
    }

    @discardableResult
    public func withConnection<R: Sendable>(
        from caller: PostgresCaller, _ body: @Sendable (PostgresConnection) async throws -> R
    ) async throws -> R {
        try await connection.withConnection(from: caller, body)
    }

    /// Has `action` done once the transaction is committed: after the server has acknowledged the COMMIT, and before
    /// `withTransaction` returns, in the order in which they were asked for.
    ///
    ///     try await pool.withTransaction { tx in
    ///         try await tx.execute("INSERT INTO orders (id) VALUES (\(id))")
    ///         tx.afterCommit { await mailer.confirm(id) }
    ///     }
    ///
    /// It is dropped when the transaction, or the savepoint that it was asked for in, is rolled back, when the closure is
    /// run again, when the outcome is unknown, and when the transaction is only prepared. It cannot fail the transaction,
    /// which is through by then: deal with errors in it. In a pool's `withTransaction` the connection has gone back by then.
    public func afterCommit(_ action: @escaping @Sendable () async -> Void) { hooks.add(action) }

    /// Runs `body` behind a savepoint: when it throws, only what it did is undone.
    @concurrent @discardableResult
    public func withTransaction<R: Sendable>(
        _ options: PostgresTransactionOptions, from caller: PostgresCaller,
        _ body: @Sendable (PostgresTransaction) async throws -> R
    ) async throws -> R {
        guard options == PostgresTransactionOptions() else {
            throw PostgresError(
                .invalidUse, "a transaction inside a transaction is a savepoint and takes no options",
                advice: "Give isolation, access mode and retries to the outermost withTransaction")
        }
        let inner = PostgresTransaction(connection: connection, depth: depth + 1)
        let savepoint = "egret_\(inner.depth)"
        _ = try await connection.tags(ofScript: "SAVEPOINT \(savepoint)", timeout: nil)
        do {
            let result = try await connection.session.withOwnThread { try await body(inner) }
            _ = try await connection.tags(ofScript: "RELEASE SAVEPOINT \(savepoint)", timeout: nil)
            hooks.add(contentsOf: inner.hooks)
            return result
        } catch {
            try await connection.undo(
                "ROLLBACK TO SAVEPOINT \(savepoint); RELEASE SAVEPOINT \(savepoint)", after: error)
            throw error
        }
    }
}

extension PostgresConnection {
    @concurrent @discardableResult
    public func withTransaction<R: Sendable>(
        _ options: PostgresTransactionOptions, from caller: PostgresCaller,
        _ body: @Sendable (PostgresTransaction) async throws -> R
    ) async throws -> R {
        let (result, hooks) = try await transact(options, ending: .commit, body)
        await hooks.run()
        return result
    }

    /// Runs `body` in a transaction, again when it collided with another one, as often as `options` allow. The hooks are
    /// the caller's to run.
    @concurrent
    func transact<R: Sendable>(
        _ options: PostgresTransactionOptions, ending: TransactionEnding,
        _ body: @Sendable (PostgresTransaction) async throws -> R
    ) async throws -> (R, TransactionHooks) {
        var attempt = 0
        while true {
            do {
                return try await session.withOwnThread {
                    try await self.tracedTransaction(options, ending: ending, body)
                }
            } catch let error as PostgresError where attempt < options.retries && error.isCollision {
                attempt += 1
                try await Self.pause(beforeRetry: attempt)
            }
        }
    }

    /// Whoever collided would collide again at the same moment: waits a random while, up to twice as long each time.
    private static func pause(beforeRetry attempt: Int) async throws(PostgresError) {
        let longest = min(10 << min(attempt, 6), 500)
        do {
            try await Task.sleep(for: .milliseconds(Int.random(in: 1...longest)))
        } catch {
            throw PostgresError(
                .cancelled, "the task was cancelled before a transaction was tried again; it is rolled back",
                safeToRetry: true)
        }
    }

    func transactOnce<R: Sendable>(
        _ options: PostgresTransactionOptions, ending: TransactionEnding,
        _ body: @Sendable (PostgresTransaction) async throws -> R
    ) async throws -> (R, TransactionHooks) {
        guard !isInOpenTransaction else {
            throw PostgresError(
                .invalidUse, "the connection is in a transaction already",
                advice: "Call withTransaction on the transaction, not on its connection, for a savepoint")
        }
        try checkLease()
        try await session.lookBeforeTransaction()
        _ = try await tags(ofScript: options.begin, timeout: nil)
        let transaction = PostgresTransaction(connection: self, depth: 0)
        let result: R
        do {
            result = try await body(transaction)
        } catch {
            try await undo("ROLLBACK", after: error)
            throw error
        }
        try await end(ending)
        return (result, transaction.hooks)
    }

    private func end(_ ending: TransactionEnding) async throws(PostgresError) {
        let tags: [String]
        do {
            tags = try await self.tags(ofScript: ending.sql, timeout: nil)
        } catch {
            // Stopped before anything was sent, by a cancelled task or a connection lost earlier.
            if error.safeToRetry { return try await rollBack(after: error) }
            // A deferred constraint, say, or our own cancel: the server says why, and has rolled back unless it never came
            // to do anything, as when it may prepare no transactions.
            if error.server != nil, isOpen { return try await rollBack(after: error) }
            session.abort(error)
            // The server had given up waiting for us before it read what we sent.
            if error.sqlState == .idleInTransactionSessionTimeout { throw error }
            throw ending.outcomeUnknown(error)
        }
        guard tags.last == ending.tag else {
            throw PostgresError(
                .rolledBack, "the transaction had failed before it was committed; nothing of it was kept",
                advice: "An error of a statement in it was caught and dropped; let it through")
        }
    }

    private func rollBack(after error: PostgresError) async throws(PostgresError) {
        if isInTransaction { try await typed { try await undo("ROLLBACK", after: error) } }
        throw error
    }

    /// Takes back what a failed closure did, whether or not its task is cancelled by now. Where that fails too, the
    /// connection is closed, which has the server roll back.
    func undo(_ sql: String, after error: any Error) async throws {
        guard isOpen else { return }
        let session = session
        // A task of its own: a cancelled one would not wait for the answer.
        let failure = await Task(executorPreference: session.loop) { () -> PostgresError? in
            do throws(PostgresError) {
                _ = try await session.script(sql, timeout: session.configuration.cancelTimeout)
                return nil
            } catch {
                return error
            }
        }.value
        guard let failure else { return }
        session.abort(failure)
        throw PostgresError(
            .connectionClosed,
            "a transaction failed and could not be rolled back, so its connection was closed: "
                + (failure.server?.message ?? failure.message),
            advice: (error as? PostgresError).map { "What made it fail: \($0.message)" },
            server: (error as? PostgresError)?.server, cause: error)
    }
}

extension PostgresError {
    /// The server rolled the transaction back because it got into another one's way; the same again may succeed.
    var isCollision: Bool {
        // Of a failed rollback or a lost COMMIT the server's error is told as well, but the code is another.
        code == .server && (sqlState == .serializationFailure || sqlState == .deadlockDetected)
    }
}
