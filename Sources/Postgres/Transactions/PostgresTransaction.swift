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

    public func query(_ query: PostgresQuery, timeout: Duration?) async throws(PostgresError) -> PostgresRows {
        try await connection.query(query, timeout: timeout)
    }

    @discardableResult
    public func withConnection<R: Sendable>(
        _ body: @Sendable (PostgresConnection) async throws -> R
    ) async throws -> R {
        try await connection.withConnection(body)
    }

    /// Runs `body` behind a savepoint: when it throws, only what it did is undone.
    @concurrent @discardableResult
    public func withTransaction<R: Sendable>(
        _ options: PostgresTransactionOptions, _ body: @Sendable (PostgresTransaction) async throws -> R
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
            let result = try await withTaskExecutorPreference(connection.session.loop) { try await body(inner) }
            _ = try await connection.tags(ofScript: "RELEASE SAVEPOINT \(savepoint)", timeout: nil)
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
        _ options: PostgresTransactionOptions, _ body: @Sendable (PostgresTransaction) async throws -> R
    ) async throws -> R {
        var attempt = 0
        while true {
            do {
                return try await withTaskExecutorPreference(session.loop) { try await self.transact(options, body) }
            } catch let error as PostgresError
                where attempt < options.retries
                && (error.sqlState == .serializationFailure || error.sqlState == .deadlockDetected)
            {
                attempt += 1
                // Whoever collided would collide again at the same moment: wait a random while, longer each time.
                let longest = min(10 << min(attempt, 6), 500)
                try await Task.sleep(for: .milliseconds(Int.random(in: 1...longest)))
            }
        }
    }

    private func transact<R: Sendable>(
        _ options: PostgresTransactionOptions, _ body: @Sendable (PostgresTransaction) async throws -> R
    ) async throws -> R {
        guard !isInTransaction else {
            throw PostgresError(
                .invalidUse, "the connection is in a transaction already",
                advice: "Call withTransaction on the transaction, not on its connection, for a savepoint")
        }
        _ = try await tags(ofScript: options.begin, timeout: nil)
        let result: R
        do {
            result = try await body(PostgresTransaction(connection: self, depth: 0))
        } catch {
            try await undo("ROLLBACK", after: error)
            throw error
        }
        try await commit()
        return result
    }

    private func commit() async throws(PostgresError) {
        let tags: [String]
        do {
            tags = try await self.tags(ofScript: "COMMIT", timeout: nil)
        } catch {
            // Stopped before anything was sent, by a cancelled task or a connection lost earlier.
            if error.safeToRetry { return try await rollBack(after: error) }
            // A deferred constraint, say, or our own cancel: the server has rolled back and said why.
            if error.server != nil, isOpen { throw error }
            session.abort(error)
            throw PostgresError(
                .outcomeUnknown, "the connection was lost while the transaction was being committed: \(error.message)",
                advice: "Look in the database whether its changes are there before doing them again",
                server: error.server)
        }
        guard tags.last == "COMMIT" else {
            throw PostgresError(
                .rolledBack, "the transaction had failed before it was committed; nothing of it was kept",
                advice: "An error of a statement in it was caught and dropped; let it through")
        }
    }

    private func rollBack(after error: PostgresError) async throws(PostgresError) {
        try await typed { try await undo("ROLLBACK", after: error) }
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
            "a transaction failed and could not be rolled back, so its connection was closed: \(failure.message)",
            advice: "What made it fail: \(error)", server: (error as? PostgresError)?.server)
    }
}
