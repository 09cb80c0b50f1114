import PostgresLocks
import PostgresTestKit
import Testing

import struct PostgresWire.ExactText

@testable import Postgres

@Suite(.timeLimit(.minutes(2))) struct ListenTests {
    private func pool(
        _ server: ScriptedServer, _ listening: PostgresListenOptions = PostgresListenOptions(keepAliveInterval: nil)
    ) throws -> PostgresPool {
        try PostgresPool(PostgresConfiguration(server), listening: listening)
    }

    private let quick = PostgresListenOptions(
        keepAliveInterval: nil, shortestPause: .milliseconds(1), longestPause: .milliseconds(10))

    @Test("trap 69: what comes with the answer to LISTEN, before it and before anybody iterates is there, once")
    func nothingIsLost() async throws {
        let server = try ScriptedServer { s in
            try s.acceptListener()
            try s.expect(.query("LISTEN \"jobs\""))
            try s.send(
                .notification(processID: 7, channel: "jobs", payload: "1"), .commandComplete("LISTEN"),
                .notification(processID: 7, channel: "jobs", payload: "2"), .readyForQuery(),
                .notification(processID: 7, channel: "jobs", payload: "3"),
                .notification(processID: 7, channel: "other", payload: "4"))
            try s.expectEnd()
        }
        let pool = try pool(server)
        var seen: [PostgresNotification] = []
        do {
            let notes = try await pool.listen("jobs")
            try await Task.sleep(for: .milliseconds(100))
            for await note in notes {
                seen.append(note)
                if seen.count == 2 { break }
            }
            for await note in notes {
                seen.append(note)
                break
            }
        }
        #expect(seen.map(\.payload) == ["1", "2", "3"])
        #expect(seen.map(\.processID) == [7, 7, 7] && seen.map(\.channel) == ["jobs", "jobs", "jobs"])
        // Nobody listens any more: the connection is closed.
        try await server.finished()
        await pool.close()
    }

    @Test("trap 68: who comes while the session of those who went is being ended is not told that it listens")
    func comesAtTheEnd() throws {
        let pool = try PostgresPool(PostgresConfiguration(host: "127.0.0.1", user: "bob"))
        let hub = pool.notifications
        hub.state.withLock { $0.active = [ExactText("jobs")] }
        #expect(hub.nextStep(keepsConnection: false) == .finish)
        #expect(hub.state.withLock { $0.active.isEmpty })
        withExtendedLifetime(pool) {}
    }

    @Test("trap 68: a lost connection is replaced, LISTEN is sent again, and then comes the gap") func reconnects()
        async throws
    {
        let server = try ScriptedServer { s in
            try s.acceptListener()
            try s.answerQuery("LISTEN \"a\"; LISTEN \"b\"", tag: "LISTEN")
            try s.send(.notification(processID: 7, channel: "a", payload: "1"))
            s.close()
            // Twice nobody is let in.
            for _ in 0..<2 {
                try s.acceptStartup()
                try s.send(.error(.cannotConnectNow, "starting up", severity: "FATAL"))
                s.close()
            }
            try s.acceptListener()
            try s.expect(.query("LISTEN \"a\"; LISTEN \"b\""))
            // In the same breath: the gap still comes first.
            try s.send(
                .commandComplete("LISTEN"), .commandComplete("LISTEN"), .readyForQuery(),
                .notification(processID: 7, channel: "b", payload: "2"))
            try s.expectEnd()
        }
        let pool = try pool(server, quick)
        var events: [PostgresListenEvent] = []
        for await event in try await pool.listen(to: ["b", "a"]).events {
            events.append(event)
            if events.count == 3 { break }
        }
        let first = PostgresNotification(channel: "a", payload: "1", processID: 7)
        let second = PostgresNotification(channel: "b", payload: "2", processID: 7)
        try #require(events.count == 3)
        #expect(events[0] == .notification(first) && events[2] == .notification(second))
        guard case .gap(let gap) = events[1] else {
            Issue.record("no gap: \(events)")
            return
        }
        #expect(gap.dropped == 0 && gap.outage != nil)
        try await server.finished()
        await pool.close()
    }

    @Test("listeners share a connection; a channel is let go of with its last listener, and can be had again")
    func counting() async throws {
        let server = try ScriptedServer { s in
            try s.acceptListener()
            try s.answerQuery("LISTEN \"b\"", tag: "LISTEN")
            try s.answerQuery("LISTEN \"a\"", tag: "LISTEN")
            try s.send(.notification(processID: 7, channel: "a", payload: "1"))
            try s.answerQuery("UNLISTEN \"a\"", tag: "UNLISTEN")
            try s.answerQuery("LISTEN \"a\"", tag: "LISTEN")
            try s.send(.notification(processID: 7, channel: "a", payload: "2"))
            try s.expectEnd()
        }
        let pool = try pool(server)
        let keeper = try await pool.listen("b")
        do {
            let first = try await pool.listen("b")
            let second = try await pool.listen("a")
            first.end()
            var iterator = second.makeAsyncIterator()
            #expect(await iterator.next()?.payload == "1")
        }
        // Which process it is, LISTEN twice, UNLISTEN.
        try await server.received("Q", count: 4)
        var iterator = try await pool.listen("a").makeAsyncIterator()
        #expect(await iterator.next()?.payload == "2")
        await pool.close()
        #expect(await iterator.next() == nil)
        for await _ in keeper {}
        try await server.finished()
    }

    @Test("LISTEN that the server refuses is told to who asked, and to nobody else") func refused() async throws {
        let server = try ScriptedServer { s in
            try s.acceptListener()
            try s.answerQuery("LISTEN \"a\"", tag: "LISTEN")
            try s.expect(.query("LISTEN \"b\""))
            try s.send(.error(.readOnlySQLTransaction, "cannot execute LISTEN during recovery"), .readyForQuery())
            try s.send(.notification(processID: 7, channel: "a", payload: "1"))
            try s.expectEnd()
        }
        let pool = try pool(server)
        var iterator = try await pool.listen("a").makeAsyncIterator()
        let error = try await failure { try await pool.listen(to: ["a", "b"]) }
        #expect(error.sqlState == .readOnlySQLTransaction)
        #expect(await iterator.next()?.payload == "1")
        await pool.close()
        try await server.finished()
    }

    @Test("a password that is wrong is told at once; a server that is not there, after the time to get a connection")
    func cannotConnect() async throws {
        let server = try ScriptedServer { s in
            try s.acceptStartup()
            try s.send(.error(.invalidPassword, "no", severity: "FATAL"))
            s.close()
        }
        let pool = try pool(server)
        let error = try await promptly { try await failure { try await pool.listen("a") } }
        #expect(error.code == .authenticationFailed)
        await pool.close()

        // Nobody is there any more.
        try await server.finished()
        let nobody = try PostgresPool(
            PostgresConfiguration(server), options: PostgresPoolOptions(acquireTimeout: .seconds(1)), listening: quick)
        let unreachable = try await promptly { try await failure { try await nobody.listen("a") } }
        #expect(unreachable.code == .connectionFailed)
        await nobody.close()
        let closed = try await failure { try await nobody.listen("a") }
        #expect(closed.code == .poolClosed)
    }

    @Test("a task that is cancelled while it begins to listen, or while it waits, leaves nothing behind")
    func cancelled() async throws {
        let mayAnswer = Signal()
        let hasEnded = Signal()
        let server = try ScriptedServer { s in
            // A script that fails must not be waited for.
            defer { hasEnded.set() }
            try s.acceptListener()
            try s.expect(.query("LISTEN \"a\""))
            while !mayAnswer.isSet { s.delay(.milliseconds(1)) }
            try s.send(.commandComplete("LISTEN"), .readyForQuery())
            try s.expectEnd()
            hasEnded.set()
            try s.acceptListener()
            try s.answerQuery("LISTEN \"a\"", tag: "LISTEN")
            try s.expectEnd()
        }
        let pool = try pool(server)
        let beginning = Task { try await pool.listen("a") }
        // Which process it is, and LISTEN.
        try await server.received("Q", count: 2)
        beginning.cancel()
        let error = try await promptly { try await failure { try await beginning.value } }
        #expect(error.code == .cancelled)
        mayAnswer.set()
        await hasEnded.wait()

        let waiting = Task {
            let notes = try await pool.listen("a")
            for await _ in notes {}
            return notes
        }
        try await server.received("Q", count: 4)
        waiting.cancel()
        // The value is still held: it is the task that ended it.
        let notes = try? await waiting.value
        try await server.finished()
        withExtendedLifetime(notes) {}
        await pool.close()
    }

    @Test("a dead peer is found by asking, and replaced") func deadPeer() async throws {
        let server = try ScriptedServer { s in
            try s.acceptListener()
            try s.answerQuery("LISTEN \"a\"", tag: "LISTEN")
            // Asked whether it is there, the server says nothing; to the cancel neither.
            try s.expect("P", "D", "S")
            let dead = try s.accept()
            try dead.readStartup()
            try s.acceptListener()
            try s.answerQuery("LISTEN \"a\"", tag: "LISTEN")
        }
        var configuration = PostgresConfiguration(server)
        configuration.cancelTimeout = .seconds(1)
        let pool = try PostgresPool(
            configuration,
            listening: PostgresListenOptions(
                keepAliveInterval: .milliseconds(500), keepAliveTimeout: .seconds(1), shortestPause: .milliseconds(1)))
        try await promptly {
            for await event in try await pool.listen("a").events {
                guard case .gap(let gap) = event else { continue }
                #expect(gap.outage != nil)
                break
            }
        }
        await pool.close()
        try await server.finished()
    }

    @Test("a session that has lost its channels, as behind a pooler, is not taken for one that listens")
    func losesItsChannels() async throws {
        let server = try ScriptedServer { s in
            try s.acceptListener()
            try s.answerQuery("LISTEN \"a\"", tag: "LISTEN")
            try s.expect("P", "D", "S")
            try s.send(
                .parseComplete, .parameterDescription([]),
                .rowDescription([.int4("pid"), .init("channels", type: 1009)]), .readyForQuery())
            try s.expect("B", "E", "S")
            // The right process, and no channel at all: an array without dimensions, of text.
            let nothing: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 25]
            let process = withUnsafeBytes(of: Int32(4711).bigEndian) { Array($0) }
            try s.send(.bindComplete, .dataRow([process, nothing]), .commandComplete("SELECT 1"), .readyForQuery())
            try s.expectEnd()
            try s.acceptListener()
            try s.answerQuery("LISTEN \"a\"", tag: "LISTEN")
        }
        let pool = try PostgresPool(
            PostgresConfiguration(server),
            listening: PostgresListenOptions(keepAliveInterval: .milliseconds(200), shortestPause: .milliseconds(1)))
        for await event in try await pool.listen("a").events {
            if case .gap = event { break }
        }
        await pool.close()
        try await server.finished()
    }

    @Test("over a connection of one's own: no second one, UNLISTEN at the end, and an end when it is lost")
    func ownConnection() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerQuery("LISTEN \"a\"", tag: "LISTEN")
            try s.send(.notification(processID: 1, channel: "a", payload: "1"))
            try s.answerQuery("UNLISTEN \"a\"", tag: "UNLISTEN")
            try s.answerCheck()
            try s.answerQuery("LISTEN \"b\"", tag: "LISTEN")
            try s.send(.notification(processID: 1, channel: "b", payload: "2"))
            s.close()
        }
        let connection = try await PostgresConnection.connect(to: server)
        for await note in try await connection.listen("a") {
            #expect(note.payload == "1")
            break
        }
        try await server.received("Q", count: 2)
        await connection.check()
        var payloads: [String] = []
        for await note in try await connection.listen("b") { payloads.append(note.payload) }
        #expect(payloads == ["2"])
        #expect(!connection.isOpen)
        let error = try await failure { try await connection.listen("b") }
        #expect(error.code == .connectionClosed)
        try await server.finished()
    }

    @Test("a transaction pooler is found out by its serving two clients with one process") func transactionPooler()
        async throws
    {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerBackendID(99)
            // The second look.
            try s.acceptSession()
            try s.answerQuery("BEGIN", tag: "BEGIN", status: "T")
            try s.answerBackendID(99)
            try s.expectEnd()
        }
        let pool = try pool(server)
        let error = try await failure { try await pool.listen("a") }
        #expect(error.code == .invalidConfiguration)
        #expect(error.description.contains("pooler"))
        await pool.close()
        try await server.finished()
    }

    @Test("trap 71: names and payloads that no server takes are refused before anything is sent") func limits()
        async throws
    {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerCheck()
            try s.expectEnd()
        }
        let connection = try await PostgresConnection.connect(to: server)
        for name in ["", String(repeating: "n", count: 64), String(repeating: "ü", count: 32), "a\u{0}b"] {
            let notifying = try await failure { try await connection.notify(name) }
            #expect(notifying.code == .invalidUse)
            let listening = try await failure { try await connection.listen(name) }
            #expect(listening.code == .invalidUse)
        }
        for payload in [String(repeating: "p", count: 8000), String(repeating: "ü", count: 4000), "a\u{0}b"] {
            let error = try await failure { try await connection.notify("a", payload) }
            #expect(error.code == .invalidUse)
        }
        let none = try await failure { try await connection.listen(to: []) }
        #expect(none.code == .invalidUse)
        await connection.check()
        await connection.close()
        try await server.finished()
    }
}

extension ScriptedSession {
    /// Accepts a session and answers the question whether the process that serves it is the one that was named.
    func acceptListener(fileID: String = #fileID, line: Int = #line) throws {
        try acceptSession(fileID: fileID, line: line)
        try answerBackendID(4711, fileID: fileID, line: line)
    }
}
