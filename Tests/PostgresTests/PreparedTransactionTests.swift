import PostgresTestKit
import Testing

@testable import Postgres

@Suite(.timeLimit(.minutes(2))) struct PreparedTransactionTests {
    @Test(
        "names are literals, whatever is in them",
        arguments: [
            ("order 7", "'order 7'"), ("it's", "'it''s'"), ("a\\'; DROP TABLE t; --", "E'a\\\\''; DROP TABLE t; --'"),
        ])
    func quoting(id: String, literal: String) async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerQuery("BEGIN ISOLATION LEVEL SERIALIZABLE", tag: "BEGIN", status: "T")
            try s.answerQuery("PREPARE TRANSACTION \(literal)", tag: "PREPARE TRANSACTION")
            try s.answerQuery("COMMIT PREPARED \(literal)", tag: "COMMIT PREPARED")
            try s.answerQuery("ROLLBACK PREPARED \(literal)", tag: "ROLLBACK PREPARED")
        }
        let connection = try await PostgresConnection.connect(to: server)
        let answer = try await connection.prepareTransaction(
            id, PostgresTransactionOptions(isolation: .serializable)
        ) { tx in
            tx.afterCommit { Issue.record("a prepared transaction is not committed") }
            return 42
        }
        #expect(answer == 42)
        try await connection.commitPrepared(id)
        try await connection.rollbackPrepared(id)
        try await server.finished()
    }

    @Test("names that the server does not take are refused before anything is sent") func refusedNames() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerCheck()
        }
        let connection = try await PostgresConnection.connect(to: server)
        for id in ["", String(repeating: "i", count: 200), "a\u{0}b"] {
            for error in [
                try await failure { try await connection.prepareTransaction(id) { _ in } },
                try await failure { try await connection.commitPrepared(id) },
                try await failure { try await connection.rollbackPrepared(id) },
            ] {
                #expect(error.code == .invalidUse)
            }
        }
        await connection.check()
        try await server.finished()
    }

    @Test("PREPARE answered by ROLLBACK, refused, or never answered") func failures() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerQuery("BEGIN", tag: "BEGIN", status: "T")
            try s.answerQuery("PREPARE TRANSACTION 'a'", tag: "ROLLBACK")
            try s.answerQuery("BEGIN", tag: "BEGIN", status: "T")
            try s.expect(.query("PREPARE TRANSACTION 'a'"))
            // Still in the transaction.
            try s.send(.error(.objectNotInPrerequisiteState, "prepared transactions are disabled"), .readyForQuery("E"))
            try s.answerQuery("ROLLBACK", tag: "ROLLBACK")
            try s.answerQuery("BEGIN", tag: "BEGIN", status: "T")
            try s.expect(.query("PREPARE TRANSACTION 'a'"))
            s.cut()
        }
        let connection = try await PostgresConnection.connect(to: server)
        for code in [PostgresError.Code.rolledBack, .server, .outcomeUnknown] {
            let error = try await failure { try await connection.prepareTransaction("a") { _ in } }
            #expect(error.code == code)
        }
        #expect(!connection.isOpen)
        try await server.finished()
    }

    @Test("a lost answer to COMMIT PREPARED leaves the outcome unknown; a refusal does not") func secondPhase()
        async throws
    {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.expect(.query("COMMIT PREPARED 'a'"))
            try s.send(.error(SQLState(rawValue: "42704"), "there is none"), .readyForQuery())
            try s.expect(.query("COMMIT PREPARED 'a'"))
            s.cut()
        }
        let connection = try await PostgresConnection.connect(to: server)
        let refused = try await failure { try await connection.commitPrepared("a") }
        #expect(refused.code == .server)
        let lost = try await failure { try await connection.commitPrepared("a") }
        #expect(lost.code == .outcomeUnknown)
        // Nothing was sent any more.
        let closed = try await failure { try await connection.commitPrepared("a") }
        #expect(closed.code == .connectionClosed)
        try await server.finished()
    }
}
