import Dispatch
import PostgresLocks
import PostgresTestKit
import PostgresTypes
import PostgresWire
import Testing

@testable import Postgres

/// The server takes and gives up to 1 GB at a time; here the limits are made small, and what counts is bytes.
@Suite("large values", .timeLimit(.minutes(3))) struct LargeValueTests {
    @Test("trap 19: back-pressure counts bytes, not rows") func countsBytes() async throws {
        let size = 256 * 1024
        let count = 100
        let column = BackendMessage.Column("b", type: PostgresType.bytea.rawValue, size: -1)
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerPrepare(columns: [column])
            try s.expect("B", "E", "S")
            try s.send(.bindComplete)
            let row = BackendMessage.dataRow([[UInt8](repeating: 7, count: size)])
            for _ in 0..<count { try s.send(row) }
            try s.send(.commandComplete("SELECT \(count)"), .readyForQuery())
            try s.answerCheck()
        }
        let connection = try await PostgresConnection.connect(to: server)
        var read = 0
        var most = 0
        for try await bytes in try await connection.query("SELECT b FROM files", as: [UInt8].self) {
            read += 1
            #expect(bytes.count == size && bytes.last == 7)
            // Long enough for the server to send much, if it were let.
            if read % 25 == 1 { try await Task.sleep(for: .milliseconds(100)) }
            let waiting = connection.session.change { state, _ in
                (state.requests.first?.bufferedBytes ?? 0) + state.inbound.count
            }
            most = max(most, waiting)
        }
        #expect(read == count)
        #expect(most < 4 * SessionState.pauseAbove)
        await connection.check()
        try await server.finished()
    }

    @Test(
        "trap 19: values that are more than one message can hold are refused before anything is sent",
        arguments: ["s", ""], [true, false])
    func refusesLargeMessages(name: String, opensPortal: Bool) throws {
        let statement = PreparedStatement(name: name, sql: "SELECT $1", parameterTypes: [.bytea], columns: [])
        func append(_ size: Int, to buffer: inout PostgresBuffer) throws(PostgresError) {
            let bytes = [UInt8](repeating: 0, count: size)
            if opensPortal {
                try statement.appendOpening(of: "c", to: &buffer, largest: 1000) { (buffer) throws(PostgresError) in
                    buffer.append(bytes)
                }
            } else {
                try statement.appendExecution(to: &buffer, largest: 1000) { (buffer) throws(PostgresError) in
                    buffer.append(bytes)
                }
            }
        }
        var buffer = PostgresBuffer()
        try append(900, to: &buffer)
        let before = buffer.count
        do throws(PostgresError) {
            try append(1000, to: &buffer)
            Issue.record("a message of more than the limit was made")
        } catch {
            #expect(error.code == .encodingFailed && error.safeToRetry && error.advice != nil)
        }
        #expect(buffer.count == before)
    }

    @Test("trap 19: a COPY row that is more than one message can hold is refused, and the COPY undone")
    func refusesLargeRows() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.expect(.query("COPY t FROM STDIN"))
            try s.send(.copyInResponse(.binary, columns: 1))
            try s.expect("f")
            try s.send(.error(.queryCanceled, "COPY from stdin failed"), .readyForQuery())
            try s.answerCheck()
        }
        let connection = try await PostgresConnection.connect(to: server)
        let stream = try await CopyInStream(
            on: connection, sql: "COPY t FROM STDIN", largestMessage: 100_000)
        let column = PostgresColumn(name: "b", type: .bytea)
        var writer = PostgresCopyWriter(columns: ColumnSet([column]), stream: stream)
        do throws(PostgresError) {
            try await writer.write([UInt8](repeating: 0, count: 100_000))
            Issue.record("a row of more than the limit was sent")
        } catch {
            #expect(error.code == .encodingFailed && error.advice != nil)
        }
        await stream.fail()
        await connection.check()
        try await server.finished()
    }

    @Test("trap 19: what is sent is forgotten, also while a COPY is ahead of the server from beginning to end")
    func forgetsWhatIsSent() async throws {
        let turns = 400
        let ahead = 160
        let turn = DispatchSemaphore(value: 0)
        let taken = Atomic(0)
        let server = try ScriptedServer { s in
            try s.acceptSession()
            for _ in 0..<turns {
                turn.wait()
                _ = try s.read()
                taken.add(1, ordering: .relaxed)
            }
        }
        let connection = try await PostgresConnection.connect(to: server)
        let session = connection.session
        // CopyData: its letter, its length but for that, 64 KB.
        let message = [0x64, 0, 1, 0, 4] + [UInt8](repeating: 7, count: 64 * 1024)
        var (least, most) = (Int.max, 0)
        // So much that the server has some left to take whenever more is written.
        for number in -ahead..<turns {
            let (unsent, kept) = session.change { state, effects in
                message.withUnsafeBytes { session.writeOut(&state, &effects, $0) }
                return (state.unsent, state.outbound.count)
            }
            guard number >= 0 else { continue }
            least = min(least, unsent)
            most = max(most, kept)
            turn.signal()
            while taken.load(ordering: .relaxed) <= number { try await Task.sleep(for: .microseconds(100)) }
        }
        #expect(least > 0)
        #expect(most < 2 * (ahead + 2) * message.count)
        await connection.close()
        try await server.finished()
    }

    @Test("trap 19: bytes for a COPY go out in messages of a bounded size", arguments: [true, false])
    func copiesInPieces(isText: Bool) async throws {
        let size = 3_000_000
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.expect("Q")
            try s.send(.copyInResponse(.text, columns: 1))
            try s.read(until: "c")
            try s.send(.commandComplete("COPY 1"), .readyForQuery())
        }
        let connection = try await PostgresConnection.connect(to: server)
        var marked = [UInt8](repeating: UInt8(ascii: "x"), count: size)
        for index in stride(from: 0, to: size, by: 100_003) { marked[index] = UInt8(ascii: "a") + UInt8(index % 26) }
        let bytes = marked
        try await connection.copy(into: "t", format: .text) { copy in
            if isText {
                try await copy.write(String(decoding: bytes, as: UTF8.self))
            } else {
                try await copy.write(bytes)
            }
        }
        try await server.finished()
        let pieces = server.received.compactMap { message in
            if case .copyData(let piece) = message { piece } else { nil }
        }
        let whole = pieces.reduce(into: [UInt8]()) { $0 += $1 }
        #expect(whole == bytes)
        #expect(pieces.allSatisfy { $0.count <= 1_200_000 })
    }
}
