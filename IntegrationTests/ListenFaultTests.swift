import Foundation
import Postgres
import PostgresLocks
import PostgresTestKit
import Testing

/// Listening through a network that fails.
@Suite(.serialized, .timeLimit(.minutes(5)), .enabled(if: TestServer.givenURL == nil)) struct ListenFaultTests {
    /// Runs `body` with a pool that reaches the server by way of a proxy, and with a connection that does not.
    private func throughProxy(
        _ listening: PostgresListenOptions, counting attempts: Attempts? = nil,
        _ body: (PostgresPool, FaultProxy, PostgresConnection, String) async throws -> Void
    ) async throws {
        let name = uniqueName("fault")
        let proxy = try FaultProxy(port: TestServer.temporary.networkConfiguration.port)
        var configuration = try TestServer.networkConfiguration.named(name)
        configuration.host = "127.0.0.1"
        configuration.port = proxy.port
        configuration.tls = .disable
        configuration.cancelTimeout = .seconds(1)
        configuration.connectTimeout = .seconds(2)
        if let attempts { configuration.tracers = [attempts] }
        let pool = try PostgresPool(configuration, listening: listening)
        try await withConnection(TestServer.directConfiguration) { observer in
            do {
                try await body(pool, proxy, observer, name)
            } catch {
                await pool.close()
                throw error
            }
            await pool.close()
            proxy.stop()
            #expect(try await eventually { try await observer.backends(named: name) == 0 })
        }
    }

    private let quick = PostgresListenOptions(
        keepAliveInterval: nil, shortestPause: .milliseconds(10), longestPause: .milliseconds(100))

    @Test("trap 68: a connection lost and restored between two NOTIFYs: LISTEN again, then the gap, then what comes")
    func lostAndRestored() async throws {
        let channel = uniqueName("c")
        try await throughProxy(quick) { pool, proxy, observer, _ in
            var iterator = try await pool.listen(channel).events.makeAsyncIterator()
            for round in 0..<5 {
                try await observer.notify(channel, "heard \(round)")
                guard case .notification(let heard) = await iterator.next() else {
                    Issue.record("no notification in round \(round)")
                    return
                }
                #expect(heard.payload == "heard \(round)")
                proxy.refuse()
                proxy.cut()
                let lost = Date()
                try await observer.notify(channel, "lost")
                proxy.forward()
                guard case .gap(let gap) = await iterator.next() else {
                    Issue.record("no gap in round \(round)")
                    return
                }
                let outage = try #require(gap.outage)
                #expect(outage.contains(lost))
                // The gap says that LISTEN is in force: this one arrives.
            }
        }
    }

    @Test("trap 68: ended by an administrator, twenty listeners have a gap each and one connection") func terminated()
        async throws
    {
        let channel = uniqueName("c")
        try await throughProxy(quick) { pool, _, observer, name in
            try await withThrowingTaskGroup(of: Void.self) { group in
                let ready = Counter()
                for _ in 0..<20 {
                    group.addTask {
                        let events = try await pool.listen(channel).events
                        ready.increment()
                        var gaps = 0
                        for await event in events {
                            guard case .notification = event else {
                                gaps += 1
                                ready.increment()
                                continue
                            }
                            break
                        }
                        #expect(gaps == 1)
                    }
                }
                #expect(try await eventually { ready.value == 20 })
                try await observer.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = \(name)")
                #expect(try await eventually { ready.value == 40 })
                #expect(try await observer.backends(named: name) == 1)
                try await observer.notify(channel)
                try await group.waitForAll()
            }
        }
    }

    @Test("a network that swallows everything is found out by asking") func blackHole() async throws {
        let channel = uniqueName("c")
        let listening = PostgresListenOptions(
            keepAliveInterval: .milliseconds(200), keepAliveTimeout: .seconds(2), shortestPause: .milliseconds(10),
            longestPause: .milliseconds(100))
        let attempts = Attempts()
        try await throughProxy(listening, counting: attempts) { pool, proxy, observer, _ in
            var iterator = try await pool.listen(channel).events.makeAsyncIterator()
            // Asked several times already, and nothing was amiss.
            try await Task.sleep(for: .seconds(1))
            try await observer.notify(channel, "1")
            guard case .notification = await iterator.next() else {
                Issue.record("a gap without a reason")
                return
            }
            proxy.freeze()
            let before = attempts.count
            try await observer.notify(channel, "lost")
            // The client has given the connection up: with it goes what the proxy holds back.
            #expect(try await eventually { attempts.count > before })
            proxy.forward()
            guard case .gap = await iterator.next() else {
                Issue.record("no gap")
                return
            }
            try await observer.notify(channel, "3")
            #expect(await iterator.next() == .notification(try note(channel, "3", observer)))
        }
    }

    private func note(
        _ channel: String, _ payload: String, _ sender: PostgresConnection
    ) throws -> PostgresNotification {
        PostgresNotification(channel: channel, payload: payload, processID: try #require(sender.serverProcessID))
    }
}

/// Counts how often a connection is begun.
private final class Attempts: PostgresTracer {
    private let begun = Atomic<Int>(0)

    var count: Int { begun.load(ordering: .relaxed) }

    func begin(_ operation: PostgresOperation) -> (any PostgresSpan)? {
        if operation.kind == .connect { begun.wrappingAdd(1, ordering: .relaxed) }
        return nil
    }
}
