import PostgresTestKit
import Testing

@testable import Postgres

@Suite(.timeLimit(.minutes(3))) struct PipelineTests {
    private static let find = PostgresStatement("SELECT $1")

    private static func queries(_ count: Int32) -> [PostgresQuery] { (1...count).map { find($0) } }

    /// A server that has parsed the statement, been asked `count` times at once, and goes on with `script`.
    private static func server(
        _ count: Int, _ script: @escaping @Sendable (ScriptedSession) throws -> Void
    ) throws -> ScriptedServer {
        try ScriptedServer { s in
            try s.acceptSession()
            try s.answerPrepare(parameters: [23], columns: [.int4("n")])
            for _ in 0..<count { try s.expect("B", "E") }
            try s.expect("S")
            try script(s)
        }
    }

    private static func answer(_ value: Int32) -> [BackendMessage] {
        [.bindComplete, .row(value), .commandComplete("SELECT 1")]
    }

    @Test("an answer is handed over before the next one is there") func answersComeOneByOne() async throws {
        let hasRead = [Signal(), Signal(), Signal()]
        let server = try Self.server(3) { s in
            for value in 1...3 as ClosedRange<Int32> {
                try s.send(Self.answer(value))
                while !hasRead[Int(value) - 1].isSet { s.delay(.milliseconds(1)) }
            }
            try s.send(.readyForQuery())
            try s.answerCheck()
        }
        let connection = try await PostgresConnection.connect(to: server)
        var read: [Int32] = []
        for try await rows in try await connection.pipeline(Self.queries(3)) {
            #expect(rows.commandResult?.rowCount == 1)
            read += try await rows.decode(as: Int32.self).collect()
            hasRead[read.count - 1].set()
        }
        #expect(read == [1, 2, 3])
        await connection.check()
        try await server.finished()
    }

    @Test("an answer in many pieces is handed over whole") func largeAnswer() async throws {
        let server = try Self.server(2) { s in
            // More than a reader has waiting for it otherwise: half an answer is no reason to stop reading.
            let rows = (0..<100_000).map { BackendMessage.row($0) }
            try s.send([.bindComplete] + rows + [.commandComplete("SELECT 100000")] + Self.answer(2))
            try s.send(.readyForQuery())
        }
        let connection = try await PostgresConnection.connect(to: server)
        var counts: [Int] = []
        for try await rows in try await connection.pipeline(Self.queries(2)) {
            counts.append(try await rows.decode(as: Int32.self).collect().count)
        }
        #expect(counts == [100_000, 1])
        try await server.finished()
    }

    @Test("no more is read from the server while much waits") func slowReader() async throws {
        let count = 40
        let server = try Self.server(count) { s in
            let rows = (0..<10_000).map { BackendMessage.row($0) }
            for _ in 0..<count { try s.send([.bindComplete] + rows + [.commandComplete("SELECT 10000")]) }
            try s.send(.readyForQuery())
        }
        let connection = try await PostgresConnection.connect(to: server)
        var answers = 0
        for try await rows in try await connection.pipeline(Self.queries(Int32(count))) {
            answers += 1
            #expect(try await rows.decode(as: Int32.self).collect().count == 10_000)
            if answers == 1 {
                // 6 MB in all.
                let session = connection.session
                while !session.change({ state, _ in state.isReadingPaused }) {
                    try await Task.sleep(for: .milliseconds(1))
                }
                #expect(session.change { state, _ in state.requests.first?.bufferedBytes ?? .max } < 2_000_000)
            }
        }
        #expect(answers == count)
        try await server.finished()
    }

    @Test("the answers before a failed statement are handed over, then comes its error") func failure() async throws {
        let server = try Self.server(3) { s in
            try s.send(Self.answer(1) + [.error(.divisionByZero, "no"), .readyForQuery()])
            try s.answerCheck()
        }
        let connection = try await PostgresConnection.connect(to: server)
        var read: [Int32] = []
        let pipeline = try await connection.pipeline(Self.queries(3))
        let error = try await PostgresTests.failure {
            for try await rows in pipeline { read += try await rows.decode(as: Int32.self).collect() }
        }
        #expect(error.sqlState == .divisionByZero && !error.safeToRetry)
        #expect(read == [1])
        await connection.check()
        try await server.finished()
    }

    @Test("a first statement that fails, and one that is never sent, fail the call") func nothingToRead() async throws {
        let server = try Self.server(2) { s in
            try s.send(.error(.divisionByZero, "no"), .readyForQuery())
            try s.answerCheck()
        }
        let connection = try await PostgresConnection.connect(to: server)
        let refused = try await PostgresTests.failure { _ = try await connection.pipeline(Self.queries(2)) }
        #expect(refused.sqlState == .divisionByZero)
        let unfit = try await PostgresTests.failure {
            _ = try await connection.pipeline([Self.find(Int32(1)), Self.find(Int64.max)])
        }
        #expect(unfit.code == .encodingFailed)
        for try await _ in try await connection.pipeline([]) { Issue.record("an answer to nothing") }
        await connection.check()
        try await server.finished()
    }

    @Test("trap 31: a stale plan is made anew before the first answer; behind one the caller may do it all again")
    func stalePlan() async throws {
        let stale = BackendMessage.errorResponse([
            (.severity, "ERROR"), (.sqlState, "0A000"), (.message, "cached plan must not change result type"),
            (.routine, "RevalidateCachedQuery"),
        ])
        let server = try Self.server(2) { s in
            try s.send(stale, .readyForQuery())
            for _ in 0..<2 {
                try s.answerPrepare(parameters: [23], columns: [.int4("n")])
                for _ in 0..<2 { try s.expect("B", "E") }
                try s.expect("S")
                try s.send(Self.answer(1) + [stale, .readyForQuery()])
            }
        }
        let connection = try await PostgresConnection.connect(to: server)
        for _ in 0..<2 {
            let pipeline = try await connection.pipeline(Self.queries(2))
            var answers = 0
            let error = try await PostgresTests.failure { for try await _ in pipeline { answers += 1 } }
            #expect(error.sqlState == .featureNotSupported && error.safeToRetry)
            #expect(answers == 1)
        }
        try await server.finished()
    }

    @Test("leaving the loop early has the server stop") func earlyExit() async throws {
        let server = try Self.server(2) { s in
            try s.send(Self.answer(1))
            _ = try s.acceptCancelRequest()
            try s.send(.error(.queryCanceled, "stopped"), .readyForQuery())
            try s.answerCheck()
        }
        let connection = try await PostgresConnection.connect(to: server)
        for try await _ in try await connection.pipeline(Self.queries(2)) { break }
        await connection.check()
        try await server.finished()
    }

    @Test(
        "what a cancelled task has not read it does not get, least of all without its rows",
        arguments: [true, false])
    func cancelled(isWaiting: Bool) async throws {
        let server = try Self.server(4) { s in
            try s.send(Self.answer(1) + Self.answer(2))
            _ = try s.acceptCancelRequest()
            // The cancel comes when one more is through, and a while before its end.
            try s.send(Self.answer(3))
            s.delay(.milliseconds(100))
            try s.send(.error(.queryCanceled, "stopped"), .readyForQuery())
            try s.answerCheck()
        }
        let connection = try await PostgresConnection.connect(to: server)
        let hasReadTwo = Signal()
        // On the connection's thread: waiting for what is there already would keep it for ever.
        let task = Task(executorPreference: connection.session.loop) {
            var answers = 0
            let error = try await PostgresTests.failure {
                for try await _ in try await connection.pipeline(Self.queries(4)) {
                    answers += 1
                    guard answers == 2 else { continue }
                    hasReadTwo.set()
                    if !isWaiting { try? await Task.sleep(for: .seconds(600)) }
                }
            }
            return (answers, error)
        }
        await hasReadTwo.wait()
        task.cancel()
        let (answers, error) = try await task.value
        #expect(answers == 2 && error.code == .cancelled)
        await connection.check()
        try await server.finished()
    }

    @Test("more answers than statements are the server's mistake") func tooManyAnswers() async throws {
        let server = try Self.server(2) { s in
            try s.send(Self.answer(1) + Self.answer(2) + Self.answer(3))
            try s.expectEnd()
        }
        let connection = try await PostgresConnection.connect(to: server)
        let error = try await PostgresTests.failure {
            for try await _ in try await connection.pipeline(Self.queries(2)) {}
        }
        #expect(error.code == .protocolViolation)
        try await server.finished()
    }
}
