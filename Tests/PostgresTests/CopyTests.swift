import Foundation
import PostgresTestKit
import PostgresWire
import Testing

@testable import Postgres

@Suite(.timeLimit(.minutes(3))) struct CopyTests {
    private static let rowCount = 200_000

    /// Answers the look-up of the columns and the COPY statement of a table with one int4.
    private static func begin(_ s: ScriptedSession) throws {
        try s.acceptSession()
        try s.answerPrepare(columns: [.int4("n")])
        try s.expect(.query("COPY \"t\" FROM STDIN (FORMAT binary)"))
        try s.send(.copyInResponse(.binary, columns: 1))
    }

    private func copyNumbers(_ connection: PostgresConnection, count: Int = rowCount) async throws -> Int {
        try await connection.copy(into: "t") { copy in
            for n in 0..<count { try await copy.write(Int32(truncatingIfNeeded: n)) }
        }
    }

    @Test func sendsHeaderRowsAndTrailer() async throws {
        let server = try ScriptedServer { s in
            try Self.begin(s)
            try s.read(until: "c")
            try s.send(.commandComplete("COPY 2"), .readyForQuery())
            try s.answerCheck()
        }
        let connection = try await PostgresConnection.connect(to: server)
        #expect(try await copyNumbers(connection, count: 2) == 2)
        let data = server.received.flatMap { message in
            if case .copyData(let bytes) = message { bytes } else { [UInt8]() }
        }
        #expect(
            data == BinaryCopy.signature + [0, 0, 0, 0, 0, 0, 0, 0] + [0, 1, 0, 0, 0, 4, 0, 0, 0, 0]
                + [0, 1, 0, 0, 0, 4, 0, 0, 0, 1] + [0xFF, 0xFF])
        await connection.check()
        try await server.finished()
    }

    @Test("trap 61: an error in the middle stops the writer, not its end") func stopsAtTheServersError() async throws {
        let server = try ScriptedServer { s in
            try Self.begin(s)
            try s.expect("d")
            try s.send(.error(.uniqueViolation, "duplicate"), .readyForQuery())
            // What is on its way is passed over, as a server does.
            while true {
                let message = try s.read()
                if case .parse = message { break }
            }
            try s.expect("D", "S")
            try s.send(.parseComplete, .parameterDescription([]), .rowDescription([.int4("check")]), .readyForQuery())
            try s.answerExecute([.row(42)])
        }
        let connection = try await PostgresConnection.connect(to: server)
        let written = Written()
        let error = try await promptly {
            try await failure {
                try await connection.copy(into: "t") { copy in
                    for n in 0..<100_000_000 {
                        try await copy.write(Int32(truncatingIfNeeded: n))
                        written.count = copy.rowCount
                    }
                }
            }
        }
        #expect(error.sqlState == .uniqueViolation)
        #expect(written.count < 100_000_000)
        await connection.check()
        try await server.finished()
    }

    /// How far a writer came.
    private final class Written: @unchecked Sendable {
        // Unchecked: read only when the writer has ended.
        var count = 0
    }

    @Test("trap 60: a connection lost in the middle is an error at once", arguments: [true, false])
    func connectionLost(withReset: Bool) async throws {
        let server = try ScriptedServer { s in
            try Self.begin(s)
            try s.expect("d")
            if withReset { s.cut() } else { s.close() }
        }
        let connection = try await PostgresConnection.connect(to: server)
        let error = try await promptly {
            try await failure { try await self.copyNumbers(connection, count: 100_000_000) }
        }
        #expect(error.code == .connectionClosed)
        #expect(!connection.isOpen)
        try await server.finished()
    }

    @Test("trap 60: a server that takes no more and then dies") func connectionLostWhileWaitingForRoom() async throws {
        let server = try ScriptedServer { s in
            try Self.begin(s)
            try s.expect("d")
            s.delay(.milliseconds(300))
            s.cut()
        }
        let connection = try await PostgresConnection.connect(to: server)
        let error = try await promptly {
            try await failure { try await self.copyNumbers(connection, count: 100_000_000) }
        }
        #expect(error.code == .connectionClosed)
        try await server.finished()
    }

    private struct Mistake: Error {}

    @Test("trap 67: what the closure throws is never committed") func failsTheCopy() async throws {
        let server = try ScriptedServer { s in
            try Self.begin(s)
            let messages = try s.read(until: "f")
            guard !messages.contains(.copyDone) else { return }
            try s.send(.error(.queryCanceled, "COPY from stdin failed"), .readyForQuery())
            try s.answerCheck()
        }
        let connection = try await PostgresConnection.connect(to: server)
        await #expect(throws: Mistake.self) {
            try await connection.copy(into: "t") { copy in
                for n in 0..<Int32(50_000) { try await copy.write(n) }
                throw Mistake()
            }
        }
        await connection.check()
        try await server.finished()
    }

    @Test("trap 62: a task cancelled between rows") func cancelledBetweenRows() async throws {
        let server = try ScriptedServer { s in
            try Self.begin(s)
            try s.read(until: "f")
            try s.send(.error(.queryCanceled, "COPY from stdin failed"), .readyForQuery())
            try s.answerCheck()
        }
        let connection = try await PostgresConnection.connect(to: server)
        let task = Task {
            try await connection.copy(into: "t") { copy in
                for n in 0..<Int32.max { try await copy.write(n) }
            }
        }
        try await server.received("d")
        task.cancel()
        let error = try await promptly { try await failure { try await task.value } }
        #expect(error.code == .cancelled)
        await connection.check()
        try await server.finished()
    }

    @Test("trap 62: a task cancelled while it waits for room") func cancelledWhileWaiting() async throws {
        let isCancelled = Signal()
        let server = try ScriptedServer { s in
            try Self.begin(s)
            try s.expect("d")
            // Reads nothing until the client has stopped for lack of room and was cancelled.
            for _ in 0..<6000 where !isCancelled.isSet { s.delay(.milliseconds(10)) }
            try s.read(until: "f")
            try s.send(.error(.queryCanceled, "COPY from stdin failed"), .readyForQuery())
            try s.answerCheck()
        }
        let connection = try await PostgresConnection.connect(to: server)
        let task = Task { try await self.copyNumbers(connection, count: 100_000_000) }
        try await server.received("d")
        let waits: @Sendable () -> Bool = {
            connection.session.change { state, _ in
                state.requests.first?.waiter != nil && state.requests.first?.milestone == .written
            }
        }
        for _ in 0..<6000 where !waits() { try await Task.sleep(for: .milliseconds(5)) }
        #expect(waits())
        task.cancel()
        isCancelled.set()
        let error = try await promptly { try await failure { try await task.value } }
        #expect(error.code == .cancelled)
        await connection.check()
        try await server.finished()
    }

    @Test("trap 62: a task cancelled while COPY waits for a lock") func cancelledBeforeItBegins() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerPrepare(columns: [.int4("n")])
            try s.expect("Q")
            _ = try s.acceptCancelRequest()
            try s.send(.error(.queryCanceled, "canceling"), .readyForQuery())
            try s.answerCheck()
        }
        let connection = try await PostgresConnection.connect(to: server)
        let task = Task { try await self.copyNumbers(connection) }
        try await server.received("Q")
        task.cancel()
        let error = try await promptly { try await failure { try await task.value } }
        #expect(error.code == .cancelled)
        await connection.check()
        try await server.finished()
    }

    @Test("trap 62: the server is ready for data just when nobody will send any") func cancelledAsItBegins()
        async throws
    {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerPrepare(columns: [.int4("n")])
            try s.expect("Q")
            _ = try s.acceptCancelRequest()
            // The cancel found a server that waits for data, which cancels do not interrupt.
            try s.send(.copyInResponse(.binary, columns: 1))
            try s.expect("f")
            try s.send(.error(.queryCanceled, "COPY from stdin failed"), .readyForQuery())
            try s.answerCheck()
        }
        let connection = try await PostgresConnection.connect(to: server)
        let task = Task { try await self.copyNumbers(connection) }
        try await server.received("Q")
        task.cancel()
        let error = try await promptly { try await failure { try await task.value } }
        #expect(error.code == .cancelled)
        await connection.check()
        try await server.finished()
    }

    @Test("trap 67: a deadline that passed since the last row does not keep the rows") func lateEnd() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.expect(.query("COPY t FROM STDIN"))
            try s.send(.copyInResponse(.binary, columns: 1))
            try s.expect("f")
            try s.send(.error(.queryCanceled, "COPY from stdin failed"), .readyForQuery())
            try s.answerCheck()
        }
        var configuration = PostgresConfiguration(server)
        configuration.queryTimeout = .seconds(2)
        let connection = try await PostgresConnection.connect(configuration)
        let stream = try await CopyInStream(on: connection, sql: "COPY t FROM STDIN")
        let isLate: @Sendable () -> Bool = {
            connection.session.change { state, _ in state.requests.first?.abandonment != nil }
        }
        for _ in 0..<2000 where !isLate() { try await Task.sleep(for: .milliseconds(5)) }
        let error = try await failure { try await stream.finish() }
        #expect(error.code == .timeout)
        await connection.check()
        try await server.finished()
    }

    @Test("trap 62: cancelled when the server is ready and the writer does not know it yet") @MainActor
    func cancelledBeforeTheWriterKnows() async throws {
        let mayBegin = Signal()
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.expect(.query("COPY t FROM STDIN"))
            for _ in 0..<1000 where !mayBegin.isSet { s.delay(.milliseconds(10)) }
            try s.send(.copyInResponse(.binary, columns: 1))
            try s.expect("f")
            try s.send(.error(.queryCanceled, "COPY from stdin failed"), .readyForQuery())
            try s.answerCheck()
        }
        let connection = try await PostgresConnection.connect(to: server)
        let session = connection.session
        let task = Task { @MainActor in _ = try await CopyInStream(on: connection, sql: "COPY t FROM STDIN") }
        try await server.received("Q")
        // The main actor is not given up before the task is cancelled: it cannot go on meanwhile.
        mayBegin.set()
        for _ in 0..<2000 {
            if session.change({ state, _ in state.requests.first?.hasBegunCopy ?? true }) { break }
            usleep(5000)
        }
        task.cancel()
        let error = try await promptly { try await failure { try await task.value } }
        #expect(error.code == .cancelled)
        await connection.check()
        try await server.finished()
    }

    @Test("a task cancelled while the server stores what it got is no success") func cancelledWhileItEnds() async throws
    {
        let server = try ScriptedServer { s in
            try Self.begin(s)
            try s.read(until: "c")
            _ = try s.acceptCancelRequest()
            try s.send(.error(.queryCanceled, "canceling"), .readyForQuery())
            try s.answerCheck()
        }
        let connection = try await PostgresConnection.connect(to: server)
        let task = Task { try await self.copyNumbers(connection, count: 10) }
        try await server.received("c")
        task.cancel()
        let error = try await promptly { try await failure { try await task.value } }
        #expect(error.code == .cancelled)
        await connection.check()
        try await server.finished()
    }

    @Test("what was stored before the cancel came is a success") func storedInTime() async throws {
        let server = try ScriptedServer { s in
            try Self.begin(s)
            try s.read(until: "c")
            _ = try s.acceptCancelRequest()
            try s.send(.commandComplete("COPY 10"), .readyForQuery())
            // The fence behind a cancel that nobody noticed.
            try s.expect(.query(""))
            try s.send(.emptyQueryResponse, .readyForQuery())
            try s.answerCheck()
        }
        let connection = try await PostgresConnection.connect(to: server)
        let task = Task { try await self.copyNumbers(connection, count: 10) }
        try await server.received("c")
        task.cancel()
        #expect(try await task.value == 10)
        await connection.check()
        try await server.finished()
    }

    @Test("a server that never ends a failed COPY is left") func givesUpOnASilentServer() async throws {
        let server = try ScriptedServer { s in
            try Self.begin(s)
            try s.read(until: "f")
            try s.expectEnd()
        }
        var configuration = PostgresConfiguration(server)
        configuration.cancelTimeout = .seconds(2)
        let connection = try await PostgresConnection.connect(configuration)
        await promptly {
            _ = await #expect(throws: Mistake.self) {
                try await connection.copy(into: "t") { _ in throw Mistake() }
            }
        }
        #expect(!connection.isOpen)
        try await server.finished()
    }

    @Test("COPY FROM STDIN without anybody to send is refused", arguments: [true, false])
    func refusesCopyInAStatement(isScript: Bool) async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            if isScript {
                try s.expect("Q")
            } else {
                try s.answerPrepare()
                try s.expect("B", "E", "S")
                try s.send(.bindComplete)
            }
            try s.send(.copyInResponse(.text, columns: 1))
            try s.expect("f")
            // A server passes over the Sync that came while it waited for data.
            if !isScript { try s.expect("S") }
            try s.send(.error(.queryCanceled, "COPY from stdin failed: needs copy(into:)"), .readyForQuery())
            try s.answerCheck()
        }
        let connection = try await PostgresConnection.connect(to: server)
        let error = try await promptly {
            try await failure {
                if isScript {
                    try await connection.execute(script: "COPY t FROM STDIN")
                } else {
                    try await connection.execute("COPY t FROM STDIN")
                }
            }
        }
        #expect(error.code == .server)
        await connection.check()
        try await server.finished()
    }

    @Test("rows of a COPY out, header and trailer in one message with them, or not", arguments: 1...40)
    func copyOutInAnyPieces(size: Int) async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerPrepare(columns: [.int4("n")])
            try s.expect(.query("COPY \"t\" TO STDOUT (FORMAT binary)"))
            let row: [UInt8] = [0, 1, 0, 0, 0, 4, 0, 0, 0]
            try s.send(
                [
                    .copyOutResponse(.binary, columns: 1),
                    .copyData(BinaryCopy.signature + [0, 0, 0, 0, 0, 0, 0, 2, 9, 9] + row + [1]), .copyData(row + [2]),
                    .copyData([0xFF, 0xFF]), .copyDone, .commandComplete("COPY 2"), .readyForQuery(),
                ], inPiecesOf: size)
            try s.answerCheck()
        }
        let connection = try await PostgresConnection.connect(to: server)
        let rows = try await connection.copy(from: .table("t"))
        let values = try await rows.decode(as: Int32.self).collect()
        #expect(values == [1, 2])
        #expect(rows.commandResult?.rowCount == 2)
        await connection.check()
        try await server.finished()
    }
}
