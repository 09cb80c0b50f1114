import PostgresLocks
import PostgresTestKit
import Testing

@testable import Postgres

/// What becomes of a pool's connection when queries on it are given up.
@Suite(.timeLimit(.minutes(3))) struct GivenUpQueryTests {
    private func pool(
        _ server: ScriptedServer, sharing: Int, queryTimeout: Duration? = nil, cancelTimeout: Duration = .seconds(5)
    ) throws -> PostgresPool {
        var configuration = PostgresConfiguration(server)
        configuration.queryTimeout = queryTimeout
        configuration.cancelTimeout = cancelTimeout
        return try PostgresPool(
            configuration,
            options: PostgresPoolOptions(
                maximumConnections: 1, queriesPerConnection: sharing, acquireTimeout: .seconds(60)))
    }

    private static func ask(_ pool: PostgresPool) async throws -> [Int32] {
        try await pool.query("SELECT 42", as: Int32.self).collect()
    }

    /// Waits until nobody has the pool's connection.
    private func comesBack(to pool: PostgresPool) async throws {
        try await wait(until: { pool.statistics.leased == 0 }, otherwise: "the connection is still leased")
    }

    @Test("a shared connection whose server has fallen silent is replaced once all have given up")
    func silentServer() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerCheck()
            for _ in 0..<2 { try s.expect("B", "E", "S") }
            // Of two under way each is to be stopped.
            for _ in 0..<2 { _ = try s.acceptCancelRequest() }
            try s.acceptSession()
            try s.answerCheck()
            try s.expectEnd()
        }
        let pool = try pool(server, sharing: 3, queryTimeout: .seconds(2))
        #expect(try await Self.ask(pool) == [42])
        let tasks = (0..<2).map { _ in Task { try await Self.ask(pool) } }
        for task in tasks { #expect(try await failure { try await task.value }.code == .timeout) }
        try await comesBack(to: pool)
        let errors = pool.core.state.withLock { $0.errors.map(\.error.code) }
        #expect(errors == [.timeout])
        // Not before both have come: the script cannot tell which of two connections is first.
        try await server.received("7", count: 2)
        #expect(try await Self.ask(pool) == [42])
        #expect(pool.statistics.connects == 2)
        await pool.close()
        try await server.finished()
    }

    @Test("so is one whose statements were not parsed before: one is parsed and silent, the next not even that")
    func silentWhileParsing() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerPrepare(columns: [.int4("check")])
            try s.expect("B", "E", "S")
            try s.expect("P", "D", "S")
            for _ in 0..<2 { _ = try s.acceptCancelRequest() }
            try s.acceptSession()
            try s.answerCheck()
            try s.expectEnd()
        }
        let pool = try pool(server, sharing: 2, queryTimeout: .seconds(2))
        try await pool.warmUp()
        let first = Task { try await Self.ask(pool) }
        try await server.received("E")
        let second = Task { try await pool.execute("SELECT 43") }
        for error in [try await failure { try await first.value }, try await failure { try await second.value }] {
            #expect(error.code == .timeout)
        }
        try await comesBack(to: pool)
        try await server.received("7", count: 2)
        #expect(try await Self.ask(pool) == [42])
        await pool.close()
        try await server.finished()
    }

    @Test("a connection whose server has fallen silent, and cannot be told to stop, is replaced")
    func silentServerWithoutKey() async throws {
        let server = try ScriptedServer { s in
            try s.accept().expect("0")
            try s.send(.authenticationOk, .readyForQuery())
            try s.answerCheck()
            try s.expect("B", "E", "S")
            try s.acceptSession()
            try s.answerCheck()
            try s.expectEnd()
        }
        let pool = try pool(server, sharing: 1, cancelTimeout: .milliseconds(300))
        #expect(try await Self.ask(pool) == [42])
        let task = Task { try await Self.ask(pool) }
        try await server.received("E", count: 2)
        task.cancel()
        #expect(try await promptly { try await failure { try await task.value } }.code == .cancelled)
        try await comesBack(to: pool)
        #expect(try await Self.ask(pool) == [42])
        await pool.close()
        try await server.finished()
    }

    @Test("nobody joins a connection on which a statement runs that was given up: it could only be waited for")
    func nobodyJoins() async throws {
        let mayEnd = Signal()
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerCheck()
            for _ in 0..<2 { try s.expect("B", "E", "S") }
            while !mayEnd.isSet { s.delay(.milliseconds(1)) }
            for _ in 0..<2 { try s.send(.bindComplete, .row(42), .commandComplete("SELECT 1"), .readyForQuery()) }
            try s.answerExecute([.row(42)])
            try s.expectEnd()
        }
        let pool = try pool(server, sharing: 3)
        #expect(try await Self.ask(pool) == [42])
        let first = Task { try await Self.ask(pool) }
        try await server.received("E", count: 2)
        let second = Task { try await Self.ask(pool) }
        try await server.received("E", count: 3)
        first.cancel()
        #expect(try await promptly { try await failure { try await first.value } }.code == .cancelled)
        let third = Task { try await Self.ask(pool) }
        try await wait(until: { pool.statistics.waiting > 0 }, otherwise: "it has joined")
        mayEnd.set()
        #expect(try await second.value == [42])
        #expect(try await third.value == [42])
        #expect(pool.statistics.connects == 1)
        await pool.close()
        try await server.finished()
    }
}
