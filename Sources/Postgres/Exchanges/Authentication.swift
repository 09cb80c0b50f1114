import PostgresCrypto
import PostgresWire

/// Answers what the server asks for until it lets us in: trust, password, MD5, SCRAM-SHA-256 (RFC 5802, RFC 7677), and
/// OAUTHBEARER (RFC 7628).
///
/// Pure: requests in, bytes to send out. What it needs from outside, a password, a token or a long computation, it asks
/// for; until that is given the server has to wait. Every rule is checked before the secret is asked for.
struct Authentication: ~Copyable {
    enum Step {
        case nothing
        case wants(Want)
        /// The server has let us in, and has proved what it had to.
        case done
    }

    enum Want {
        case password
        case token
        /// A proof whose computation is too long for the loop's thread.
        case proof(SCRAMWork)
    }

    private enum State {
        /// Nothing has been asked for.
        case initial
        case waitingForPassword(Method)
        case waitingForToken
        case waitingForProof
        /// The password or its digest is sent: yes or no comes next.
        case answered
        case scram
        case token
        /// The server does not like the token; its error comes next.
        case tokenRefused
        case done
    }

    private enum Method {
        case cleartext
        case md5(salt: [UInt8])
        case scram(SCRAMClient.ChannelBinding)
    }

    private let user: String
    private let rules: AuthenticationRules
    private var state = State.initial
    private var scram: SCRAMWork?
    private var sentToken: String?
    /// What the server said of a token that it refused.
    private(set) var tokenRefusal: OAuthRefusal?
    /// An empty token was sent, to be told where tokens come from.
    private(set) var hasAskedForDiscovery = false

    init(user: String, rules: AuthenticationRules) {
        self.user = user
        self.rules = rules
    }

    var isDone: Bool {
        if case .done = state { true } else { false }
    }

    /// Something has been asked for and not been given.
    var isWaiting: Bool {
        switch state {
        case .waitingForPassword, .waitingForToken, .waitingForProof: true
        default: false
        }
    }

    mutating func receive(
        _ request: AuthenticationRequest, to buffer: inout PostgresBuffer
    ) throws(PostgresError) -> Step {
        switch (state, request) {
        case (.initial, .ok):
            try checkBinding("lets us in without asking for one")
            try require(.none, "does not ask for any")
            state = .done
            return .done
        case (.initial, .cleartextPassword):
            try checkBinding("asks for the password in clear text")
            try require(.password, "asks for the password in clear text")
            return wantPassword(.cleartext)
        case (.initial, .md5Password(let salt)):
            try checkBinding("asks for an MD5 digest of the password")
            try require(.md5, "asks for an MD5 digest of the password")
            return wantPassword(.md5(salt: salt))
        case (.initial, .sasl(let mechanisms)):
            return try chooseMechanism(mechanisms)
        case (.scram, .saslContinue(let message)):
            return try prove(message, to: &buffer)
        case (.scram, .saslFinal(let message)):
            do { try scram?.client.verify(serverFinal: message) } catch {
                throw PostgresError(
                    .authenticationFailed, "the server could not prove that it knows the password: \(error)",
                    advice: "Somebody may be impersonating the server")
            }
        case (.scram, .ok):
            guard scram?.client.isVerified == true else {
                throw PostgresError(
                    .authenticationFailed, "the server let us in without proving that it knows the password",
                    advice: "Somebody may be impersonating the server")
            }
            state = .done
            return .done
        case (.token, .saslContinue(let message)):
            tokenRefusal = OAuthRefusal(message, hiding: sentToken)
            sentToken = nil
            // RFC 7628, 3.2.3: a single byte, upon which the server fails the exchange.
            FrontendMessage.saslResponse([1], to: &buffer)
            state = .tokenRefused
        case (.answered, .ok), (.token, .ok):
            state = .done
            return .done
        case (_, .unsupported(let code)):
            throw Self.unsupported(code)
        default:
            throw PostgresError(.protocolViolation, "the server's authentication messages are out of order")
        }
        return .nothing
    }

    // MARK: What was asked for

    mutating func give(password: String, to buffer: inout PostgresBuffer) throws(PostgresError) {
        guard case .waitingForPassword(let method) = state else { return }
        guard !password.containsNUL else {
            throw PostgresError(.invalidConfiguration, "the password contains a NUL byte")
        }
        state = .answered
        switch method {
        case .cleartext:
            FrontendMessage.password(password, to: &buffer)
        case .md5(let salt):
            do {
                let response = try MD5Password.response(user: user, password: password, salt: salt)
                FrontendMessage.password(response, to: &buffer)
            } catch {
                throw PostgresError(.authenticationFailed, "the MD5 password could not be computed: \(error)")
            }
        case .scram(let binding):
            do {
                let work = SCRAMWork(
                    try SCRAMClient(
                        password: password, channelBinding: binding, maximumIterations: rules.maximumIterations))
                let first = try work.client.clientFirst()
                FrontendMessage.saslInitialResponse(mechanism: work.client.mechanism, first, to: &buffer)
                scram = work
                state = .scram
            } catch {
                throw PostgresError(.authenticationFailed, "SCRAM: \(error)")
            }
        }
    }

    mutating func give(token: String, to buffer: inout PostgresBuffer) throws(PostgresError) {
        guard case .waitingForToken = state else { return }
        FrontendMessage.saslInitialResponse(
            mechanism: Self.oauthBearer, try OAuthToken.initialResponse(token), to: &buffer)
        sentToken = token
        hasAskedForDiscovery = token.isEmpty
        state = .token
    }

    mutating func give(proof: Result<[UInt8], SCRAMError>, to buffer: inout PostgresBuffer) throws(PostgresError) {
        guard case .waitingForProof = state else { return }
        state = .scram
        do { FrontendMessage.saslResponse(try proof.get(), to: &buffer) } catch {
            throw PostgresError(.authenticationFailed, "SCRAM: \(error)")
        }
    }

    private mutating func wantPassword(_ method: Method) -> Step {
        state = .waitingForPassword(method)
        return .wants(.password)
    }

    // MARK: SASL

    private static let oauthBearer = "OAUTHBEARER"

    private mutating func chooseMechanism(_ mechanisms: [String]) throws(PostgresError) -> Step {
        let offersPlus = mechanisms.contains("SCRAM-SHA-256-PLUS")
        let offersSCRAM = mechanisms.contains("SCRAM-SHA-256")
        let offersToken = mechanisms.contains(Self.oauthBearer)
        if offersToken, !(offersPlus || offersSCRAM) || rules.allows(.oauth) && !rules.allows(.scramSHA256) {
            return try wantToken()
        }
        guard offersPlus || offersSCRAM else {
            throw PostgresError(
                .authenticationFailed,
                "the server offers no SASL mechanism that is supported: \(mechanisms.joined(separator: ", "))")
        }
        try require(.scramSHA256, "asks for SCRAM")
        if !offersPlus { try checkBinding("offers SCRAM without it") }
        if offersPlus, rules.channelBinding != .disable, let digest = rules.certificateDigest {
            return wantPassword(.scram(.tlsServerEndPoint(digest)))
        }
        if rules.channelBinding == .require {
            throw PostgresError(
                .authenticationFailed,
                rules.isEncrypted
                    ? "channel binding is required, and the server's certificate gives nothing to bind to"
                    : "channel binding is required, and the connection is not encrypted",
                advice: rules.isEncrypted
                    ? "Its signature has no digest of its own, as with Ed25519 (RFC 5929, 4.1): use an ECDSA or RSA "
                        + "certificate" : Self.bindingNeedsTLS)
        }
        guard offersSCRAM else {
            throw PostgresError(
                .authenticationFailed, "the server offers SCRAM only with channel binding, which cannot be done here",
                advice: "Use TLS, and not channel_binding=disable")
        }
        // "We could, but you did not offer it" would be a lie where we could not or may not.
        let couldBind = rules.channelBinding != .disable && rules.certificateDigest != nil
        return wantPassword(.scram(couldBind ? .notOffered : .unsupported))
    }

    private mutating func prove(_ message: [UInt8], to buffer: inout PostgresBuffer) throws(PostgresError) -> Step {
        guard let scram else { return .nothing }
        if SCRAMClient.iterationCount(in: message) > SCRAMWork.longestOnLoop,
            SCRAMClient.iterationCount(in: message) <= rules.maximumIterations,
            !scram.client.isAnsweredAtOnce(message)
        {
            scram.serverFirst = message
            state = .waitingForProof
            return .wants(.proof(scram))
        }
        do { FrontendMessage.saslResponse(try scram.client.clientFinal(answering: message), to: &buffer) } catch {
            throw PostgresError(.authenticationFailed, "SCRAM: \(error)")
        }
        return .nothing
    }

    private mutating func wantToken() throws(PostgresError) -> Step {
        try checkBinding("asks for an OAuth token")
        try require(.oauth, "asks for an OAuth token")
        guard rules.hasToken else {
            throw PostgresError(
                .authenticationFailed, "the server asks for an OAuth token, and nobody can be asked for one",
                advice: "Set oauthTokenProvider in the configuration")
        }
        guard rules.maySendToken else {
            throw PostgresError(
                .authenticationFailed, "the server asks for an OAuth token, and the connection is not encrypted",
                advice: "Whoever sees a token can use it: use sslmode=require or more")
        }
        state = .waitingForToken
        return .wants(.token)
    }

    // MARK: Rules

    private static let bindingNeedsTLS = "channel_binding=require needs sslmode=require or more, and a server with TLS"

    /// Whatever is not SCRAM with channel binding is refused where that is required, before any proof leaves.
    private func checkBinding(_ whatServerDoes: String) throws(PostgresError) {
        guard rules.channelBinding == .require else { return }
        throw PostgresError(
            .authenticationFailed, "channel binding is required, and the server \(whatServerDoes)",
            advice: rules.isEncrypted
                ? "Use scram-sha-256 in pg_hba.conf and for the role's password; else somebody may be impersonating the "
                    + "server" : Self.bindingNeedsTLS)
    }

    private func require(
        _ method: PostgresAuthenticationMethod, _ whatServerDoes: String
    ) throws(PostgresError) {
        guard !rules.allows(method) else { return }
        let allowed = (rules.required?.allowed ?? []).map(\.rawValue).sorted().joined(separator: ", ")
        throw PostgresError(
            .authenticationFailed,
            "require_auth allows \(allowed.isEmpty ? "nothing" : allowed), and the server \(whatServerDoes)",
            advice: "Correct pg_hba.conf or require_auth; if neither is wrong, somebody may be impersonating the server"
        )
    }

    private static func unsupported(_ code: Int32) -> PostgresError {
        let name = [1: "Kerberos V4", 2: "Kerberos V5", 7: "GSSAPI", 8: "GSSAPI", 9: "SSPI"][code] ?? "number \(code)"
        return PostgresError(
            .authenticationFailed, "the server asks for the authentication method \(name), which is not supported",
            advice:
                "Give this role or address another line in pg_hba.conf, above the one it has: scram-sha-256, or cert "
                + "over TLS")
    }
}

/// A SCRAM exchange, and the work of its proof where that is done on another thread.
final class SCRAMWork: @unchecked Sendable {
    // Unchecked: the session uses it under its lock, and not while the work is being done elsewhere.
    var client: SCRAMClient
    var serverFirst: [UInt8] = []

    /// About five milliseconds; what takes longer must not keep the loop's other connections waiting.
    static let longestOnLoop = 10_000

    init(_ client: consuming SCRAMClient) { self.client = client }

    func proof() -> Result<[UInt8], SCRAMError> {
        Result { () throws(SCRAMError) in try client.clientFinal(answering: serverFirst) }
    }
}
