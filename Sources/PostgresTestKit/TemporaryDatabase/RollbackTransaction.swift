public import Postgres
import PostgresWire

extension PostgresDatabase {
    /// Runs `body` in a transaction that is rolled back whatever happens, so that a test leaves nothing behind and sees
    /// nothing of the tests beside it.
    ///
    ///     try await pool.withRollback { tx in
    ///         try await tx.execute("INSERT INTO notes VALUES (1, 'milk')")
    ///         #expect(try await countNotes(in: tx) == 1)
    ///     }
    ///
    /// What is tested takes `some PostgresDatabase` and is given the transaction; its own `withTransaction` is a savepoint
    /// then. It is the quickest way to a clean database, where no COMMIT is wanted and one connection is enough. Where the
    /// code under test ends the transaction itself, by a COMMIT, a ROLLBACK or a function of the server's that does so, what
    /// it wrote may be there to stay, and what came after was written without protection: that is an error, even if `body`
    /// has returned.
    ///
    /// - Throws: what `body` throws; `invalidUse` when the transaction was ended inside it.
    @discardableResult
    public func withRollback<R: Sendable>(
        isolation: PostgresIsolation? = nil, _ body: @Sendable (PostgresTransaction) async throws -> R
    ) async throws -> R {
        // A place in this transaction that no other one has: who gets back to it has never left.
        let mark = "egret_boundary_" + Credentials.randomDigits(16)
        do {
            return try await withTransaction(PostgresTransactionOptions(isolation: isolation)) { tx -> R in
                try await tx.execute(script: "SAVEPOINT \(mark)")
                let outcome: Result<R, any Error>
                do {
                    outcome = .success(try await body(tx))
                } catch {
                    outcome = .failure(error)
                }
                do {
                    try await tx.execute(script: "ROLLBACK TO SAVEPOINT \(mark)")
                } catch let error as PostgresError where Self.showsLostBoundary(error) {
                    throw Self.lostBoundary(after: outcome)
                }
                throw RolledBack(outcome: outcome)
            }
        } catch let end as RolledBack<R> {
            return try end.outcome.get()
        }
    }

    /// No such savepoint (3B001), or no transaction at all (25P01).
    private static func showsLostBoundary(_ error: PostgresError) -> Bool {
        error.sqlState?.rawValue == "3B001" || error.sqlState?.rawValue == "25P01"
    }

    private static func lostBoundary<R>(after outcome: Result<R, any Error>) -> PostgresError {
        let cause: (any Error)? = if case .failure(let error) = outcome { error } else { nil }
        return PostgresError(
            .invalidUse,
            "the transaction that was to be rolled back has been ended inside: what it wrote may still be there",
            advice:
                "Let the code under test use withTransaction, which is a savepoint here, in place of BEGIN, COMMIT and "
                + "ROLLBACK; or give the test a TemporaryDatabase", cause: cause)
    }
}

/// Carries what the closure came to past the rollback.
private struct RolledBack<R: Sendable>: Error {
    let outcome: Result<R, any Error>
}
