import Foundation
import Postgres
import PostgresTestKit
import Testing

@Suite(.timeLimit(.minutes(5))) struct ListenTests {
    /// Runs `body` with a pool whose sessions have a name of their own, and with an observer that is none of them; checks
    /// that none is left.
    private func withListeningPool(
        _ body: (PostgresPool, PostgresConnection, String) async throws -> Void
    ) async throws {
        let name = uniqueName("listen")
        try await TestServer.withDatabase { configuration in
            // Through a pooler, listening goes past it, as the documentation says.
            var direct = configuration
            var listening = PostgresListenOptions()
            if TestRoute.isPooled {
                direct = try TestServer.directConfiguration
                direct.database = configuration.database
                listening.configuration = direct.named(name)
            }
            let pool = try PostgresPool(
                TestRoute.isPooled ? configuration : configuration.named(name),
                options: PostgresPoolOptions(maximumConnections: 2), listening: listening)
            try await withConnection(direct) { observer in
                do {
                    try await body(pool, observer, name)
                } catch {
                    await pool.close()
                    throw error
                }
                await pool.close()
                #expect(try await eventually { try await observer.backends(named: name) == 0 })
            }
        }
    }

    /// The next so many payloads.
    private func payloads(_ count: Int, of notes: PostgresNotifications) async -> [String] {
        var payloads: [String] = []
        for await note in notes {
            payloads.append(note.payload)
            if payloads.count == count { break }
        }
        return payloads
    }

    @Test("what is sent arrives, in order, with who sent it") func arrives() async throws {
        try await withListeningPool { pool, observer, _ in
            let notes = try await pool.listen("jobs")
            for number in 0..<200 { try await observer.notify("jobs", "\(number)") }
            #expect(await payloads(200, of: notes) == (0..<200).map(String.init))
            try await observer.notify("jobs")
            var iterator = notes.makeAsyncIterator()
            let last = await iterator.next()
            #expect(last?.payload == "" && last?.processID == observer.serverProcessID)
        }
    }

    @Test("channels are told apart by their bytes, however alike their names look") func exactNames() async throws {
        let (composed, decomposed) = ("caf\u{E9}", "cafe\u{301}")
        try await withListeningPool { pool, observer, _ in
            let notes = try await pool.listen(composed)
            let others = try await pool.listen(decomposed)
            try await observer.notify(composed, "1")
            try await observer.notify(decomposed, "2")
            try await observer.notify(composed, "3")
            #expect(await payloads(2, of: notes) == ["1", "3"])
            #expect(await payloads(1, of: others) == ["2"])
            let both = try await pool.listen(to: [composed, decomposed])
            try await observer.notify(decomposed, "4")
            for payload in ["5", "6"] { try await observer.notify(composed, payload) }
            #expect(await payloads(2, of: both) == ["4", "5"])
        }
    }

    @Test("trap 69: nothing is lost or doubled between LISTEN and the loop, or between two loops") func beforeTheLoop()
        async throws
    {
        try await withListeningPool { pool, observer, _ in
            let notes = try await pool.listen("jobs")
            var sent = 0
            for round in 0..<20 {
                for _ in 0...round {
                    sent += 1
                    try await observer.notify("jobs", "\(sent)")
                }
                #expect(await payloads(round + 1, of: notes) == (sent - round...sent).map(String.init))
            }
        }
    }

    @Test(
        "trap 71: names that need quotes, and a payload of 7,999 bytes",
        arguments: [
            "Jobs", "a\"b", "select", "über uns", "a.b", "a; DROP TABLE t; --", String(repeating: "n", count: 63),
        ])
    func names(channel: String) async throws {
        try await withListeningPool { pool, observer, _ in
            let notes = try await pool.listen(channel)
            let payload = String(repeating: "p", count: 7999)
            // Much the same letters, and another channel.
            try await observer.notify(String((channel.lowercased() + "2").suffix(60)), "other")
            try await observer.notify(channel, payload)
            var iterator = notes.makeAsyncIterator()
            let note = await iterator.next()
            #expect(note?.channel == channel && note?.payload == payload)
        }
    }

    @Test("trap 71: what is sent in a transaction goes out with its COMMIT, and not with its ROLLBACK")
    func rolledBack()
        async throws
    {
        struct Stop: Error {}
        try await withListeningPool { pool, observer, _ in
            let notes = try await pool.listen("jobs")
            _ = try? await observer.withTransaction { tx in
                try await tx.notify("jobs", "never")
                throw Stop()
            }
            try await pool.withTransaction { tx in
                try await tx.notify("jobs", "kept")
                _ = try? await tx.withTransaction { inner in
                    try await inner.notify("jobs", "taken back")
                    throw Stop()
                }
                try await tx.notify("jobs", "kept too")
            }
            try await observer.notify("jobs", "end")
            #expect(await payloads(3, of: notes) == ["kept", "kept too", "end"])
        }
    }

    @Test("hundreds of channels and listeners share one connection, which goes when they go") func oneConnection()
        async throws
    {
        try await withListeningPool { pool, observer, name in
            try await withThrowingTaskGroup(of: Void.self) { group in
                let ready = Counter()
                for task in 0..<300 {
                    group.addTask {
                        // Each channel has three listeners.
                        let notes = try await pool.listen("channel \(task % 100)")
                        ready.increment()
                        for await note in notes {
                            #expect(note.payload == "\(task % 100)")
                            break
                        }
                    }
                }
                #expect(try await eventually { ready.value == 300 })
                #expect(try await observer.backends(named: name) == 1)
                for channel in 0..<100 { try await observer.notify("channel \(channel)", "\(channel)") }
                try await group.waitForAll()
            }
            #expect(try await eventually { try await observer.backends(named: name) == 0 })
            // And once more from the beginning.
            let notes = try await pool.listen("channel 1")
            try await observer.notify("channel 1", "again")
            #expect(await payloads(1, of: notes) == ["again"])
        }
    }

    @Test("listeners come and go all the time, and none misses what is sent while it listens") func comingAndGoing()
        async throws
    {
        try await withListeningPool { pool, observer, _ in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<8 {
                    group.addTask {
                        for round in 0..<25 {
                            let channel = "c\(Int.random(in: 0..<3))"
                            let notes = try await pool.listen(channel)
                            let mine = "\(task) \(round)"
                            try await pool.notify(channel, mine)
                            for await note in notes where note.payload == mine { break }
                        }
                    }
                }
                try await group.waitForAll()
            }
            try await observer.check()
        }
    }

    @Test("trap 70: who does not read has the newest, a gap that counts the rest, and little memory")
    func slowConsumer()
        async throws
    {
        try await withListeningPool { pool, observer, _ in
            let slow = try await pool.listen("jobs", buffer: 10)
            let fast = try await pool.listen("jobs", buffer: 100_000)
            try await observer.execute(
                "SELECT pg_notify('jobs', n || repeat('x', 1000)) FROM generate_series(1, 5000) n")
            #expect(await payloads(5000, of: fast).count == 5000)
            var events: [PostgresListenEvent] = []
            for await event in slow.events {
                events.append(event)
                if events.count == 11 { break }
            }
            #expect(events.first == .gap(PostgresListenGap(dropped: 4990)))
            for (event, number) in zip(events.dropFirst(), 4991...5000) {
                guard case .notification(let note) = event else {
                    Issue.record("\(event)")
                    continue
                }
                #expect(note.payload.hasPrefix("\(number)x"))
            }
        }
    }

    @Test("cancelling the task that reads ends the loop, and the server's session with it") func cancelled()
        async throws
    {
        try await withListeningPool { pool, observer, name in
            for _ in 0..<10 {
                let hasBegun = Signal()
                let task = Task {
                    let notes = try await pool.listen("jobs")
                    hasBegun.set()
                    for await _ in notes {}
                }
                await hasBegun.wait()
                task.cancel()
                try await task.value
            }
            #expect(try await eventually { try await observer.backends(named: name) == 0 })
        }
    }

    @Test("closing the pool ends every loop") func closing() async throws {
        try await withListeningPool { pool, observer, name in
            let tasks = (0..<5).map { number in
                Task { for await _ in try await pool.listen("c\(number)") {} }
            }
            #expect(try await eventually { try await observer.backends(named: name) == 1 })
            await pool.close()
            for task in tasks { _ = await task.result }
            let error = try await failure { try await pool.listen("c1") }
            #expect(error.code == .poolClosed)
        }
    }

    @Test("over one's own connection, beside what else it does", .needsOwnServerProcess("LISTEN belongs to a session"))
    func ownConnection() async throws {
        try await TestServer.withDatabase { configuration in
            try await withConnection(configuration) { connection in
                let notes = try await connection.listen(to: ["a", "b"])
                for number in 0..<50 {
                    try await connection.notify(number % 2 == 0 ? "a" : "b", "\(number)")
                    try await connection.check()
                }
                #expect(await payloads(50, of: notes) == (0..<50).map(String.init))
                notes.end()
                #expect(
                    try await eventually {
                        try await connection.value("SELECT count(*) FROM pg_listening_channels()", as: Int.self) == 0
                    })
                let inside = try await failure {
                    try await connection.withTransaction { _ in try await connection.listen("a") }
                }
                #expect(inside.code == .invalidUse)
            }
        }
    }

    @Test("trap 54: a connection of a pool does not listen, so that nobody gets it listening") func pooledConnection()
        async throws
    {
        try await withListeningPool { pool, _, _ in
            let error = try await failure {
                try await pool.withConnection { connection in try await connection.listen("jobs") }
            }
            #expect(error.code == .invalidUse)
            #expect(error.description.contains("pool"))
        }
    }
}
