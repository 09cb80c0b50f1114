import PostgresTestKit
import Testing

@testable import Postgres

/// What the server works at when a connection ends before it.
@Suite(.timeLimit(.minutes(3))) struct LeftBehindTests {
    /// Takes a CancelRequest while nothing may have been said on `main`, and then the last words there.
    private static func expectStop(_ s: ScriptedSession, _ main: ScriptedConnection) throws {
        let canceller = try s.accept()
        guard case .cancelRequest = try canceller.readStartup() else { throw Early(what: "no CancelRequest") }
        // A pooler knows whom the key means only as long as its client is there.
        guard main.isQuiet else { throw Early(what: "the end came before the cancel was through") }
        canceller.close()
        // Without the first, a pooler gives what the server still sends to the next client.
        try main.expect("S", "X")
        try main.expectEnd()
    }

    private struct Early: Error { var what: String }

    @Test("traps 33 and 41: a closed connection has the server stop, and hangs up then", arguments: [true, false])
    func closed(isAborted: Bool) async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            let main = try s.newest()
            try s.answerPrepare()
            try s.expect("B", "E", "S")
            try Self.expectStop(s, main)
        }
        let connection = try await PostgresConnection.connect(to: server)
        let task = Task { try await connection.execute("SELECT pg_sleep(100)") }
        try await server.received("E")
        if isAborted {
            connection.session.abort(PostgresError(.poolClosed, "the pool was closed"))
        } else {
            await connection.close()
        }
        let error = try await promptly { try await failure { try await task.value } }
        #expect(error.code == (isAborted ? .poolClosed : .connectionClosed))
        try await server.finished()
    }

    @Test("traps 33 and 41: a late batch of independent statements has the server stop, and hangs up then")
    func lateBatch() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            let main = try s.newest()
            try s.answerPrepare()
            for _ in 0..<3 { try s.expect("B", "E", "S") }
            // A pooler takes the server for idle now.
            try s.send(.bindComplete, .commandComplete("SELECT 1"), .readyForQuery())
            try Self.expectStop(s, main)
            // It may have begun with the next one.
            _ = try s.acceptCancelRequest()
        }
        let connection = try await PostgresConnection.connect(to: server)
        let queries = Array(repeating: PostgresQuery("SELECT pg_sleep(100)"), count: 3)
        let results = try await promptly {
            try await connection.batchResults(queries, isolation: .each, timeout: .seconds(2))
        }
        let codes = results.map { result -> PostgresError.Code? in
            if case .failure(let error) = result { error.code } else { nil }
        }
        #expect(codes == [nil, .timeout, .timeout])
        #expect(!connection.isOpen)
        try await server.finished()
    }

    @Test("traps 33 and 37: rows that were dropped just before are stopped too") func droppedRows() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            let main = try s.newest()
            try s.answerPrepare(columns: [.int4("n")])
            try s.expect("B", "E", "S")
            try s.send(.bindComplete, .row(1))
            try Self.expectStop(s, main)
        }
        let connection = try await PostgresConnection.connect(to: server)
        connection.session.change { state, _ in state.patience = .seconds(60) }
        #expect(try await connection.query("SELECT n FROM t", as: Int32.self).first() == 1)
        await connection.close()
        try await server.finished()
    }

    @Test("trap 45: a cancel that nobody takes does not keep the socket") func nobodyListens() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerPrepare()
            try s.expect("B", "E", "S")
            try s.expectEnd()
        }
        var configuration = PostgresConfiguration(server)
        configuration.cancelTimeout = .seconds(1)
        let connection = try await PostgresConnection.connect(configuration)
        let task = Task { try await connection.execute("SELECT pg_sleep(100)") }
        try await server.received("E")
        await connection.close()
        try await promptly { _ = try await failure { try await task.value } }
        try await server.finished()
    }

    @Test("a connection without a statement says goodbye and no more") func idle() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerCheck()
            try s.expect("X")
            try s.expectEnd()
        }
        let connection = try await PostgresConnection.connect(to: server)
        await connection.check()
        await connection.close()
        try await server.finished()
    }
}
