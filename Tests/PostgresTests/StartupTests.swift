import PostgresTestKit
import Testing

@testable import Postgres

/// Where a server stops being one.
private enum Stage: String, CaseIterable, CustomTestStringConvertible {
    case accepted, askedForTLS, refusedTLS, startedUp, askedForPassword, askedForSASL, letIn, gaveKey

    var testDescription: String { rawValue }

    /// How the client asks for TLS, where that matters.
    var mode: PostgresTLS.Mode {
        switch self {
        case .askedForTLS: .require
        case .refusedTLS: .prefer
        default: .disable
        }
    }

    /// Plays the server up to here.
    func play(_ s: ScriptedSession) throws {
        try s.accept()
        switch self {
        case .accepted:
            return
        case .askedForTLS:
            try s.expect("8")
            return
        case .refusedTLS:
            try s.expect("8")
            try s.send(.raw([UInt8(ascii: "N")]))
        default:
            break
        }
        try s.expect("0")
        switch self {
        case .askedForPassword:
            try s.send(.authenticationCleartextPassword)
            try s.expect("p")
        case .askedForSASL:
            try s.send(.authenticationSASL(["SCRAM-SHA-256"]))
            try s.expect("p")
        case .letIn:
            try s.send(.authenticationOk)
        case .gaveKey:
            try s.send(.authenticationOk, .parameterStatus("server_version", "16.0"), .backendKeyData(processID: 1))
        default:
            break
        }
    }
}

@Suite(.timeLimit(.minutes(3))) struct StartupTests {
    // MARK: Deadlines and cancellation

    @Test("trap 1: the connect deadline covers the whole way", arguments: Stage.allCases)
    private func silenceEndsAtTheDeadline(stage: Stage) async throws {
        let server = try ScriptedServer { s in
            try stage.play(s)
            // A message that is begun and never ended.
            if stage == .letIn { try s.send(.raw([UInt8(ascii: "S"), 0, 0])) }
            if stage == .accepted { try s.expect("0") }
            try s.expectEnd()
        }
        var configuration = PostgresConfiguration(server, tls: stage.mode)
        // Long enough for a busy machine to come as far as the stage that is silent.
        configuration.connectTimeout = .seconds(2)
        let start = ContinuousClock.now
        let error = try await promptly { try await failure { try await PostgresConnection.connect(configuration) } }
        #expect(ContinuousClock.now - start >= .seconds(2))
        #expect(error.code == .timeout)
        #expect(error.safeToRetry)
        try await server.finished()
    }

    @Test("trap 2: a cancelled task stops connecting at once and closes the socket", arguments: Stage.allCases)
    private func cancellationStopsConnecting(stage: Stage) async throws {
        let server = try ScriptedServer { s in
            try stage.play(s)
            if stage == .accepted { try s.expect("0") }
            try s.expectEnd()
        }
        let configuration = PostgresConfiguration(server, tls: stage.mode)
        let task = Task { try await PostgresConnection.connect(configuration) }
        try await server.received(stage == .askedForTLS ? "8" : "0")
        if stage == .askedForPassword || stage == .askedForSASL { try await server.received("p") }
        task.cancel()
        let error = try await promptly { try await failure { try await task.value } }
        #expect(error.code == .cancelled)
        try await server.finished()
    }

    @Test("trap 2: a task that was cancelled before", arguments: [true, false])
    func cancelledBefore(isUnixSocket: Bool) async throws {
        try await withTemporaryDirectory { directory in
            let server = try ScriptedServer(on: isUnixSocket ? .unixSocket(directory: directory) : .loopback) { s in
                try s.accept()
                try s.expectEnd()
            }
            var configuration = PostgresConfiguration(server)
            if isUnixSocket { configuration.host = directory }
            let task = Task { [configuration] in
                while !Task.isCancelled { await Task.yield() }
                return try await PostgresConnection.connect(configuration)
            }
            task.cancel()
            let error = try await promptly { try await failure { try await task.value } }
            #expect(error.code == .cancelled)
            server.stop()
        }
    }

    @Test("trap 2: hundreds of connections given up leave no descriptor") func leaksNoDescriptor() async throws {
        let count = 200
        let server = try ScriptedServer { s in
            for _ in 0..<count {
                try s.accept()
                try s.expect("0")
                try s.send(.authenticationOk)
                try s.expectEnd()
            }
        }
        let configuration = PostgresConfiguration(server)
        for index in 0..<count {
            let task = Task { try await PostgresConnection.connect(configuration) }
            try await server.received("0", count: index + 1)
            task.cancel()
            _ = await task.result
        }
        // The server has seen each of them end.
        try await server.finished()
    }

    // MARK: Servers that go away or are none

    @Test("the server closes the connection before it is ready", arguments: Stage.allCases, [true, false])
    private func closesBeforeReady(stage: Stage, withReset: Bool) async throws {
        let server = try ScriptedServer { s in
            try stage.play(s)
            if withReset { s.cut() } else { s.close() }
        }
        let configuration = PostgresConfiguration(server, tls: stage.mode)
        let error = try await promptly { try await failure { try await PostgresConnection.connect(configuration) } }
        #expect([.connectionFailed, .connectionClosed].contains(error.code))
        try await server.finished()
    }

    /// The first words of servers of other protocols.
    enum Stranger: String, CaseIterable {
        case http = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"
        case smtp = "220 mail.example.com ESMTP\r\n"
        case redis = "-ERR unknown command\r\n"
        case ssh = "SSH-2.0-OpenSSH_9.2\r\n"
        case mysql = "J\u{0}\u{0}\u{0}\n8.0.35\u{0}\u{0}\u{0}\u{0}"
    }

    @Test(
        "something other than PostgreSQL answers", arguments: Stranger.allCases,
        [PostgresTLS.Mode.disable, .prefer, .require])
    func refusesOtherProtocols(stranger: Stranger, mode: PostgresTLS.Mode) async throws {
        let server = try ScriptedServer { s in
            try s.accept()
            try s.expect(mode == .disable ? "0" : "8")
            try s.send(.raw(Array(stranger.rawValue.utf8)))
            // With `prefer` there may be a second attempt, without TLS.
            try s.accept()
            try s.expect("0")
            try s.send(.raw(Array(stranger.rawValue.utf8)))
            s.delay(.seconds(10))
        }
        let configuration = PostgresConfiguration(server, tls: mode)
        let error = try await promptly { try await failure { try await PostgresConnection.connect(configuration) } }
        #expect([.protocolViolation, .tlsFailed].contains(error.code))
        #expect(error.advice != nil)
        server.stop()
    }

    @Test("trap 17: a message that is far too long is refused, not gathered", arguments: ["R", "E", "S"])
    func refusesLongMessages(kind: Character) async throws {
        let server = try ScriptedServer { s in
            try s.acceptStartup()
            if kind == "S" { try s.send(.authenticationOk) }
            try s.send(.raw([kind.asciiValue ?? 0, 0x20, 0, 0, 0]))
            try s.expectEnd()
        }
        let error = try await promptly { try await failure { try await PostgresConnection.connect(to: server) } }
        #expect(error.code == .protocolViolation)
        try await server.finished()
    }

    @Test(
        "messages that have no place in a startup",
        arguments: [
            [BackendMessage.readyForQuery()], [.backendKeyData(processID: 1)], [.parameterStatus("a", "b")],
            [.authenticationOk, .authenticationOk], [.authenticationOk, .authenticationCleartextPassword],
            [.authenticationOk, .rowDescription([])], [.authenticationOk, .message("!")],
            [.authenticationSASLContinue("r=x")], [.authenticationSASLFinal("v=x")], [.bindComplete],
            [.negotiateProtocolVersion(3 << 16)], [.authenticationOk, .readyForQuery("?")],
            [.authenticationMD5Password(salt: [1, 2])], [.message("R")],
        ])
    func refusesUnexpectedMessages(messages: [BackendMessage]) async throws {
        let server = try ScriptedServer { s in
            try s.acceptStartup()
            try s.send(messages)
            if messages.last?.bytes.first == UInt8(ascii: "R"), messages.count == 2 { _ = try? s.read() }
            s.delay(.seconds(10))
        }
        let error = try await promptly { try await failure { try await PostgresConnection.connect(to: server) } }
        #expect(error.code == .protocolViolation)
        server.stop()
    }

    // MARK: Authentication

    @Test(
        "methods that are not spoken are named",
        arguments: [(Int32(2), "Kerberos"), (7, "GSSAPI"), (9, "SSPI"), (42, "42")])
    func namesUnsupportedMethods(code: Int32, name: String) async throws {
        let server = try ScriptedServer { s in
            try s.acceptStartup()
            try s.send(.authentication(code))
            try s.expectEnd()
        }
        let error = try await failure { try await PostgresConnection.connect(to: server) }
        #expect(error.code == .authenticationFailed)
        #expect(error.message.contains(name))
    }

    @Test func saysThatAPasswordIsMissing() async throws {
        let server = try ScriptedServer { s in
            try s.acceptStartup()
            try s.send(.authenticationCleartextPassword)
            try s.expectEnd()
        }
        var configuration = PostgresConfiguration(server)
        configuration.password = nil
        let error = try await failure { [configuration] in try await PostgresConnection.connect(configuration) }
        #expect(error.code == .authenticationFailed)
        #expect(error.advice?.contains("PGPASSWORD") == true)
    }

    /// What a SCRAM server sends instead of the right thing.
    struct Impostor: Sendable, CustomTestStringConvertible {
        var testDescription: String
        /// Made of the client's nonce.
        var first: @Sendable (String) -> String
        var final: [BackendMessage]
    }

    static let impostors: [Impostor] = [
        Impostor(
            testDescription: "trap 6: wrong signature", first: { "r=\($0)srv,s=c2FsdHNhbHQ=,i=4096" },
            final: [.authenticationSASLFinal("v=d3Jvbmd3cm9uZ3dyb25nd3Jvbmd3cm9uZ3dyb25nd3I="), .authenticationOk]),
        Impostor(
            testDescription: "trap 6: no signature", first: { "r=\($0)srv,s=c2FsdHNhbHQ=,i=4096" },
            final: [.authenticationOk, .backendKeyData(processID: 1), .readyForQuery()]),
        Impostor(
            testDescription: "trap 6: an error instead of a signature", first: { "r=\($0)srv,s=c2FsdHNhbHQ=,i=4096" },
            final: [.authenticationSASLFinal("e=other-error"), .authenticationOk, .readyForQuery()]),
        Impostor(
            testDescription: "trap 6: an empty signature", first: { "r=\($0)srv,s=c2FsdHNhbHQ=,i=4096" },
            final: [.authenticationSASLFinal("v="), .authenticationOk, .readyForQuery()]),
        Impostor(
            testDescription: "a nonce that is not ours", first: { _ in "r=somebodyelse,s=c2FsdHNhbHQ=,i=4096" },
            final: []),
        Impostor(testDescription: "our nonce and nothing more", first: { "r=\($0),s=c2FsdHNhbHQ=,i=4096" }, final: []),
        Impostor(
            testDescription: "trap 5: 2^31 iterations", first: { "r=\($0)srv,s=c2FsdHNhbHQ=,i=2147483648" }, final: []),
        Impostor(testDescription: "no salt", first: { "r=\($0)srv,i=4096" }, final: []),
    ]

    @Test(arguments: impostors) func refusesImpostors(impostor: Impostor) async throws {
        let server = try ScriptedServer { s in
            try s.acceptStartup()
            try s.send(.authenticationSASL(["SCRAM-SHA-256"]))
            guard case .password(let bytes) = try s.read() else { return }
            let nonce = String(decoding: bytes, as: UTF8.self).split(separator: "r=").last.map(String.init) ?? ""
            try s.send(.authenticationSASLContinue(impostor.first(nonce)))
            if !impostor.final.isEmpty {
                try s.expect("p")
                try s.send(impostor.final)
            }
            try s.expectEnd()
        }
        let error = try await promptly { try await failure { try await PostgresConnection.connect(to: server) } }
        #expect(error.code == .authenticationFailed)
        try await server.finished()
    }

    @Test("trap 6: AuthenticationOk in the middle of SCRAM") func refusesAShortCut() async throws {
        let server = try ScriptedServer { s in
            try s.acceptStartup()
            try s.send(.authenticationSASL(["SCRAM-SHA-256"]))
            try s.expect("p")
            try s.send(.authenticationOk, .readyForQuery())
            try s.expectEnd()
        }
        let error = try await failure { try await PostgresConnection.connect(to: server) }
        #expect(error.code == .authenticationFailed)
        try await server.finished()
    }

    @Test func refusesUnknownMechanisms() async throws {
        let server = try ScriptedServer { s in
            try s.acceptStartup()
            try s.send(.authenticationSASL(["SCRAM-SHA-1", "EXTERNAL"]))
            try s.expectEnd()
        }
        let error = try await failure { try await PostgresConnection.connect(to: server) }
        #expect(error.code == .authenticationFailed)
        #expect(error.message.contains("SCRAM-SHA-1"))
    }

    // MARK: Refusals

    @Test(
        "trap 15: what the server refuses with, and whether trying again may help",
        arguments: [
            (SQLState.invalidPassword, PostgresError.Code.authenticationFailed, false),
            (.invalidAuthorizationSpecification, .authenticationFailed, false),
            (.invalidCatalogName, .server, false), (.tooManyConnections, .server, true),
            (.cannotConnectNow, .server, true),
        ])
    func tellsRefusalsApart(state: SQLState, code: PostgresError.Code, isRetryable: Bool) async throws {
        let server = try ScriptedServer { s in
            try s.acceptStartup()
            try s.send(.error(state, "abgelehnt", severity: "FATAL"))
            s.close()
        }
        let error = try await failure { try await PostgresConnection.connect(to: server) }
        #expect(error.code == code)
        #expect(error.sqlState == state)
        #expect(error.safeToRetry == isRetryable)
        #expect(error.advice != nil)
    }

    // MARK: What is sent and kept

    @Test func sendsItsSettings() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.expectEnd()
        }
        var configuration = PostgresConfiguration(server)
        configuration.applicationName = "tests"
        configuration.parameters = ["search_path": "app"]
        let connection = try await PostgresConnection.connect(configuration)
        #expect(
            server.received == [
                .startup(
                    version: 196_608,
                    parameters: [
                        "user": "bob", "database": "shop", "client_encoding": "UTF8", "application_name": "tests",
                        "search_path": "app",
                    ])
            ])
        #expect(connection.serverParameters["server_version"] == "16.0")
        #expect(connection.serverProcessID == 4711)
        #expect(connection.isOpen && !connection.isInTransaction)
        await connection.close()
        #expect(!connection.isOpen)
        try await server.finished()
    }

    @Test("a connection that nobody holds is closed") func closesWhenForgotten() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.expect("X")
            try s.expectEnd()
        }
        _ = try await PostgresConnection.connect(to: server)
        try await server.finished()
    }

    @Test("what comes behind the startup in one piece is not lost") func takesEverythingAtOnce() async throws {
        let server = try ScriptedServer { s in
            try s.acceptStartup()
            try s.send([
                .authenticationOk, .notice("welcome"), .backendKeyData(processID: 1), .readyForQuery(),
                .parameterStatus("TimeZone", "UTC"), .notice("behind"),
            ])
            try s.answerCheck()
        }
        let connection = try await PostgresConnection.connect(to: server)
        await connection.check()
        #expect(connection.serverParameters["TimeZone"] == "UTC")
        try await server.finished()
    }
}
