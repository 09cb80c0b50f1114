import PostgresTestKit
import PostgresTypes
import PostgresWire
import Testing

@testable import Postgres

extension PostgresTestKit.BackendMessage {
    /// CopyBothResponse without columns.
    fileprivate static let copyBoth = message("W", body: [0, 0, 0])

    /// XLogData around a message of pgoutput.
    fileprivate static func xLogData(_ message: Message, at position: UInt64) -> BackendMessage {
        .message("d", body: Message("w").u64(position).u64(position).u64(0).append(message.bytes).bytes)
    }

    /// The server's sign of life.
    fileprivate static func keepalive(_ position: UInt64, wantsReply: Bool) -> BackendMessage {
        .message("d", body: Message("k").u64(position).u64(0).u8(wantsReply ? 1 : 0).bytes)
    }
}

@Suite(.timeLimit(.minutes(1))) struct ReplicationStreamTests {
    private static let table = Message("R").u32(1).text("s").text("t").byte("d").u16(1).u8(1).text("id").u32(23).u32(0)
    private static let insert = Message("I").u32(1).byte("N").u16(1).binary([0, 0, 0, 7])

    private func stream(
        _ server: ScriptedServer, interval: Duration = .seconds(3600)
    ) async throws -> PostgresReplicationStream {
        let connection = try await PostgresReplicationConnection.connect(PostgresConfiguration(server))
        return try await connection.startReplication(
            slot: "s", publications: ["p"], options: .init(statusInterval: interval))
    }

    private static func begin(_ s: ScriptedSession) throws {
        try s.acceptSession()
        try s.expect("Q")
        try s.send(.copyBoth)
    }

    /// Written, flushed and applied of a standby status update.
    private static func positions(_ message: PostgresTestKit.FrontendMessage) -> [UInt64]? {
        guard case .copyData(let bytes) = message, bytes.count == 34, bytes.first == UInt8(ascii: "r") else {
            return nil
        }
        return [1, 9, 17].map { start in bytes[start..<(start + 8)].reduce(0) { $0 << 8 | UInt64($1) } }
    }

    @Test("a reply that the server asks for is sent at once, though nobody reads")
    func repliesAtOnce() async throws {
        let server = try ScriptedServer { s in
            try Self.begin(s)
            try s.send(
                .xLogData(Message("B").u64(10).u64(0).u32(1), at: 10), .xLogData(Self.table, at: 10),
                .xLogData(Self.insert, at: 10), .keepalive(50, wantsReply: true))
            // Nothing was read: nothing is said to be flushed.
            guard Self.positions(try s.read()) == [50, 0, 0] else { throw Self.wrong("the first status") }
            try s.send(.xLogData(Message("C").u8(0).u64(10).u64(11).u64(0), at: 10), .keepalive(60, wantsReply: false))
            // Acknowledged, and nothing of interest after it.
            guard Self.positions(try s.read()) == [60, 60, 60] else { throw Self.wrong("the second status") }
            try s.send(.keepalive(70, wantsReply: true))
            try s.read(until: "c")
            try s.send(.keepalive(80, wantsReply: false), .message("c"), .commandComplete("COPY 0"))
            try s.send(.commandComplete("START_REPLICATION"), .readyForQuery())
            try s.expect("X")
        }
        let stream = try await stream(server)
        try await server.received("d")
        var iterator = stream.makeAsyncIterator()
        let transaction = try #require(try await iterator.next())
        var ids: [Int] = []
        for try await case .insert(let row) in transaction.changes { ids.append(try row.decode("id")) }
        #expect(ids == [7])
        #expect(stream.confirmedPosition == .zero)
        transaction.acknowledge()
        #expect(stream.confirmedPosition == PostgresLSN(rawValue: 11))
        let waiting = Task { try await stream.nextDeliveredMessage() }
        try await server.received("d", count: 2)
        await stream.stop()
        #expect(try await waiting.value == nil)
        #expect(stream.connection.isOpen)
        await stream.connection.close()
        try await server.finished()
    }

    private struct Wrong: Error {
        var what: String
    }

    private static func wrong(_ what: String) -> Wrong { Wrong(what: what) }

    @Test("the server is told that we live, though it says nothing") func tellsAtIntervals() async throws {
        let server = try ScriptedServer { s in
            try Self.begin(s)
            try s.expect("d", "d", "d")
            try s.read(until: "c")
            try s.send(.message("c"), .commandComplete("COPY 0"), .readyForQuery())
        }
        let stream = try await stream(server, interval: .milliseconds(10))
        try await server.received("d", count: 3)
        await stream.stop()
        try await server.finished()
    }

    @Test("trap 19: a reader that does not read has the server wait, and memory stays bounded")
    func backPressure() async throws {
        let count = 3000
        let note = [UInt8](repeating: 0x61, count: 4096)
        let insert = Message("I").u32(1).byte("N").u16(1).text("t", note)
        let table = Message("R").u32(1).text("s").text("t").byte("d").u16(1).u8(1).text("id").u32(25).u32(0)
        let server = try ScriptedServer { s in
            try Self.begin(s)
            try s.send(.xLogData(Message("B").u64(10).u64(0).u32(1), at: 10), .xLogData(table, at: 10))
            for _ in 0..<count { try s.send(.xLogData(insert, at: 10)) }
            try s.send(.xLogData(Message("C").u8(0).u64(10).u64(11).u64(0), at: 10))
            try s.read(until: "c")
            try s.send(.message("c"), .commandComplete("COPY 0"), .readyForQuery())
        }
        let stream = try await stream(server)
        var iterator = stream.makeAsyncIterator()
        let transaction = try #require(try await iterator.next())
        var read = 0
        var most = 0
        for try await change in transaction.changes {
            guard case .insert(let row) = change else { continue }
            if read == 0 { #expect(try row.decode(0, as: String.self).utf8.count == note.count) }
            read += 1
            let waiting = stream.connection.session.change { state, _ in state.requests.first?.bufferedBytes ?? 0 }
            most = max(most, waiting)
        }
        #expect(read == count)
        #expect(most < 4 * SessionState.pauseAbove)
        await stream.stop()
        try await server.finished()
    }

    @Test("what cannot be understood ends the connection", arguments: 0..<4)
    func broken(_ index: Int) async throws {
        let broken: [BackendMessage] = [
            .message("d", body: [0x3F]), .message("d", body: Array(Message("w").u64(1).bytes)),
            .xLogData(Message("C").u8(0).u64(10).u64(11).u64(0), at: 10), .xLogData(Message("B").u64(1), at: 10),
        ]
        let server = try ScriptedServer { s in
            try Self.begin(s)
            try s.send(broken[index])
            try? s.expectEnd()
        }
        let stream = try await stream(server)
        var iterator = stream.makeAsyncIterator()
        let error = try await failure { try await iterator.next() }
        #expect(error.code == .protocolViolation)
        #expect(!stream.connection.isOpen)
    }

    @Test("an error of the server in the stream is the reader's, and the connection goes on")
    func errorInTheStream() async throws {
        let server = try ScriptedServer { s in
            try Self.begin(s)
            try s.send(.error(.undefinedObject, "publication \"p\" does not exist"), .readyForQuery())
            try s.expect(.query("SHOW x"))
            try s.send(
                .rowDescription([.init("x", type: 25, size: -1)]), .dataRow([Array("on".utf8)]),
                .commandComplete("SHOW"), .readyForQuery())
        }
        let stream = try await stream(server)
        var iterator = stream.makeAsyncIterator()
        let error = try await failure { try await iterator.next() }
        #expect(error.sqlState == .undefinedObject)
        #expect(try await stream.connection.query("SHOW x") == [["on"]])
        try await server.finished()
    }

    @Test("trap 60: a connection lost in the stream is an error at once") func lost() async throws {
        let server = try ScriptedServer { s in
            try Self.begin(s)
            try s.send(.xLogData(Message("B").u64(10).u64(0).u32(1), at: 10))
            s.cut()
        }
        let stream = try await stream(server)
        var iterator = stream.makeAsyncIterator()
        let error = try await failure { try await iterator.next() }
        #expect(error.code == .connectionClosed)
        await stream.stop()
    }
}
