import PostgresTestKit
import Testing

@testable import Postgres

@Suite(.timeLimit(.minutes(3))) struct TransactionTests {
    private struct Mistake: Error {}

    @Test("trap 73: COMMIT answered by ROLLBACK is an error") func failedTransaction() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerQuery("BEGIN", tag: "BEGIN", status: "T")
            try s.expect(.query("INSERT"))
            try s.send(.error(.uniqueViolation, "duplicate"), .readyForQuery("E"))
            try s.answerQuery("COMMIT", tag: "ROLLBACK")
            try s.answerCheck()
        }
        let connection = try await PostgresConnection.connect(to: server)
        let error = try await failure {
            try await connection.withTransaction { tx in
                // Dropped, as it should not be.
                _ = try? await tx.execute(script: "INSERT")
            }
        }
        #expect(error.code == .rolledBack)
        await connection.check()
        try await server.finished()
    }

    @Test("a deferred constraint fails COMMIT, and the connection goes on") func commitRefused() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerQuery("BEGIN", tag: "BEGIN", status: "T")
            try s.expect(.query("COMMIT"))
            try s.send(.error(.foreignKeyViolation, "no such row"), .readyForQuery())
            try s.answerCheck()
        }
        let connection = try await PostgresConnection.connect(to: server)
        let error = try await failure { try await connection.withTransaction { _ in } }
        #expect(error.sqlState == .foreignKeyViolation)
        await connection.check()
        try await server.finished()
    }

    @Test(
        "trap 76: a connection lost after COMMIT leaves the outcome unknown, and nothing is run again",
        arguments: [true, false])
    func outcomeUnknown(withReset: Bool) async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerQuery("BEGIN", tag: "BEGIN", status: "T")
            try s.expect(.query("COMMIT"))
            if withReset { s.cut() } else { s.close() }
        }
        let connection = try await PostgresConnection.connect(to: server)
        let runs = Runs()
        let error = try await promptly {
            try await failure {
                try await connection.withTransaction(retries: 5) { _ in runs.count += 1 }
            }
        }
        #expect(error.code == .outcomeUnknown)
        #expect(!error.safeToRetry)
        #expect(runs.count == 1)
        #expect(!connection.isOpen)
        try await server.finished()
    }

    @Test("a connection lost after a collision is told as lost: not as one that is in a transaction already")
    func lostAfterCollision() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerQuery("BEGIN", tag: "BEGIN", status: "T")
            try s.expect(.query("UPDATE"))
            try s.send(.error(.serializationFailure, "try again"), .readyForQuery("E"))
            s.cut()
        }
        let connection = try await PostgresConnection.connect(to: server)
        let runs = Runs()
        let error = try await promptly {
            try await failure {
                try await connection.withTransaction(retries: 5) { tx in
                    runs.count += 1
                    do {
                        try await tx.execute(script: "UPDATE")
                    } catch {
                        // Before it can be rolled back.
                        while connection.isOpen { try await Task.sleep(for: .milliseconds(1)) }
                        throw error
                    }
                }
            }
        }
        #expect(error.code == .connectionClosed)
        #expect(error.safeToRetry)
        #expect(runs.count == 1)
        for error in [
            try await failure { try await connection.withAdvisoryLock("a") { _ in } },
            try await failure { try await connection.listen("a") },
        ] {
            #expect(error.code == .connectionClosed)
        }
        try await server.finished()
    }

    /// How often a closure was run.
    private final class Runs: @unchecked Sendable {
        // Unchecked: the runs follow each other.
        var count = 0
    }

    @Test("trap 76: COMMIT that the server ends its session at") func commitEndedByFatal() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerQuery("BEGIN", tag: "BEGIN", status: "T")
            try s.expect(.query("COMMIT"))
            try s.send(.error(.adminShutdown, "terminating", severity: "FATAL"))
            s.close()
        }
        let connection = try await PostgresConnection.connect(to: server)
        let error = try await failure { try await connection.withTransaction { _ in } }
        #expect(error.code == .outcomeUnknown)
        #expect(error.sqlState == .adminShutdown)
    }

    @Test("trap 74: ROLLBACK that fails closes the connection, and both errors are told") func rollbackFails()
        async throws
    {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerQuery("BEGIN", tag: "BEGIN", status: "T")
            try s.expect(.query("FIRST"))
            try s.send(.error(.divisionByZero, "division by zero"), .readyForQuery("E"))
            try s.expect(.query("ROLLBACK"))
            try s.send(.error(.internalError, "cannot roll back"), .readyForQuery("E"))
            try s.expectEnd()
        }
        let connection = try await PostgresConnection.connect(to: server)
        let error = try await failure {
            try await connection.withTransaction { tx in try await tx.execute(script: "FIRST") }
        }
        #expect(error.code == .connectionClosed)
        #expect(error.sqlState == .divisionByZero)
        #expect(error.debugDescription.contains("division by zero"))
        #expect((error.cause as? PostgresError)?.sqlState == .divisionByZero)
        #expect(error.message.contains("cannot roll back"))
        #expect(!connection.isOpen)
        try await server.finished()
    }

    @Test("trap 74: what somebody else's error says is kept, and not shown to everybody")
    func rollbackFailsAfterAMistake()
        async throws
    {
        struct Private: Error, CustomStringConvertible {
            var description: String { "card 4711" }
        }
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerQuery("BEGIN", tag: "BEGIN", status: "T")
            try s.expect(.query("ROLLBACK"))
            try s.send(.error(.internalError, "cannot roll back"), .readyForQuery("T"))
            try s.expectEnd()
        }
        let connection = try await PostgresConnection.connect(to: server)
        let error = try await failure { try await connection.withTransaction { _ in throw Private() } }
        #expect(error.code == .connectionClosed)
        #expect(error.cause is Private)
        #expect(!error.description.contains("4711"))
        #expect(error.debugDescription.contains("4711"))
        try await server.finished()
    }

    @Test("trap 72: a collision that could not be rolled back is not tried again on its dead connection")
    func collisionWithoutRollback() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerQuery("BEGIN", tag: "BEGIN", status: "T")
            try s.expect(.query("UPDATE"))
            try s.send(.error(.serializationFailure, "could not serialize"), .readyForQuery("E"))
            try s.expect(.query("ROLLBACK"))
            try s.send(.error(.internalError, "cannot roll back"), .readyForQuery("E"))
            try s.expectEnd()
        }
        let connection = try await PostgresConnection.connect(to: server)
        let runs = Runs()
        let error = try await failure {
            try await connection.withTransaction(retries: 5) { tx in
                runs.count += 1
                try await tx.execute(script: "UPDATE")
            }
        }
        #expect(error.code == .connectionClosed && error.sqlState == .serializationFailure)
        #expect(error.message.contains("could not be rolled back"))
        #expect(runs.count == 1)
        try await server.finished()
    }

    @Test("trap 72: a task that is cancelled between two tries ends then") func cancelledBetweenTries() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            for _ in 0..<3 {
                try s.answerQuery("BEGIN", tag: "BEGIN", status: "T")
                try s.expect(.query("COMMIT"))
                try s.send(.error(.serializationFailure, "could not serialize"), .readyForQuery())
            }
            // However many more there are before the task is told.
            while true {
                try s.expect("Q")
                try s.send(.error(.serializationFailure, "could not serialize"), .readyForQuery())
            }
        }
        let connection = try await PostgresConnection.connect(to: server)
        let task = Task { try await connection.withTransaction(retries: .max) { _ in } }
        try await server.received("Q", count: 6)
        task.cancel()
        let error = try await promptly { try await failure { try await task.value } }
        #expect(error.code == .cancelled || error.sqlState == .serializationFailure)
        server.stop()
    }

    @Test("trap 46: the server gave up waiting for COMMIT: nothing was kept, and that is known") func idleTooLong()
        async throws
    {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerQuery("BEGIN", tag: "BEGIN", status: "T")
            // Said before the server has read COMMIT, and read here after it was sent.
            try s.expect(.query("COMMIT"))
            try s.send(
                .error(.idleInTransactionSessionTimeout, "terminating connection due to timeout", severity: "FATAL"))
            s.close()
        }
        let connection = try await PostgresConnection.connect(to: server)
        let error = try await failure { try await connection.withTransaction { _ in } }
        #expect(error.code != .outcomeUnknown)
        #expect(error.sqlState == .idleInTransactionSessionTimeout)
        #expect(!connection.isOpen)
        try await server.finished()
    }

    @Test("trap 74: ROLLBACK that never ends") func rollbackHangs() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerQuery("BEGIN", tag: "BEGIN", status: "T")
            try s.expect(.query("ROLLBACK"))
            // Deaf to the cancel as well.
            try s.expectEnd()
        }
        var configuration = PostgresConfiguration(server)
        configuration.cancelTimeout = .seconds(2)
        let connection = try await PostgresConnection.connect(configuration)
        await promptly {
            _ = await #expect(throws: (any Error).self) {
                try await connection.withTransaction { _ in throw Mistake() }
            }
        }
        #expect(!connection.isOpen)
        try await server.finished()
    }

    @Test("trap 72: the closure runs again after a serialization failure, so often and no more")
    func retriesSerializationFailures() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            for _ in 0..<2 {
                try s.answerQuery("BEGIN ISOLATION LEVEL SERIALIZABLE", tag: "BEGIN", status: "T")
                try s.expect(.query("COMMIT"))
                try s.send(.error(.serializationFailure, "could not serialize"), .readyForQuery())
            }
            try s.answerQuery("BEGIN ISOLATION LEVEL SERIALIZABLE", tag: "BEGIN", status: "T")
            try s.expect(.query("UPDATE"))
            try s.send(.error(.deadlockDetected, "deadlock"), .readyForQuery("E"))
            try s.answerQuery("ROLLBACK", tag: "ROLLBACK")
            try s.answerCheck()
        }
        let connection = try await PostgresConnection.connect(to: server)
        let runs = Runs()
        let error = try await failure {
            try await connection.withTransaction(isolation: .serializable, retries: 2) { tx in
                runs.count += 1
                if runs.count == 3 { try await tx.execute(script: "UPDATE") }
            }
        }
        #expect(error.sqlState == .deadlockDetected)
        #expect(runs.count == 3)
        await connection.check()
        try await server.finished()
    }

    @Test("trap 75: only the savepoint is undone") func savepoints() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerQuery("BEGIN", tag: "BEGIN", status: "T")
            try s.answerQuery("SAVEPOINT egret_1", tag: "SAVEPOINT", status: "T")
            try s.answerQuery("SAVEPOINT egret_2", tag: "SAVEPOINT", status: "T")
            try s.expect(.query("ROLLBACK TO SAVEPOINT egret_2; RELEASE SAVEPOINT egret_2"))
            try s.send(.commandComplete("ROLLBACK"), .commandComplete("RELEASE"), .readyForQuery("T"))
            try s.answerQuery("RELEASE SAVEPOINT egret_1", tag: "RELEASE", status: "T")
            try s.answerQuery("COMMIT", tag: "COMMIT")
        }
        let connection = try await PostgresConnection.connect(to: server)
        try await connection.withTransaction { tx in
            try await tx.withTransaction { inner in
                await #expect(throws: Mistake.self) { try await inner.withTransaction { _ in throw Mistake() } }
            }
            let error = try await failure { try await tx.withTransaction(isolation: .serializable) { _ in } }
            #expect(error.code == .invalidUse)
        }
        try await server.finished()
    }

    @Test("a task cancelled before COMMIT is sent rolls back, which is known") func cancelledBeforeCommit() async throws
    {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerQuery("BEGIN", tag: "BEGIN", status: "T")
            try s.answerQuery("ROLLBACK", tag: "ROLLBACK")
            try s.answerCheck()
        }
        let connection = try await PostgresConnection.connect(to: server)
        let hasBegun = Signal()
        let task = Task {
            try await connection.withTransaction { _ in
                hasBegun.set()
                // Returns as though nothing had happened.
                while !Task.isCancelled { await Task.yield() }
            }
        }
        await hasBegun.wait()
        task.cancel()
        let error = try await promptly { try await failure { try await task.value } }
        #expect(error.code == .cancelled)
        await connection.check()
        try await server.finished()
    }

    @Test("a COMMIT that the server stopped is known to be undone") func commitCancelled() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerQuery("BEGIN", tag: "BEGIN", status: "T")
            try s.expect(.query("COMMIT"))
            _ = try s.acceptCancelRequest()
            try s.send(.error(.queryCanceled, "canceling statement due to user request"), .readyForQuery())
            try s.answerCheck()
        }
        let connection = try await PostgresConnection.connect(to: server)
        let task = Task { try await connection.withTransaction { _ in } }
        try await server.received("Q", count: 2)
        task.cancel()
        let error = try await promptly { try await failure { try await task.value } }
        #expect(error.code == .cancelled)
        await connection.check()
        try await server.finished()
    }

    @Test("a COMMIT that was through before the cancel is a success") func committedInTime() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerQuery("BEGIN", tag: "BEGIN", status: "T")
            try s.expect(.query("COMMIT"))
            _ = try s.acceptCancelRequest()
            try s.send(.commandComplete("COMMIT"), .readyForQuery())
            try s.answerQuery("", tag: "")
            try s.answerCheck()
        }
        let connection = try await PostgresConnection.connect(to: server)
        let task = Task { try await connection.withTransaction { _ in } }
        try await server.received("Q", count: 2)
        task.cancel()
        try await task.value
        await connection.check()
        try await server.finished()
    }

    @Test("trap 76: a COMMIT that neither ends nor hears the cancel") func commitHangs() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerQuery("BEGIN", tag: "BEGIN", status: "T")
            try s.expect(.query("COMMIT"))
            _ = try s.acceptCancelRequest()
            try s.expectEnd()
        }
        var configuration = PostgresConfiguration(server)
        configuration.cancelTimeout = .seconds(2)
        let connection = try await PostgresConnection.connect(configuration)
        let task = Task { try await connection.withTransaction { _ in } }
        try await server.received("Q", count: 2)
        task.cancel()
        let error = try await promptly { try await failure { try await task.value } }
        #expect(error.code == .outcomeUnknown)
        try await server.finished()
    }

    @Test("a cancelled BEGIN leaves no transaction behind") func beginCancelled() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.expect(.query("BEGIN"))
            _ = try s.acceptCancelRequest()
            try s.send(.commandComplete("BEGIN"), .readyForQuery("T"))
            // The fence, then the end of what was begun.
            try s.answerQuery("", tag: "", status: "T")
            try s.answerQuery("ROLLBACK", tag: "ROLLBACK")
            try s.answerCheck()
        }
        let connection = try await PostgresConnection.connect(to: server)
        let task = Task { try await connection.withTransaction { tx in try await tx.execute("SELECT 1") } }
        try await server.received("Q")
        task.cancel()
        let error = try await promptly { try await failure { try await task.value } }
        #expect(error.code == .cancelled)
        await connection.check()
        #expect(!connection.isInTransaction)
        try await server.finished()
    }

    @Test("a transaction on a connection that has one is refused") func nestedOnTheConnection() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerQuery("BEGIN READ ONLY DEFERRABLE", tag: "BEGIN", status: "T")
            try s.answerQuery("COMMIT", tag: "COMMIT")
        }
        let connection = try await PostgresConnection.connect(to: server)
        try await connection.withTransaction(readOnly: true, deferrable: true) { _ in
            let error = try await failure { try await connection.withTransaction { _ in } }
            #expect(error.code == .invalidUse)
        }
        try await server.finished()
    }
}
