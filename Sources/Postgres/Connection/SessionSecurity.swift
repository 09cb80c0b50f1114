import PostgresTransport
import PostgresWire

/// What one attempt to connect does about encryption: the `sslmode` made definite.
struct SessionSecurity: Sendable {
    /// Nil: not encrypted.
    let context: TLSContext?
    /// What a server without TLS means: true goes on without, false gives up.
    let allowsPlaintext: Bool
    let serverName: String

    static let plaintext = SessionSecurity(context: nil, allowsPlaintext: true, serverName: "")

    /// The attempts that an `sslmode` stands for, in their order (PostgreSQL documentation, "SSL Mode Descriptions").
    static func attempts(
        for configuration: PostgresConfiguration
    ) throws(PostgresError) -> [SessionSecurity] {
        // A unix socket never leaves the machine; libpq does not encrypt it either.
        if configuration.isUnixSocket || configuration.tls.mode == .disable { return [.plaintext] }
        let encrypted = SessionSecurity(
            context: try makeContext(configuration.tls), allowsPlaintext: configuration.tls.mode == .prefer,
            serverName: configuration.host)
        switch configuration.tls.mode {
        case .disable: return [.plaintext]
        case .allow: return [.plaintext, encrypted]
        case .prefer: return [encrypted, .plaintext]
        case .require, .verifyCA, .verifyFull: return [encrypted]
        }
    }

    private static func makeContext(_ tls: PostgresTLS) throws(PostgresError) -> TLSContext {
        var settings = TLSConfiguration()
        settings.sendsServerName = tls.sendsServerName
        settings.clientCertificateFile = tls.certificate
        settings.clientKeyFile = tls.key
        switch tls.rootCertificate {
        case "system"?: settings.roots = .system
        case let file?: settings.roots = .file(file)
        case nil: settings.roots = .system
        }
        settings.verification =
            switch tls.mode {
            case .verifyFull: .full
            case .verifyCA: .certificateAuthority
            // With a root certificate given, `require` checks it, as libpq does.
            case .require: tls.rootCertificate == nil ? .none : .certificateAuthority
            case .disable, .allow, .prefer: .none
            }
        do {
            return try TLSContext(settings)
        } catch {
            throw PostgresError(
                .tlsFailed, error.message, advice: "Check sslrootcert, sslcert and sslkey")
        }
    }
}
