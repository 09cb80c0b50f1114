import PostgresCrypto
import PostgresTypes
import PostgresWire

/// From the first message to ReadyForQuery: answers what the server asks for.
///
/// Pure: messages in, bytes to send out. Trust, password, MD5 and SCRAM-SHA-256 (RFC 5802, RFC 7677).
struct StartupExchange: ~Copyable {
    enum Event {
        case nothing
        case ready(TransactionStatus)
        case failed(PostgresServerError)
    }

    private enum State {
        case authenticating
        /// The proof is sent; the server must prove itself in turn.
        case scram
        case authenticated
    }

    private let user: String
    private let password: String?
    /// What binds a SCRAM proof to the TLS session; nil without TLS.
    private let certificateDigest: [UInt8]?
    private var state = State.authenticating
    private var scram: SCRAMClient?

    /// For cancelling; nil where the server, or a proxy before it, gives none.
    private(set) var cancelKey: (processID: Int32, secretKey: [UInt8])?
    /// The server's settings as it reported them.
    private(set) var parameters: [String: String] = [:]

    init(configuration: PostgresConfiguration, certificateDigest: [UInt8]?) {
        user = configuration.user
        password = configuration.password
        self.certificateDigest = certificateDigest
    }

    /// The first message.
    static func begin(_ configuration: PostgresConfiguration, to buffer: inout PostgresBuffer) {
        var parameters: [(name: String, value: String)] = [
            ("user", configuration.user), ("database", configuration.database ?? configuration.user),
            ("client_encoding", "UTF8"),
        ]
        if let name = configuration.applicationName { parameters.append(("application_name", name)) }
        for (name, value) in configuration.parameters.sorted(by: { $0.key < $1.key }) {
            parameters.append((name, value))
        }
        FrontendMessage.startup(parameters, to: &buffer)
    }

    mutating func receive(
        _ kind: UInt8, _ content: UnsafeRawBufferPointer, to buffer: inout PostgresBuffer
    ) throws(PostgresError) -> Event {
        switch kind {
        case BackendKind.authentication:
            try authenticate(try BackendMessage.authentication(content), to: &buffer)
        case BackendKind.backendKeyData where isAuthenticated:
            cancelKey = try BackendMessage.backendKeyData(content)
        case BackendKind.parameterStatus where isAuthenticated:
            let (name, value) = try BackendMessage.parameterStatus(content)
            parameters[name] = value
        case BackendKind.noticeResponse:
            break
        case BackendKind.negotiateProtocolVersion:
            // We ask for 3.0, the oldest there is; a server has nothing to negotiate.
            throw unexpected(kind)
        case BackendKind.errorResponse:
            return .failed(try BackendMessage.serverError(content))
        case BackendKind.readyForQuery where isAuthenticated:
            return .ready(try TransactionStatus(content))
        default:
            throw unexpected(kind, advice: "Is something other than PostgreSQL listening there?")
        }
        return .nothing
    }

    private var isAuthenticated: Bool {
        if case .authenticated = state { true } else { false }
    }

    private mutating func authenticate(
        _ request: AuthenticationRequest, to buffer: inout PostgresBuffer
    ) throws(PostgresError) {
        switch (state, request) {
        case (.authenticating, .ok):
            state = .authenticated
        case (.authenticating, .cleartextPassword):
            FrontendMessage.password(try requirePassword(), to: &buffer)
        case (.authenticating, .md5Password(let salt)):
            let password = try requirePassword()
            do {
                FrontendMessage.password(
                    try MD5Password.response(user: user, password: password, salt: salt), to: &buffer)
            } catch {
                throw PostgresError(.authenticationFailed, "the MD5 password could not be computed: \(error)")
            }
        case (.authenticating, .sasl(let mechanisms)):
            try beginSCRAM(mechanisms, to: &buffer)
        case (.scram, .saslContinue(let message)):
            do {
                let answer = try scram?.clientFinal(answering: message) ?? []
                FrontendMessage.saslResponse(answer, to: &buffer)
            } catch {
                throw PostgresError(.authenticationFailed, "SCRAM: \(error)")
            }
        case (.scram, .saslFinal(let message)):
            do { try scram?.verify(serverFinal: message) } catch {
                throw PostgresError(
                    .authenticationFailed, "the server could not prove that it knows the password: \(error)",
                    advice: "Somebody may be impersonating the server")
            }
        case (.scram, .ok):
            guard scram?.isVerified == true else {
                throw PostgresError(
                    .authenticationFailed, "the server let us in without proving that it knows the password",
                    advice: "Somebody may be impersonating the server")
            }
            state = .authenticated
        case (_, .unsupported(let code)):
            let name = [2: "Kerberos V5", 7: "GSSAPI", 8: "GSSAPI", 9: "SSPI"][code] ?? "number \(code)"
            throw PostgresError(
                .authenticationFailed, "the server asks for the authentication method \(name), which is not supported",
                advice: "Use scram-sha-256 in pg_hba.conf")
        default:
            throw PostgresError(.protocolViolation, "the server's authentication messages are out of order")
        }
    }

    private mutating func beginSCRAM(_ mechanisms: [String], to buffer: inout PostgresBuffer) throws(PostgresError) {
        let binding: SCRAMClient.ChannelBinding
        if let certificateDigest, mechanisms.contains("SCRAM-SHA-256-PLUS") {
            binding = .tlsServerEndPoint(certificateDigest)
        } else if mechanisms.contains("SCRAM-SHA-256") {
            binding = certificateDigest == nil ? .unsupported : .notOffered
        } else {
            throw PostgresError(
                .authenticationFailed,
                "the server offers no SASL mechanism that is supported: \(mechanisms.joined(separator: ", "))")
        }
        let password = try requirePassword()
        do {
            var client = try SCRAMClient(password: password, channelBinding: binding)
            let first = try client.clientFirst()
            FrontendMessage.saslInitialResponse(mechanism: client.mechanism, first, to: &buffer)
            scram = consume client
            state = .scram
        } catch {
            throw PostgresError(.authenticationFailed, "SCRAM: \(error)")
        }
    }

    private func requirePassword() throws(PostgresError) -> String {
        guard let password else {
            throw PostgresError(
                .authenticationFailed, "the server asks for a password and none is configured",
                advice: "Put it into the URL (postgres://user:password@host/database) or into PGPASSWORD")
        }
        return password
    }
}
