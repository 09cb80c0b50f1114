import Foundation
import PostgresTestKit
import Testing

@testable import Postgres

/// Connecting comes to an end, whatever the server and the rest of the program do.
@Suite(.timeLimit(.minutes(2))) struct ConnectBoundsTests {
    // MARK: A loop that is kept busy

    /// Keeps the thread of a connection's loop busy while `body` runs.
    private func withBusyLoop(_ body: (Session) async throws -> Void) async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerCheck()
            try s.expectEnd()
        }
        let connection = PostgresConnection(
            session: try await Connector(PostgresConfiguration(server), loop: EventLoops.separate()).connect())
        let isBusy = Signal()
        let mayEnd = Mutex()
        let blocker = Task {
            try await connection.withConnection { connection in
                // The thread changes with the first suspension.
                await connection.check()
                isBusy.set()
                mayEnd.waitUntilSet()
            }
        }
        await isBusy.wait()
        do { try await body(connection.session) } catch {
            mayEnd.set()
            throw error
        }
        mayEnd.set()
        try await blocker.value
        await connection.close()
        try await server.finished()
    }

    /// Set by one thread, waited for by another that has to stand still.
    private final class Mutex: Sendable {
        private let semaphore = DispatchSemaphore(value: 0)
        func set() { semaphore.signal() }
        func waitUntilSet() { semaphore.wait() }
    }

    @Test("trap 1: the deadline holds while somebody's code keeps the loop's thread") func deadlineWithABusyLoop()
        async throws
    {
        let server = try ScriptedServer { s in s.delay(.seconds(60)) }
        var configuration = PostgresConfiguration(server)
        configuration.connectTimeout = .milliseconds(100)
        try await withBusyLoop { [configuration] session in
            let error = try await promptly {
                try await failure { try await Connector(configuration, loop: session.loop, grace: 0).connect() }
            }
            #expect(error.code == .timeout)
        }
        server.stop()
    }

    @Test("trap 2: so does cancellation") func cancellationWithABusyLoop() async throws {
        let server = try ScriptedServer { s in s.delay(.seconds(60)) }
        let configuration = PostgresConfiguration(server)
        try await withBusyLoop { session in
            let loop = session.loop
            let task = Task { try await Connector(configuration, loop: loop).connect() }
            try await Task.sleep(for: .milliseconds(50))
            task.cancel()
            let error = try await promptly { try await failure { try await task.value } }
            #expect(error.code == .cancelled)
        }
        server.stop()
    }

    @Test("trap 2: a connection that comes when nobody waits any more is closed") func comesTooLate() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.expect("X")
            try s.expectEnd()
        }
        let configuration = PostgresConfiguration(server)
        let loop = try EventLoops.separate()
        let race = ConnectRace(deadline: .max, grace: 0, server: "")
        let hasBegun = Signal()
        let isGivenUp = Signal()
        let task = Task {
            try await race.run(on: loop) { () async throws(PostgresError) -> Session in
                hasBegun.set()
                await isGivenUp.wait()
                // Does not hear of the cancellation either.
                let late = await Task { () -> Result<Session, PostgresError> in
                    do throws(PostgresError) {
                        return .success(try await Connector(configuration, loop: loop).connect())
                    } catch {
                        return .failure(error)
                    }
                }.value
                return try late.get()
            }
        }
        await hasBegun.wait()
        task.cancel()
        let error = try await promptly { try await failure { try await task.value } }
        #expect(error.code == .cancelled)
        isGivenUp.set()
        try await server.finished()
    }

    @Test("trap 2: what was given up before the loop came to it opens no socket") func givenUpBeforeItBegins()
        async throws
    {
        let server = try ScriptedServer { s in s.delay(.seconds(60)) }
        let configuration = PostgresConfiguration(server)
        let loop = try EventLoops.separate()
        let addresses = try await AddressLookup.addresses(of: configuration.hosts[0], loop: loop, deadline: .max)
        let session = Session(
            loop: loop, configuration: configuration, host: configuration.hosts[0],
            address: try #require(addresses.first), security: .plaintext,
            purpose: .queries(StartupOptions(version: .v3_0)))
        session.abort(ConnectRace.cancelled)
        let isOver = Signal()
        session.connect(deadline: .max) { error in
            #expect(error?.code == .cancelled)
            isOver.set()
        }
        for _ in 0..<1000 where !isOver.isSet { try await Task.sleep(for: .milliseconds(10)) }
        #expect(isOver.isSet)
        #expect(session.change { state, _ in state.registration == nil && state.phase == .closed })
        server.stop()
    }

    // MARK: Servers that lie about lengths, or never stop

    @Test(
        "trap 17: before authentication no message is long",
        arguments: [("R", 30_001), ("E", 30_001), ("N", 30_001), ("v", 30_001), ("R", 0), ("R", 3), ("E", -1)])
    func lengthsBeforeAuthentication(kind: Character, length: Int32) async throws {
        let server = try ScriptedServer { s in
            try s.acceptStartup()
            try s.send(.raw([kind.asciiValue ?? 0] + withUnsafeBytes(of: length.bigEndian) { Array($0) }))
            try s.expectEnd()
        }
        let error = try await promptly { try await failure { try await PostgresConnection.connect(to: server) } }
        #expect(error.code == .protocolViolation)
        try await server.finished()
    }

    /// What a server may send without end.
    private enum Endless: String, CaseIterable, CustomTestStringConvertible {
        case notices, passwords, negotiations, settings, notes, keys

        var testDescription: String { rawValue }

        /// What comes once, and what comes again and again.
        var messages: (once: [BackendMessage], again: BackendMessage) {
            switch self {
            case .notices: ([], .notice("hello"))
            case .passwords: ([], .authenticationCleartextPassword)
            case .negotiations: ([], .negotiateProtocolVersion(3 << 16))
            case .settings: ([.authenticationOk], .parameterStatus("name", String(repeating: "x", count: 1000)))
            case .notes: ([.authenticationOk], .notice(""))
            case .keys: ([.authenticationOk], .backendKeyData(processID: 1))
            }
        }
    }

    @Test(
        "trap 17: a startup that never ends is none, encrypted or not", arguments: Endless.allCases, [false, true])
    private func endless(what: Endless, isEncrypted: Bool) async throws {
        let tls = try ScriptedTLS()
        let server = try ScriptedServer(patience: .seconds(60)) { s in
            if isEncrypted { try s.acceptTLS(tls) } else { try s.accept() }
            try s.expect("0")
            let (once, again) = what.messages
            try s.send(once)
            let many = Array(repeating: again, count: 200)
            while true { try s.send(many) }
        }
        var configuration = PostgresConfiguration(server, tls: isEncrypted ? .require : .disable)
        configuration.connectTimeout = .seconds(60)
        configuration.maximumProtocol = .v3_2
        configuration.minimumProtocol = what == .negotiations ? .v3_0 : .v3_2
        let error = try await promptly { [configuration] in
            try await failure { try await PostgresConnection.connect(configuration) }
        }
        #expect(error.code == .protocolViolation, "\(error)")
        server.stop()
    }

    @Test("trap 17: a server that sends without end while somebody is asked for the password")
    func floodBeforeThePassword() async throws {
        let server = try ScriptedServer(patience: .seconds(60)) { s in
            try s.accept()
            try s.expect("0")
            try s.send(.authenticationCleartextPassword)
            let many = Array(repeating: BackendMessage.notice(String(repeating: "x", count: 2000)), count: 100)
            while true { try s.send(many) }
        }
        var configuration = PostgresConfiguration(server)
        configuration.passwordProvider = {
            try await Task.sleep(for: .seconds(300))
            return ""
        }
        let error = try await failure { [configuration] in try await PostgresConnection.connect(configuration) }
        #expect(error.code == .protocolViolation, "\(error)")
        server.stop()
    }

    @Test("a server that talks without end does not keep the others of its loop waiting") func floodOverTLS()
        async throws
    {
        let tls = try ScriptedTLS()
        let flooding = try ScriptedServer(patience: .seconds(60)) { s in
            try s.acceptTLS(tls)
            try s.expect("0")
            try s.send(.authenticationOk, .backendKeyData(processID: 1), .readyForQuery())
            let many = Array(repeating: BackendMessage.notice(String(repeating: "x", count: 2000)), count: 500)
            while true { try s.send(many) }
        }
        let silent = try ScriptedServer(patience: .seconds(60)) { s in
            try s.acceptStartup()
            try s.send(.authenticationOk, .readyForQuery())
            try s.expect("P", "D", "S")
            try s.expectEnd()
        }
        let flooded = PostgresConnection(
            session: try await Connector(
                PostgresConfiguration(flooding, tls: .require), loop: EventLoops.separate()
            ).connect())
        let other = PostgresConnection(
            session: try await Connector(PostgresConfiguration(silent), loop: flooded.session.loop).connect())
        let error = try await promptly {
            try await failure { try await other.execute("SELECT 1", timeout: .milliseconds(200)) }
        }
        #expect(error.code == .timeout)
        await flooded.close()
        flooding.stop()
        try await silent.finished()
    }

    @Test("a server that answers a cancel with a flood") func floodOnTheCancelConnection() async throws {
        let server = try ScriptedServer(patience: .seconds(60)) { s in
            try s.acceptSession()
            try s.answerPrepare()
            try s.expect("B", "E", "S")
            let canceller = try s.accept()
            try canceller.readStartup()
            let many = Array(repeating: BackendMessage.notice(String(repeating: "x", count: 1000)), count: 100)
            while (try? canceller.send(many)) != nil {}
        }
        var configuration = PostgresConfiguration(server)
        configuration.cancelTimeout = .seconds(1)
        let connection = try await PostgresConnection.connect(configuration)
        let error = try await promptly { try await connection.cancelRunningStatement(server) }
        #expect(error.code == .cancelled)
        #expect(!connection.isOpen)
        server.stop()
    }

    // MARK: More clients than a listener queues

    @Test("a unix socket whose queue is full is tried again until the deadline") func crowdedSocket() async throws {
        try await withTemporaryDirectory { directory in
            let count = 60
            let server = try ScriptedServer(on: .unixSocket(directory: directory), patience: .seconds(60)) { s in
                // The queue fills up meanwhile.
                s.delay(.milliseconds(300))
                var connections: [ScriptedConnection] = []
                for _ in 0..<count {
                    let connection = try s.accept()
                    try connection.readStartup()
                    try connection.send(.authenticationOk, .readyForQuery())
                    connections.append(connection)
                }
                for connection in connections { try connection.expectEnd() }
            }
            var configuration = PostgresConfiguration(server)
            configuration.host = directory
            configuration.connectTimeout = .seconds(60)
            try await withThrowingTaskGroup(of: PostgresConnection.self) { [configuration] group in
                for _ in 0..<count { group.addTask { try await PostgresConnection.connect(configuration) } }
                var connections: [PostgresConnection] = []
                for try await connection in group { connections.append(connection) }
                #expect(connections.count == count)
                for connection in connections { await connection.close() }
            }
            try await server.finished()
        }
    }
}
