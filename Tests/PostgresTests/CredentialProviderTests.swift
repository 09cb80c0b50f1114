import Postgres
import PostgresLocks
import PostgresTestKit
import Testing

/// Passwords and tokens that somebody is asked for while connecting.
@Suite(.timeLimit(.minutes(1))) struct CredentialProviderTests {
    /// Counts what it hands out.
    private final class Counter: Sendable {
        private let count = Atomic<Int>(0)
        var value: Int { count.load(ordering: .relaxed) }
        func next() -> Int { count.wrappingAdd(1, ordering: .relaxed).newValue }
    }

    private func acceptPassword(_ expected: String) -> @Sendable (ScriptedSession) throws -> Void {
        { s in
            try s.acceptStartup()
            try s.send(.authenticationCleartextPassword)
            try s.expect(.password(Array("\(expected)\0".utf8)))
            try s.send(.authenticationOk, .readyForQuery())
            try s.answerCheck()
        }
    }

    // MARK: Passwords

    @Test("the provider is asked on each connect, in place of the password, and only when the server wants one")
    func askedOnEachConnect() async throws {
        let counter = Counter()
        for round in 1...2 {
            let server = try ScriptedServer(acceptPassword("token-\(round)"))
            var configuration = PostgresConfiguration(server)
            configuration.passwordProvider = {
                await Task.yield()
                return "token-\(counter.next())"
            }
            try await PostgresConnection.connect(configuration).check()
            try await server.finished()

            let trusting = try ScriptedServer { s in try s.acceptSession() }
            configuration.hosts = [PostgresHost("127.0.0.1", port: trusting.port)]
            _ = try await PostgresConnection.connect(configuration)
        }
        #expect(counter.value == 2)
    }

    @Test("the deadline and cancellation do not wait for the provider", arguments: [true, false])
    func doesNotWait(isCancelled: Bool) async throws {
        let server = try ScriptedServer { s in
            try s.acceptStartup()
            try s.send(.authenticationCleartextPassword)
            try s.expectEnd()
        }
        let isAsked = Signal()
        let isLeft = Signal()
        var configuration = PostgresConfiguration(server)
        configuration.connectTimeout = isCancelled ? .seconds(60) : .seconds(5)
        configuration.passwordProvider = {
            isAsked.set()
            // Hears that nobody waits any more.
            do { try await Task.sleep(for: .seconds(600)) } catch { isLeft.set() }
            return secret
        }
        let task = Task { [configuration] in try await PostgresConnection.connect(configuration) }
        await isAsked.wait()
        if isCancelled { task.cancel() }
        let error = try await promptly { try await failure { try await task.value } }
        #expect(error.code == (isCancelled ? .cancelled : .timeout))
        await isLeft.wait()
        try await server.finished()
    }

    @Test("a provider that answers late, or not at all as it should") func lateAnswer() async throws {
        let server = try ScriptedServer { s in
            try s.acceptStartup()
            try s.send(.authenticationCleartextPassword)
            try s.expectEnd()
        }
        let mayAnswer = Signal()
        var configuration = PostgresConfiguration(server)
        configuration.connectTimeout = .seconds(5)
        configuration.passwordProvider = {
            await mayAnswer.wait()
            return secret
        }
        let error = try await promptly { [configuration] in
            try await failure { try await PostgresConnection.connect(configuration) }
        }
        #expect(error.code == .timeout)
        mayAnswer.set()
        try await server.finished()
    }

    private struct VaultSealed: Error { let words = "the vault holds \(secret)" }

    @Test("trap 16: what the provider throws: ours as it is, others by their type") func throwing() async throws {
        let own = PostgresError(.authenticationFailed, "the vault is sealed")
        for isOwn in [true, false] {
            let server = try ScriptedServer { s in
                try s.acceptStartup()
                try s.send(.authenticationCleartextPassword)
                try s.expectEnd()
            }
            var configuration = PostgresConfiguration(server)
            configuration.passwordProvider = { if isOwn { throw own } else { throw VaultSealed() } }
            let error = try await failure { [configuration] in try await PostgresConnection.connect(configuration) }
            #expect(error.code == .authenticationFailed)
            #expect(error.message.contains(isOwn ? "sealed" : "VaultSealed"))
            try await server.finished()
        }
    }

    @Test("a NUL byte in what the provider gives") func nul() async throws {
        let server = try ScriptedServer { s in
            try s.acceptStartup()
            try s.send(.authenticationCleartextPassword)
            try s.expectEnd()
        }
        var configuration = PostgresConfiguration(server)
        configuration.passwordProvider = { "a\0b" }
        let error = try await failure { [configuration] in try await PostgresConnection.connect(configuration) }
        #expect(error.code == .invalidConfiguration)
    }

    // MARK: Tokens

    /// What a client sends: mechanism, length, message.
    private static func initialResponse(_ token: String) -> FrontendMessage {
        let message = Array("n,,\u{1}auth=\(token.isEmpty ? "" : "Bearer \(token)")\u{1}\u{1}".utf8)
        let length = withUnsafeBytes(of: Int32(message.count).bigEndian) { Array($0) }
        return .password(Array("OAUTHBEARER\0".utf8) + length + message)
    }

    private func configuration(_ server: ScriptedServer, isEncrypted: Bool = true) -> PostgresConfiguration {
        var configuration = PostgresConfiguration(server, tls: isEncrypted ? .require : .disable)
        configuration.oauthTokenProvider = { request in
            #expect(request.host == "127.0.0.1" && request.user == "bob")
            return secret
        }
        return configuration
    }

    @Test("a bearer token lets in (RFC 7628)") func token() async throws {
        let tls = try ScriptedTLS()
        let server = try ScriptedServer { s in
            try s.acceptTLS(tls)
            try s.expect("0")
            try s.send(.authenticationSASL(["OAUTHBEARER"]))
            try s.expect(Self.initialResponse(secret))
            try s.send(.authenticationOk, .readyForQuery())
            try s.answerCheck()
        }
        try await PostgresConnection.connect(configuration(server)).check()
        try await server.finished()
    }

    @Test("a token that is refused: the server's reasons are told, the token is not") func refusedToken() async throws {
        let tls = try ScriptedTLS()
        let server = try ScriptedServer { s in
            try s.acceptTLS(tls)
            try s.expect("0")
            try s.send(.authenticationSASL(["OAUTHBEARER"]))
            try s.expect("p")
            try s.send(
                .authenticationSASLContinue(
                    #"{"status":"invalid_token","scope":"openid postgres","openid-configuration":"https://id.example/\#(secret)"}"#
                ))
            try s.expect(.password([1]))
            try s.send(
                .error(.invalidAuthorizationSpecification, "OAuth bearer authentication failed", severity: "FATAL"))
            s.close()
        }
        let error = try await failure { try await PostgresConnection.connect(configuration(server)) }
        #expect(error.code == .authenticationFailed)
        #expect(error.message.contains("invalid_token") && error.message.contains("openid postgres"))
        try await server.finished()
    }

    @Test("a refusal that is no JSON is one all the same", arguments: ["", "{", "[]", #"{"status":5}"#])
    func refusalWithoutReason(json: String) async throws {
        let tls = try ScriptedTLS()
        let server = try ScriptedServer { s in
            try s.acceptTLS(tls)
            try s.expect("0")
            try s.send(.authenticationSASL(["OAUTHBEARER"]))
            try s.expect("p")
            try s.send(.authenticationSASLContinue(json))
            try s.expect("p")
            try s.send(.error(.invalidAuthorizationSpecification, "failed", severity: "FATAL"))
            s.close()
        }
        let error = try await failure { try await PostgresConnection.connect(configuration(server)) }
        #expect(error.code == .authenticationFailed)
    }

    @Test("a server that lets in after it has refused the token") func refusedAndLetIn() async throws {
        let tls = try ScriptedTLS()
        let server = try ScriptedServer { s in
            try s.acceptTLS(tls)
            try s.expect("0")
            try s.send(.authenticationSASL(["OAUTHBEARER"]))
            try s.expect("p")
            try s.send(.authenticationSASLContinue("{}"))
            try s.expect("p")
            try s.send(.authenticationOk, .readyForQuery())
            try s.expectEnd()
        }
        let error = try await failure { try await PostgresConnection.connect(configuration(server)) }
        #expect(error.code == .protocolViolation)
    }

    @Test("no token leaves in the clear, and none without a provider", arguments: [true, false])
    func keepsTokens(hasProvider: Bool) async throws {
        let server = try ScriptedServer { s in
            try s.acceptStartup()
            try s.send(.authenticationSASL(["OAUTHBEARER"]))
            try s.expectEnd()
        }
        var configuration = configuration(server, isEncrypted: false)
        if !hasProvider { configuration.oauthTokenProvider = nil }
        let error = try await failure { [configuration] in try await PostgresConnection.connect(configuration) }
        #expect(error.code == .authenticationFailed)
        #expect(error.message.contains(hasProvider ? "not encrypted" : "nobody can be asked"))
        try await server.finished()
    }

    @Test("over a unix socket it does") func tokenOverUnixSocket() async throws {
        try await withTemporaryDirectory { directory in
            let server = try ScriptedServer(on: .unixSocket(directory: directory)) { s in
                try s.acceptStartup()
                try s.send(.authenticationSASL(["OAUTHBEARER"]))
                try s.expect("p")
                try s.send(.authenticationOk, .readyForQuery())
                try s.answerCheck()
            }
            var configuration = PostgresConfiguration(server)
            configuration.host = directory
            configuration.oauthTokenProvider = { _ in secret }
            try await PostgresConnection.connect(configuration).check()
        }
    }

    @Test("an empty token asks the server where tokens come from; the provider is then told") func discovery()
        async throws
    {
        let tls = try ScriptedTLS()
        let server = try ScriptedServer { s in
            try s.acceptTLS(tls)
            try s.expect("0")
            try s.send(.authenticationSASL(["OAUTHBEARER"]))
            try s.expect(Self.initialResponse(""))
            try s.send(
                .authenticationSASLContinue(
                    #"{"status":"invalid_token","scope":"pg","openid-configuration":"https://id.example/x"}"#))
            try s.expect("p")
            try s.send(.error(.invalidAuthorizationSpecification, "failed", severity: "FATAL"))
            s.close()
            try s.acceptTLS(tls)
            try s.expect("0")
            try s.send(.authenticationSASL(["OAUTHBEARER"]))
            try s.expect(Self.initialResponse(secret))
            try s.send(.authenticationOk, .readyForQuery())
            try s.answerCheck()
        }
        var configuration = configuration(server)
        configuration.oauthTokenProvider = { request in
            guard let url = request.discoveryURL else { return "" }
            #expect(url == "https://id.example/x" && request.scope == "pg")
            return secret
        }
        try await PostgresConnection.connect(configuration).check()
        try await server.finished()
    }

    @Test("what is no token is not sent", arguments: ["a b", "a\u{1}auth=x", "Bearer x", "tök"])
    func badTokens(token: String) async throws {
        let tls = try ScriptedTLS()
        let server = try ScriptedServer { s in
            try s.acceptTLS(tls)
            try s.expect("0")
            try s.send(.authenticationSASL(["OAUTHBEARER"]))
            try s.expectEnd()
        }
        var configuration = configuration(server)
        configuration.oauthTokenProvider = { _ in token }
        let error = try await failure { [configuration] in try await PostgresConnection.connect(configuration) }
        #expect(error.code == .authenticationFailed)
        #expect(!error.debugDescription.contains(token))
        try await server.finished()
    }
}
