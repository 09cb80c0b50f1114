import Postgres
import PostgresTestKit
import Testing

/// What comes before the handshake; the handshake itself is tested with a real server.
@Suite(.timeLimit(.minutes(3))) struct TLSNegotiationTests {
    private static let agreement = BackendMessage.raw([UInt8(ascii: "S")])
    private static let refusal = BackendMessage.raw([UInt8(ascii: "N")])

    @Test(
        "trap 8: plaintext behind the server's agreement is tampering",
        arguments: [PostgresTLS.Mode.require, .verifyFull])
    func refusesInjectedPlaintext(mode: PostgresTLS.Mode) async throws {
        let server = try ScriptedServer { s in
            try s.accept()
            try s.expect("8")
            try s.send(Self.agreement, .authenticationOk, .readyForQuery())
            try s.expectEnd()
        }
        let error = try await promptly {
            try await failure { try await PostgresConnection.connect(PostgresConfiguration(server, tls: mode)) }
        }
        #expect(error.code == .tlsFailed)
        #expect(error.advice?.contains("tampering") == true)
        try await server.finished()
    }

    @Test("trap 8: plaintext behind a refusal is no answer") func refusesBytesBehindARefusal() async throws {
        let server = try ScriptedServer { s in
            try s.accept()
            try s.expect("8")
            try s.send(Self.refusal, .authenticationOk, .readyForQuery())
            try s.expectEnd()
        }
        let error = try await failure {
            try await PostgresConnection.connect(PostgresConfiguration(server, tls: .prefer))
        }
        #expect(error.code == .protocolViolation)
        try await server.finished()
    }

    @Test("a server without TLS", arguments: [PostgresTLS.Mode.require, .verifyCA, .verifyFull])
    func neverFallsBackWhereTLSIsAskedFor(mode: PostgresTLS.Mode) async throws {
        let server = try ScriptedServer { s in
            try s.accept()
            try s.expect("8")
            try s.send(Self.refusal)
            try s.expectEnd()
            // Nor is there another attempt.
            try s.accept()
        }
        let error = try await promptly {
            try await failure { try await PostgresConnection.connect(PostgresConfiguration(server, tls: mode)) }
        }
        #expect(error.code == .tlsFailed)
        #expect(error.message.contains("sslmode=\(mode.rawValue)"))
        #expect(error.advice != nil)
        server.stop()
        await #expect(throws: ScriptFailure.self) { try await server.finished() }
        #expect(server.received == [.sslRequest])
    }

    @Test("trap 9: prefer goes on without TLS when the handshake fails") func prefersTLSOnly() async throws {
        let server = try ScriptedServer { s in
            try s.accept()
            try s.expect("8")
            try s.send(Self.agreement)
            // A fatal alert: handshake_failure.
            try s.newest().skipBytes()
            try s.send(.raw([21, 3, 3, 0, 2, 2, 40]))
            s.close()
            try s.accept()
            try s.expect("0")
            try s.send(.authenticationOk, .readyForQuery())
            try s.answerCheck()
        }
        let connection = try await promptly {
            try await PostgresConnection.connect(PostgresConfiguration(server, tls: .prefer))
        }
        await connection.check()
        try await server.finished()
    }

    @Test("trap 9: require never does", arguments: [PostgresTLS.Mode.require, .verifyFull])
    func requireDoesNotFallBack(mode: PostgresTLS.Mode) async throws {
        let server = try ScriptedServer { s in
            try s.accept()
            try s.expect("8")
            try s.send(Self.agreement)
            try s.newest().skipBytes()
            try s.send(.raw([21, 3, 3, 0, 2, 2, 40]))
            s.close()
            try s.accept()
        }
        let error = try await promptly {
            try await failure { try await PostgresConnection.connect(PostgresConfiguration(server, tls: mode)) }
        }
        #expect(error.code == .tlsFailed)
        #expect(server.received == [.sslRequest])
    }

    @Test("trap 1: a handshake that never ends") func theDeadlineCoversTheHandshake() async throws {
        let server = try ScriptedServer { s in
            try s.accept()
            try s.expect("8")
            try s.send(Self.agreement)
            s.delay(.seconds(10))
        }
        var configuration = PostgresConfiguration(server, tls: .require)
        configuration.connectTimeout = .milliseconds(300)
        let error = try await promptly {
            try await failure { [configuration] in try await PostgresConnection.connect(configuration) }
        }
        #expect(error.code == .timeout)
        server.stop()
    }

    @Test("an error in the place of an answer is not shown, for anybody may have put it there")
    func hidesErrorsBeforeTLS() async throws {
        let server = try ScriptedServer { s in
            try s.accept()
            try s.expect("8")
            try s.send(.error(.invalidPassword, "click here: http://evil.example"))
            try s.expectEnd()
        }
        let error = try await failure {
            try await PostgresConnection.connect(PostgresConfiguration(server, tls: .require))
        }
        #expect(error.code == .tlsFailed)
        #expect(!error.debugDescription.contains("evil"))
    }

    @Test("allow goes on with TLS only where the server refuses without")
    func allowTriesTLSWhereItMayHelp() async throws {
        let server = try ScriptedServer { s in
            try s.acceptStartup()
            try s.send(.error(.invalidAuthorizationSpecification, "no pg_hba.conf entry", severity: "FATAL"))
            s.close()
            try s.accept()
            try s.expect("8")
            try s.send(Self.refusal)
            try s.expectEnd()
        }
        let error = try await failure {
            try await PostgresConnection.connect(PostgresConfiguration(server, tls: .allow))
        }
        #expect(error.code == .tlsFailed)
        try await server.finished()
    }
}
