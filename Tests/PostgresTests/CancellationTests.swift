import PostgresTestKit
import Testing

@testable import Postgres

@Suite(.timeLimit(.minutes(3))) struct CancellationTests {
    /// Starts a statement, waits until the server has it, and cancels its task.
    private func cancelled(
        _ connection: PostgresConnection, _ server: ScriptedServer, execution: Int = 1
    ) async throws -> PostgresError {
        let task = Task { try await connection.execute("SELECT pg_sleep(100)") }
        try await server.received("E", count: execution)
        task.cancel()
        return try await promptly { try await failure { try await task.value } }
    }

    @Test("a cancelled statement is stopped by its key, and the connection goes on") func stopsTheServer() async throws
    {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerPrepare()
            try s.expect("B", "E", "S")
            let (processID, key) = try s.acceptCancelRequest()
            guard processID == 4711, key == [1, 2, 3, 4] else { return }
            try s.send(.error(.queryCanceled, "canceling statement due to user request"), .readyForQuery())
            try s.answerCheck()
        }
        let connection = try await PostgresConnection.connect(to: server)
        let error = try await cancelled(connection, server)
        #expect(error.code == .cancelled)
        await connection.check()
        try await server.finished()
    }

    @Test("trap 41: a cancel that came too late meets an empty statement, not the next one") func fencesLateCancels()
        async throws
    {
        let server = try ScriptedServer { s in
            try s.answerBeforeTheCancel()
            try s.send(.error(.queryCanceled, "canceling statement due to user request"), .readyForQuery())
            try s.answerCheck()
        }
        let connection = try await PostgresConnection.connect(to: server)
        let task = Task { try await connection.execute("SELECT pg_sleep(100)") }
        try await server.received("E")
        task.cancel()
        _ = await task.result
        await connection.check()
        try await server.finished()
    }

    @Test("trap 41: what is asked meanwhile waits until the cancel is through") func holdsTheNextStatement()
        async throws
    {
        let mayEnd = Signal()
        let server = try ScriptedServer { s in
            let main = try s.accept()
            try main.expect("0")
            try main.send(.authenticationOk, .backendKeyData(processID: 1), .readyForQuery())
            try s.answerPrepare()
            try s.expect("B", "E", "S")
            // The cancel is on its way, the statement ends.
            let canceller = try s.accept()
            try canceller.readStartup()
            try main.send(.error(.queryCanceled, "canceling"), .readyForQuery())
            while !mayEnd.isSet { s.delay(.milliseconds(1)) }
            canceller.close()
            // Only now may the next one come.
            try main.expect("P", "D", "S")
            try main.send(.parseComplete, .parameterDescription([]), .noData, .readyForQuery())
            try main.expect("B", "E", "S")
            try main.send(.bindComplete, .commandComplete("B"), .readyForQuery())
        }
        let connection = try await PostgresConnection.connect(to: server)
        let error = try await cancelled(connection, server)
        #expect(error.code == .cancelled)
        async let next = connection.execute("B")
        try await Task.sleep(for: .milliseconds(50))
        #expect(server.received.count { $0.kind == "P" } == 1)
        mayEnd.set()
        #expect(try await next.tag == "B")
        try await server.finished()
    }

    @Test("trap 37: the end behind the row that was wanted is waited for, and not cancelled") func waitsForTheEnd()
        async throws
    {
        let isDropped = Signal()
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerPrepare(columns: [.int4("n")])
            try s.expect("B", "E", "S")
            // As a pooler does that sends one message at a time.
            try s.send(.bindComplete, .row(1))
            while !isDropped.isSet { s.delay(.milliseconds(1)) }
            try s.send(.commandComplete("SELECT 1"), .readyForQuery())
            try s.answerCheck()
        }
        let connection = try await PostgresConnection.connect(to: server)
        connection.session.change { state, _ in state.patience = .seconds(60) }
        #expect(try await connection.query("SELECT n FROM t", as: Int32.self).first() == 1)
        let next = Task { await connection.check() }
        try await Task.sleep(for: .milliseconds(50))
        #expect(server.received.count { $0.kind == "P" } == 1)
        isDropped.set()
        await promptly { await next.value }
        try await server.finished()
    }

    @Test("trap 37: rows that go on are cancelled, though somebody waits behind them") func endsPatience() async throws
    {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerPrepare(columns: [.int4("n")])
            try s.expect("B", "E", "S")
            try s.send(.bindComplete, .row(1))
            _ = try s.acceptCancelRequest()
            try s.send(.error(.queryCanceled, "canceling statement due to user request"), .readyForQuery())
            try s.answerCheck()
        }
        let connection = try await PostgresConnection.connect(to: server)
        connection.session.change { state, _ in state.patience = .milliseconds(50) }
        #expect(try await connection.query("SELECT n FROM t", as: Int32.self).first() == 1)
        await promptly { await connection.check() }
        try await server.finished()
    }

    @Test("trap 12: without a key nothing can be stopped, but nobody waits") func noCancelKey() async throws {
        let isFree = Signal()
        let isAnswered = Signal()
        let server = try ScriptedServer { s in
            try s.acceptStartup()
            try s.send(.authenticationOk, .readyForQuery())
            try s.answerPrepare()
            try s.expect("B", "E", "S")
            for _ in 0..<1000 where !isFree.isSet { s.delay(.milliseconds(10)) }
            isAnswered.set()
            try s.send(.bindComplete, .commandComplete("SELECT 1"), .readyForQuery())
            try s.answerCheck()
        }
        let connection = try await PostgresConnection.connect(to: server)
        #expect(connection.serverProcessID == nil)
        let error = try await cancelled(connection, server)
        #expect(error.code == .cancelled)
        #expect(error.advice?.contains("BackendKeyData") == true)
        #expect(!isAnswered.isSet)
        isFree.set()
        // The answer that is still to come is passed over.
        await connection.check()
        try await server.finished()
    }

    @Test("trap 12: without a key a deadline ends the connection, and the error says why") func noCancelKeyDeadline()
        async throws
    {
        let server = try ScriptedServer { s in
            try s.acceptStartup()
            try s.send(.authenticationOk, .readyForQuery())
            try s.answerPrepare()
            try s.expect("B", "E", "S")
            try s.expectEnd()
        }
        let connection = try await PostgresConnection.connect(to: server)
        let error = try await promptly {
            try await failure { try await connection.execute("SELECT pg_sleep(60)", timeout: .seconds(6)) }
        }
        #expect(error.code == .timeout)
        #expect(error.advice?.contains("BackendKeyData") == true)
        #expect(!connection.isOpen)
        try await server.finished()
        #expect(!server.received.contains { $0.kind == "7" })
    }

    @Test("trap 45: a server that does not hear the cancel is left", arguments: [true, false])
    func givesUpAfterTheCancelTimeout(closesCancelConnection: Bool) async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerPrepare()
            try s.expect("B", "E", "S")
            if closesCancelConnection { _ = try s.acceptCancelRequest() }
            try s.expectEnd()
        }
        var configuration = PostgresConfiguration(server)
        configuration.cancelTimeout = .seconds(2)
        let connection = try await PostgresConnection.connect(configuration)
        let error = try await cancelled(connection, server)
        #expect(error.code == .cancelled)
        #expect(!connection.isOpen)
        try await server.finished()
    }

    @Test("trap 41: a cancel that came before the server had read the statement is repeated") func repeatsTheCancel()
        async throws
    {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerPrepare()
            try s.expect("B", "E", "S")
            // Idle still, the backend forgets the first one.
            _ = try s.acceptCancelRequest()
            _ = try s.acceptCancelRequest()
            try s.send(.error(.queryCanceled, "canceling"), .readyForQuery())
            // Another one may be on its way: an empty statement goes first.
            try s.expect(.query(""))
            try s.send(.emptyQueryResponse, .readyForQuery())
            try s.answerCheck()
        }
        let connection = try await PostgresConnection.connect(to: server)
        let error = try await cancelled(connection, server)
        #expect(error.code == .cancelled)
        #expect(connection.isOpen)
        await connection.check()
        try await server.finished()
    }

    @Test("a deadline stops the server, too") func queryTimeout() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerPrepare()
            try s.expect("B", "E", "S")
            _ = try s.acceptCancelRequest()
            try s.send(.error(.queryCanceled, "canceling"), .readyForQuery())
            try s.answerCheck()
        }
        let connection = try await PostgresConnection.connect(to: server)
        let error = try await promptly {
            try await failure { try await connection.execute("SELECT pg_sleep(100)", timeout: .seconds(1)) }
        }
        #expect(error.code == .timeout)
        #expect(error.sql == "SELECT pg_sleep(100)")
        await connection.check()
        try await server.finished()
    }

    @Test("the deadline counts while a statement is parsed, too") func timeoutWhileParsing() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.expect("P", "D", "S")
            _ = try s.acceptCancelRequest()
            try s.send(.error(.queryCanceled, "canceling"), .readyForQuery())
            try s.answerCheck()
        }
        let connection = try await PostgresConnection.connect(to: server)
        let error = try await promptly {
            try await failure { try await connection.execute("SELECT * FROM locked", timeout: .seconds(1)) }
        }
        #expect(error.code == .timeout)
        await connection.check()
        try await server.finished()
    }

    @Test("one of many that is cancelled does not wait, and harms none of the others") func cancelsOneOfMany()
        async throws
    {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerPrepare(parameters: [23], columns: [.int4("n")])
            try s.answerExecute([.row(0)])
            for _ in 0..<3 { try s.expect("B", "E", "S") }
            s.delay(.seconds(3))
            for value in 1...3 as ClosedRange<Int32> {
                try s.send(.bindComplete, .row(value), .commandComplete("SELECT 1"), .readyForQuery())
            }
            try s.answerCheck()
            try s.expectEnd()
        }
        let connection = try await PostgresConnection.connect(to: server)
        try await connection.execute("SELECT \(Int32(0))")
        var tasks: [Task<[Int32], any Error>] = []
        for value in 1...3 as ClosedRange<Int32> {
            tasks.append(Task { try await connection.query("SELECT \(value)", as: Int32.self).collect() })
            try await server.received("E", count: Int(value) + 1)
        }
        tasks[1].cancel()
        let error = try await promptly(.milliseconds(2500)) { try await failure { try await tasks[1].value } }
        #expect(error.code == .cancelled)
        #expect(try await tasks[0].value == [1])
        #expect(try await tasks[2].value == [3])
        await connection.check()
        await connection.close()
        try await server.finished()
    }

    @Test("a task that was cancelled before sends nothing") func cancelledBefore() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerCheck()
        }
        let connection = try await PostgresConnection.connect(to: server)
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return try await connection.execute("SELECT 1")
        }
        task.cancel()
        let error = try await failure { try await task.value }
        #expect(error.code == .cancelled)
        #expect(error.safeToRetry)
        await connection.check()
        try await server.finished()
    }

    @Test("a reader of what was passed over is told at once, also while its cancel is on the way")
    func passedOverAndCancelled() async throws {
        let isGivenUp = Signal()
        let cancelHasCome = Signal()
        let server = try ScriptedServer { s in
            try s.acceptSession()
            for _ in 0..<2 {
                try s.answerPrepare(columns: [.int4("n")])
                try s.answerExecute([.row(1)])
            }
            try s.expect("B", "E", "S", "B", "E", "S")
            while !isGivenUp.isSet { s.delay(.milliseconds(1)) }
            try s.send(.bindComplete, .row(1), .commandComplete("SELECT 1"), .readyForQuery())
            // Now it is alone, and a cancel can be aimed at it.
            _ = try s.acceptCancelRequest()
            cancelHasCome.set()
            s.delay(.milliseconds(100))
            try s.send(.error(.queryCanceled, "stopped"), .readyForQuery())
            try s.answerCheck()
        }
        let connection = try await PostgresConnection.connect(to: server)
        for sql in ["A", "B"] { try await connection.execute(PostgresQuery(raw: sql)) }
        let first = Task { try await connection.query("A", as: Int32.self).collect() }
        try await server.received("E", count: 3)
        // On the connection's thread: waiting for what is over already would keep it for ever.
        let second = Task(executorPreference: connection.session.loop) {
            let rows = try await connection.query("B", timeout: .milliseconds(20))
            isGivenUp.set()
            await cancelHasCome.wait()
            return try await failure { try await rows.collect() }
        }
        #expect(try await second.value.code == .timeout)
        #expect(try await first.value == [1])
        await connection.check()
        try await server.finished()
    }

    @Test("rows that are dropped early have the server stop") func droppedRows() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerPrepare(columns: [.int4("n")])
            try s.expect("B", "E", "S")
            try s.send(.bindComplete, .row(1), .row(2))
            _ = try s.acceptCancelRequest()
            try s.send(.row(3), .error(.queryCanceled, "canceling"), .readyForQuery())
            try s.answerCheck()
        }
        let connection = try await PostgresConnection.connect(to: server)
        for try await value in try await connection.query("SELECT n", as: Int32.self) {
            #expect(value == 1)
            break
        }
        await connection.check()
        try await server.finished()
    }
}
