import Postgres
import PostgresTestKit
import Testing

/// What a server does instead of letting us prove who we are by SCRAM bound to its certificate.
private enum Demand: String, CaseIterable, CustomTestStringConvertible {
    case nothing, cleartext, md5, scram, scramPlus, token

    var testDescription: String { rawValue }

    var message: BackendMessage {
        switch self {
        case .nothing: .authenticationOk
        case .cleartext: .authenticationCleartextPassword
        case .md5: .authenticationMD5Password(salt: [1, 2, 3, 4])
        case .scram: .authenticationSASL(["SCRAM-SHA-256"])
        case .scramPlus: .authenticationSASL(["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"])
        case .token: .authenticationSASL(["OAUTHBEARER"])
        }
    }

    var method: PostgresAuthenticationMethod {
        switch self {
        case .nothing: .none
        case .cleartext: .password
        case .md5: .md5
        case .scram, .scramPlus: .scramSHA256
        case .token: .oauth
        }
    }
}

@Suite(.timeLimit(.minutes(1))) struct AuthenticationRulesTests {
    /// What carries the connection.
    private enum Way: String, CaseIterable, CustomTestStringConvertible {
        case plaintext, tls, ed25519

        var testDescription: String { rawValue }
    }

    /// A server that asks for one thing and wants to see the client go without having answered.
    private func refusing(_ demand: Demand, over way: Way) throws -> ScriptedServer {
        let tls = way == .plaintext ? nil : try ScriptedTLS(isEd25519: way == .ed25519)
        return try ScriptedServer { s in
            if let tls { try s.acceptTLS(tls) } else { try s.accept() }
            try s.expect("0")
            try s.send(demand.message, .readyForQuery())
            try s.expectEnd()
        }
    }

    private func configuration(_ server: ScriptedServer, _ way: Way) -> PostgresConfiguration {
        var configuration = PostgresConfiguration(server, tls: way == .plaintext ? .disable : .require)
        configuration.oauthTokenProvider = { _ in secret }
        configuration.oauth.allowsUnencrypted = true
        return configuration
    }

    @Test(
        "traps 3, 4: channel_binding=require lets no proof out that is not bound", arguments: Demand.allCases,
        Way.allCases)
    private func requiresBinding(demand: Demand, way: Way) async throws {
        // The one combination that may go on is tested below.
        guard demand != .scramPlus || way != .tls else { return }
        let server = try refusing(demand, over: way)
        var configuration = configuration(server, way)
        configuration.channelBinding = .require
        let error = try await promptly { [configuration] in
            try await failure { try await PostgresConnection.connect(configuration) }
        }
        #expect(error.code == .authenticationFailed)
        #expect(error.message.contains("channel binding is required"))
        #expect(error.advice != nil)
        #expect(!error.safeToRetry)
        // The script fails when the client sends anything more.
        try await server.finished()
        #expect(!server.received.contains { $0.kind == "p" })
    }

    @Test("trap 3: channel_binding=require never goes on in the clear where sslmode=prefer would")
    func requireDoesNotFallBack() async throws {
        let server = try ScriptedServer { s in
            try s.accept()
            try s.expect("8")
            try s.send(.raw([UInt8(ascii: "S")]))
            try s.newest().skipBytes()
            try s.send(.raw([21, 3, 3, 0, 2, 2, 40]))
            s.close()
            try s.accept()
        }
        var configuration = PostgresConfiguration(server, tls: .prefer)
        configuration.channelBinding = .require
        let error = try await failure { [configuration] in try await PostgresConnection.connect(configuration) }
        #expect(error.code == .tlsFailed)
        #expect(server.received == [.sslRequest])
        server.stop()
    }

    @Test(
        "what SCRAM says of channel binding",
        arguments: [
            (
                PostgresChannelBinding.prefer, Way.tls, Demand.scramPlus, "SCRAM-SHA-256-PLUS\0",
                "p=tls-server-end-point,,"
            ),
            (.require, .tls, .scramPlus, "SCRAM-SHA-256-PLUS\0", "p=tls-server-end-point,,"),
            // "You did not offer it": a server that did knows then that somebody took it out.
            (.prefer, .tls, .scram, "SCRAM-SHA-256\0", "y,,"),
            (.disable, .tls, .scramPlus, "SCRAM-SHA-256\0", "n,,"), (.disable, .tls, .scram, "SCRAM-SHA-256\0", "n,,"),
            // Nothing to bind to.
            (.prefer, .ed25519, .scramPlus, "SCRAM-SHA-256\0", "n,,"),
            (.prefer, .plaintext, .scram, "SCRAM-SHA-256\0", "n,,"),
        ])
    private func header(
        binding: PostgresChannelBinding, way: Way, demand: Demand, mechanism: String, header: String
    ) async throws {
        let tls = way == .plaintext ? nil : try ScriptedTLS(isEd25519: way == .ed25519)
        let server = try ScriptedServer { s in
            if let tls { try s.acceptTLS(tls) } else { try s.accept() }
            try s.expect("0")
            try s.send(demand.message)
            try s.expect("p")
        }
        var configuration = configuration(server, way)
        configuration.channelBinding = binding
        _ = try await failure { [configuration] in try await PostgresConnection.connect(configuration) }
        try await server.finished()
        guard case .password(let bytes)? = server.received.last else { return #expect(Bool(false), "no answer") }
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.hasPrefix(mechanism))
        #expect(text.contains(header))
    }

    // MARK: require_auth

    @Test(
        "trap 7: a method that require_auth does not allow is refused before anything secret is sent",
        arguments: Demand.allCases)
    private func refusesOtherMethods(demand: Demand) async throws {
        let server = try refusing(demand, over: .plaintext)
        var configuration = configuration(server, .plaintext)
        configuration.requiredAuthentication = PostgresAuthenticationRequirement(
            Set(PostgresAuthenticationMethod.allCases).subtracting([demand.method]))
        let error = try await promptly { [configuration] in
            try await failure { try await PostgresConnection.connect(configuration) }
        }
        #expect(error.code == .authenticationFailed)
        #expect(error.message.contains("require_auth"))
        try await server.finished()
    }

    @Test("trap 7: a method that require_auth allows is answered", arguments: Demand.allCases)
    private func answersAllowedMethods(demand: Demand) async throws {
        let server = try ScriptedServer { s in
            try s.acceptStartup()
            try s.send(demand.message)
            if demand == .nothing { return try s.send(.readyForQuery()) }
            try s.expect("p")
            if demand == .scram || demand == .scramPlus { return }
            try s.send(.authenticationOk, .readyForQuery())
        }
        var configuration = configuration(server, .plaintext)
        configuration.requiredAuthentication = PostgresAuthenticationRequirement([demand.method])
        do {
            try await PostgresConnection.connect(configuration).close()
        } catch {
            // The script does not go through with SCRAM.
            #expect(demand == .scram || demand == .scramPlus, "\(error)")
        }
        try await server.finished()
    }

    @Test("trap 7: an empty list allows nothing") func allowsNothing() async throws {
        let server = try refusing(.nothing, over: .plaintext)
        var configuration = configuration(server, .plaintext)
        configuration.requiredAuthentication = PostgresAuthenticationRequirement([])
        let error = try await failure { [configuration] in try await PostgresConnection.connect(configuration) }
        #expect(error.code == .authenticationFailed)
    }

    // MARK: The cost of a proof

    @Test(
        "trap 5: the cap on iterations is the configuration's",
        arguments: [
            (4096, 4096, true), (4096, 4097, false), (1, 2, false), (1_000_000, 20_000, true), (20_000, 20_001, false),
        ])
    func iterationLimit(limit: Int, count: Int, isAccepted: Bool) async throws {
        let server = try ScriptedServer { s in
            try s.acceptStartup()
            try s.send(.authenticationSASL(["SCRAM-SHA-256"]))
            guard case .password(let bytes) = try s.read() else { return }
            let nonce = String(decoding: bytes, as: UTF8.self).split(separator: "r=").last.map(String.init) ?? ""
            try s.send(.authenticationSASLContinue("r=\(nonce)srv,s=c2FsdHNhbHQ=,i=\(count)"))
            if isAccepted { try s.expect("p") }
            try s.send(.authenticationSASLFinal("v=d3Jvbmd3cm9uZ3dyb25nd3Jvbmd3cm9uZ3dyb25nd3I="))
            try s.expectEnd()
        }
        var configuration = PostgresConfiguration(server)
        configuration.scramIterationLimit = limit
        let error = try await failure { [configuration] in try await PostgresConnection.connect(configuration) }
        #expect(error.code == .authenticationFailed)
        #expect(error.message.contains(isAccepted ? "could not prove" : "iterations"))
        try await server.finished()
    }
}
