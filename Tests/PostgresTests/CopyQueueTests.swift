import PostgresTestKit
import PostgresWire
import Testing

@testable import Postgres

/// A COPY beside other statements of its connection: it has the connection to itself.
@Suite(.timeLimit(.minutes(3))) struct CopyQueueTests {
    /// Waits until the connection holds so many requests back.
    private func holds(_ count: Int, _ connection: PostgresConnection) async throws {
        try await wait(
            until: { connection.session.change { state, _ in state.held.count } == count },
            otherwise: "not \(count) requests are held back")
    }

    /// How many rows, or lines, went one way or the other.
    private static func copy(_ direction: Direction, _ connection: PostgresConnection) async throws -> Int {
        switch direction {
        case .into:
            return try await connection.copy(into: "t", format: .text) { try await $0.write("1\n") }
        case .outOf:
            var count = 0
            for try await _ in try await connection.copy(from: .table("t"), format: .text) { count += 1 }
            return count
        }
    }

    enum Direction: CaseIterable { case into, outOf }

    @Test("nothing else goes out while a COPY takes data", arguments: ["execute", "script", "prepared", "copy"])
    func keepsOthersOut(how: String) async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerPrepare(columns: [])
            try s.answerExecute()
            try s.answerPrepare(columns: [.int4("n")])
            try s.expect("Q")
            try s.send(.copyInResponse(.binary, columns: 1))
            let messages = try s.read(until: "c")
            guard messages.allSatisfy({ $0.kind == "d" || $0.kind == "c" }) else { return s.cut() }
            try s.send(.commandComplete("COPY 1"), .readyForQuery())
            try s.answerCheck()
        }
        let connection = try await PostgresConnection.connect(to: server)
        try await connection.execute("KNOWN")
        let taken = try await connection.copy(into: "t") { copy in
            try await copy.write(Int32(1))
            let error = try await promptly {
                try await failure {
                    switch how {
                    case "execute": try await connection.execute("KNOWN")
                    case "script": try await connection.execute(script: "SELECT 1")
                    case "prepared": try await connection.execute("UNKNOWN")
                    default: try await connection.copy(into: "u", format: .text) { _ in }
                    }
                }
            }
            #expect(error.code == .invalidUse)
            #expect(error.safeToRetry)
            #expect(error.advice != nil)
        }
        #expect(taken == 1)
        await connection.check()
        try await server.finished()
    }

    /// PgBouncer before 1.23 gives the answers to what comes behind a COPY to nobody.
    @Test("what is asked behind a COPY goes out when that is over", arguments: Direction.allCases)
    func othersWait(direction: Direction) async throws {
        let (isUnderWay, mayEnd) = (Signal(), Signal())
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.expect("Q")
            if direction == .into {
                try s.send(.copyInResponse(.text, columns: 1))
                try s.read(until: "c")
            } else {
                try s.send(.copyOutResponse(.text, columns: 1), .copyData(Array("1\n".utf8)))
            }
            isUnderWay.set()
            while !mayEnd.isSet { s.delay(.milliseconds(1)) }
            if direction == .outOf { try s.send(.copyDone) }
            try s.send(.commandComplete("COPY 1"), .readyForQuery())
            try s.expect(.query("SELECT first()"))
            try s.expect(.query("SELECT second()"))
            for _ in 0..<2 { try s.send(.commandComplete("SELECT 0"), .readyForQuery()) }
            try s.answerCheck()
        }
        let connection = try await PostgresConnection.connect(to: server)
        let copy = Task { try await Self.copy(direction, connection) }
        await isUnderWay.wait()
        let first = Task { try await connection.execute(script: "SELECT first()") }
        try await holds(1, connection)
        let second = Task { try await connection.execute(script: "SELECT second()") }
        try await holds(2, connection)
        mayEnd.set()
        try await promptly {
            #expect(try await copy.value == 1)
            _ = try await first.value
            _ = try await second.value
        }
        await connection.check()
        try await server.finished()
    }

    /// A connection whose server has the script `SELECT slowly()` and answers it once `mayEnd` is set; then `rest` happens.
    private func slow(
        _ mayEnd: Signal, _ rest: @escaping @Sendable (ScriptedSession) throws -> Void
    ) async throws -> (ScriptedServer, PostgresConnection, Task<Void, any Error>) {
        let hasIt = Signal()
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.expect(.query("SELECT slowly()"))
            hasIt.set()
            while !mayEnd.isSet { s.delay(.milliseconds(1)) }
            try s.send(.commandComplete("SELECT 0"), .readyForQuery())
            try rest(s)
            try s.answerCheck()
        }
        let connection = try await PostgresConnection.connect(to: server)
        let task = Task { _ = try await connection.execute(script: "SELECT slowly()") }
        await hasIt.wait()
        return (server, connection, task)
    }

    @Test("a COPY goes out when all before it is answered") func waitsForOthers() async throws {
        let mayEnd = Signal()
        let (server, connection, before) = try await slow(mayEnd) { s in
            try s.expect("Q")
            try s.send(.copyOutResponse(.text, columns: 1), .copyData(Array("1\n".utf8)), .copyDone)
            try s.send(.commandComplete("COPY 1"), .readyForQuery())
            try s.answerQuery("SELECT after()", tag: "SELECT 0")
        }
        let copy = Task { try await Self.copy(.outOf, connection) }
        try await holds(1, connection)
        let after = Task { try await connection.execute(script: "SELECT after()") }
        try await holds(2, connection)
        mayEnd.set()
        try await promptly {
            try await before.value
            #expect(try await copy.value == 1)
            _ = try await after.value
        }
        await connection.check()
        try await server.finished()
    }

    @Test("a COPY that is given up behind another task's statement is never sent", arguments: Direction.allCases)
    func cancelledBehindAnotherStatement(direction: Direction) async throws {
        let mayEnd = Signal()
        let (server, connection, before) = try await slow(mayEnd) { s in
            try s.answerQuery("SELECT next()", tag: "SELECT 0")
        }
        let copy = Task { try await Self.copy(direction, connection) }
        try await holds(1, connection)
        copy.cancel()
        let error = try await promptly { try await failure { try await copy.value } }
        #expect(error.code == .cancelled)
        #expect(error.safeToRetry)
        let next = Task { try await connection.execute(script: "SELECT next()") }
        try await Task.sleep(for: .milliseconds(50))
        mayEnd.set()
        try await promptly {
            try await before.value
            _ = try await next.value
        }
        await connection.check()
        try await server.finished()
    }

    @Test("a COPY whose deadline passes behind another task's statement is never sent")
    func lateBehindAnotherStatement() async throws {
        let mayEnd = Signal()
        let (server, connection, before) = try await slow(mayEnd) { _ in }
        let sql = "COPY t TO STDOUT"
        let copy = Request(.copyOut(CopyOutExchange()), sql: sql)
        await promptly {
            await connection.session.run(copy, until: .copyBegan, timeout: .milliseconds(50)) {
                (state) throws(PostgresError) in
                PostgresWire.FrontendMessage.query(sql, to: &state.outbound)
            }
        }
        let error = try #require(connection.session.change { _, _ in copy.failure })
        #expect(error.code == .timeout && error.safeToRetry)
        #expect(!error.message.contains("told to stop"))
        mayEnd.set()
        try await before.value
        await connection.check()
        try await server.finished()
    }

    @Test("what stands behind a COPY that is given up goes out at once") func letsOthersPass() async throws {
        let mayEnd = Signal()
        let (server, connection, before) = try await slow(mayEnd) { s in
            try s.answerQuery("SELECT next()", tag: "SELECT 0")
        }
        let copy = Task { try await Self.copy(.outOf, connection) }
        try await holds(1, connection)
        let next = Task { try await connection.execute(script: "SELECT next()") }
        try await holds(2, connection)
        copy.cancel()
        try await holds(0, connection)
        mayEnd.set()
        try await promptly {
            try await before.value
            _ = try await next.value
            #expect(try await failure { try await copy.value }.code == .cancelled)
        }
        await connection.check()
        try await server.finished()
    }

    @Test("a COPY that is given up while the cancel before it is not yet through is never sent")
    func cancelledBehindAFence() async throws {
        let mayEnd = Signal()
        let server = try ScriptedServer { s in
            try s.answerBeforeTheCancel()
            while !mayEnd.isSet { s.delay(.milliseconds(1)) }
            try s.send(.emptyQueryResponse, .readyForQuery())
            try s.answerCheck()
        }
        let connection = try await PostgresConnection.connect(to: server)
        let first = Task { try await connection.execute("SELECT pg_sleep(100)") }
        try await server.received("E")
        first.cancel()
        _ = await first.result
        try await server.received("Q")
        let copy = Task { try await Self.copy(.into, connection) }
        try await holds(1, connection)
        copy.cancel()
        let error = try await promptly { try await failure { try await copy.value } }
        #expect(error.code == .cancelled)
        mayEnd.set()
        await connection.check()
        try await server.finished()
    }

    /// A task that waits in place and suspends after all, having been cancelled in between.
    @Test("a COPY that was cancelled before its task suspends is waited for to its end")
    func cancelledBeforeItSuspends() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.expect("Q")
            s.delay(.milliseconds(200))
            _ = try s.acceptCancelRequest()
            try s.send(.error(.queryCanceled, "canceling statement due to user request"), .readyForQuery())
            try s.answerCheck()
        }
        let connection = try await PostgresConnection.connect(to: server)
        let session = connection.session
        let sql = "COPY t FROM STDIN"
        let copy = Request(.copyIn(CopyInExchange()), sql: sql)
        session.enqueue(copy, waiter: nil, until: .copyBegan, timeout: nil) { (state) throws(PostgresError) in
            PostgresWire.FrontendMessage.query(sql, to: &state.outbound)
        }
        session.abandon(copy, Session.cancelled)
        await promptly { await session.wait(for: copy, until: .copyBegan) }
        #expect(session.change { state, _ in copy.phase == .finished && state.copying == nil })
        await connection.check()
        try await server.finished()
    }

    @Test("a COPY whose rows are not wanted any more is stopped, though others wait behind it")
    func stoppedBeforeOthers() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.expect("Q")
            try s.send(.copyOutResponse(.text, columns: 1), .copyData(Array("1\n".utf8)))
            _ = try s.acceptCancelRequest()
            try s.send(.error(.queryCanceled, "canceling statement due to user request"), .readyForQuery())
            try s.answerQuery("SELECT next()", tag: "SELECT 0")
            try s.answerCheck()
        }
        let connection = try await PostgresConnection.connect(to: server)
        let next = try await promptly {
            let pieces = try await connection.copy(from: .table("t"), format: .text)
            let next = Task { try await connection.execute(script: "SELECT next()") }
            for try await piece in pieces {
                #expect(piece == Array("1\n".utf8))
                try await holds(1, connection)
                break
            }
            return next
        }
        _ = try await promptly { try await next.value }
        await connection.check()
        try await server.finished()
    }

    @Test("trap 12: without a key a COPY is given up when the server asks for its data") func noCancelKey() async throws
    {
        let isGivenUp = Signal()
        let server = try ScriptedServer { s in
            try s.acceptStartup()
            try s.send(.authenticationOk, .readyForQuery())
            try s.expect("Q")
            while !isGivenUp.isSet { s.delay(.milliseconds(1)) }
            try s.send(.copyInResponse(.text, columns: 1))
            try s.expect("f")
            try s.send(.error(.queryCanceled, "COPY from stdin failed"), .readyForQuery())
            try s.answerCheck()
        }
        let connection = try await PostgresConnection.connect(to: server)
        let copy = Task { try await Self.copy(.into, connection) }
        try await server.received("Q")
        copy.cancel()
        let error = try await promptly { try await failure { try await copy.value } }
        #expect(error.code == .cancelled)
        let check = Task { await connection.check() }
        try await holds(1, connection)
        isGivenUp.set()
        await check.value
        try await server.finished()
    }

    /// PgBouncer takes whatever comes behind the error for the beginning of something new, and a server for it.
    @Test("data that the server has refused needs no end") func refusedData() async throws {
        let (isRefused, mayEnd) = (Signal(), Signal())
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.expect("Q")
            try s.send(.copyInResponse(.text, columns: 1))
            try s.expect("d")
            try s.send(.error(.invalidTextRepresentation, "invalid input syntax"))
            isRefused.set()
            while !mayEnd.isSet { s.delay(.milliseconds(1)) }
            try s.send(.readyForQuery())
            try s.answerCheck()
        }
        let connection = try await PostgresConnection.connect(to: server)
        let copy = Task {
            try await connection.copy(into: "t", format: .text) { copy in
                try await copy.write("x\n")
                try await copy.flush()
                await isRefused.wait()
                while true { try await copy.flush() }
            }
        }
        await isRefused.wait()
        try await Task.sleep(for: .milliseconds(100))
        mayEnd.set()
        let error = try await promptly { try await failure { try await copy.value } }
        #expect(error.sqlState == .invalidTextRepresentation)
        await connection.check()
        try await server.finished()
    }
}
