import PostgresLocks
import PostgresTestKit
import Testing

@testable import Postgres

@Suite(.timeLimit(.minutes(2))) struct AfterCommitTests {
    private struct Mistake: Error {}

    /// What was done, in its order.
    private final class Log: Sendable {
        private let lines = Mutex<[String]>([])
        var all: [String] { lines.withLock { $0 } }
        func add(_ line: String) { lines.withLock { $0.append(line) } }
    }

    @Test("after COMMIT is acknowledged, in the order asked for, those of released savepoints among them")
    func afterwardsInOrder() async throws {
        let log = Log()
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerQuery("BEGIN", tag: "BEGIN", status: "T")
            try s.answerQuery("SAVEPOINT egret_1", tag: "SAVEPOINT", status: "T")
            try s.answerQuery("RELEASE SAVEPOINT egret_1", tag: "RELEASE", status: "T")
            try s.answerQuery("SAVEPOINT egret_1", tag: "SAVEPOINT", status: "T")
            try s.answerQuery(
                "ROLLBACK TO SAVEPOINT egret_1; RELEASE SAVEPOINT egret_1", tag: "RELEASE", status: "T")
            try s.expect(.query("COMMIT"))
            s.delay(.milliseconds(100))
            log.add("commit")
            try s.send(.commandComplete("COMMIT"), .readyForQuery())
        }
        let connection = try await PostgresConnection.connect(to: server)
        let answer = try await connection.withTransaction { tx in
            tx.afterCommit { log.add("1") }
            try await tx.withTransaction { inner in inner.afterCommit { log.add("2") } }
            _ = try? await tx.withTransaction { inner in
                inner.afterCommit { log.add("taken back") }
                throw Mistake()
            }
            tx.afterCommit { log.add("3") }
            log.add("closure")
            return 42
        }
        #expect(answer == 42)
        #expect(log.all == ["closure", "commit", "1", "2", "3"])
        try await server.finished()
    }

    @Test("not after a rollback, a COMMIT answered by ROLLBACK, or one that the server refuses") func notAfterFailure()
        async throws
    {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerQuery("BEGIN", tag: "BEGIN", status: "T")
            try s.answerQuery("ROLLBACK", tag: "ROLLBACK")
            try s.answerQuery("BEGIN", tag: "BEGIN", status: "T")
            try s.answerQuery("COMMIT", tag: "ROLLBACK")
            try s.answerQuery("BEGIN", tag: "BEGIN", status: "T")
            try s.expect(.query("COMMIT"))
            try s.send(.error(.foreignKeyViolation, "no such row"), .readyForQuery())
            try s.answerQuery("BEGIN", tag: "BEGIN", status: "T")
            try s.expect(.query("COMMIT"))
            s.cut()
        }
        let connection = try await PostgresConnection.connect(to: server)
        let log = Log()
        await #expect(throws: Mistake.self) {
            try await connection.withTransaction { tx in
                tx.afterCommit { log.add("hook") }
                throw Mistake()
            }
        }
        for code in [PostgresError.Code.rolledBack, .server, .outcomeUnknown] {
            let error = try await failure {
                try await connection.withTransaction { tx in tx.afterCommit { log.add("hook") } }
            }
            #expect(error.code == code)
        }
        #expect(log.all == [])
        try await server.finished()
    }

    @Test("once, however often the closure ran") func retried() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            for round in 0..<3 {
                try s.answerQuery("BEGIN", tag: "BEGIN", status: "T")
                try s.expect(.query("COMMIT"))
                if round < 2 {
                    try s.send(.error(.serializationFailure, "could not serialize"), .readyForQuery())
                } else {
                    try s.send(.commandComplete("COMMIT"), .readyForQuery())
                }
            }
        }
        let connection = try await PostgresConnection.connect(to: server)
        let log = Log()
        try await connection.withTransaction(retries: 5) { tx in
            log.add("closure")
            tx.afterCommit { log.add("hook") }
        }
        #expect(log.all == ["closure", "closure", "closure", "hook"])
        try await server.finished()
    }

    @Test("in a pool of one connection a hook may use the pool") func inAPool() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerQuery("BEGIN", tag: "BEGIN", status: "T")
            try s.answerQuery("COMMIT", tag: "COMMIT")
            try s.answerQuery("AFTERWARDS", tag: "AFTERWARDS")
        }
        let pool = try PostgresPool(
            PostgresConfiguration(server),
            options: PostgresPoolOptions(maximumConnections: 1, acquireTimeout: .seconds(10)))
        let log = Log()
        try await pool.withTransaction { tx in
            tx.afterCommit {
                do {
                    try await pool.execute(script: "AFTERWARDS")
                    log.add("hook")
                } catch {
                    log.add("\(error)")
                }
            }
        }
        #expect(log.all == ["hook"])
        await pool.close()
        try await server.finished()
    }
}
