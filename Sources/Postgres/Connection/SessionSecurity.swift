import PostgresTransport
import PostgresWire

/// What one attempt to connect does about encryption: the `sslmode` made definite.
struct SessionSecurity: Sendable {
    /// Nil: not encrypted.
    let context: TLSContext?
    /// What a server without TLS means: true goes on without, false gives up.
    let allowsPlaintext: Bool
    /// TLS is the first thing that is spoken, without asking (`sslnegotiation=direct`).
    let isDirect: Bool
    /// What the certificate is checked for, and what is sent as the server's name.
    let serverName: String

    static let plaintext = SessionSecurity(context: nil, allowsPlaintext: true, isDirect: false, serverName: "")

    /// The name of PostgreSQL's protocol in TLS (IANA's registry of ALPN protocol identifiers).
    static let applicationProtocol = "postgresql"

    /// The attempts that an `sslmode` stands for with this host, in their order (PostgreSQL documentation, "SSL Mode
    /// Descriptions").
    static func attempts(
        for configuration: PostgresConfiguration, host: PostgresHost
    ) throws(PostgresError) -> [SessionSecurity] {
        let tls = configuration.tls
        // A unix socket never leaves the machine; libpq does not encrypt it either.
        if host.isUnixSocket || tls.mode == .disable { return [.plaintext] }
        let isDirect = tls.negotiation == .direct
        guard !isDirect || ![.allow, .prefer].contains(tls.mode) else {
            throw PostgresError(
                .invalidConfiguration, "sslnegotiation=direct does not go with sslmode=\(tls.mode.rawValue)",
                advice: "Use sslmode=require or more: direct TLS leaves no way to go on without")
        }
        let encrypted = SessionSecurity(
            context: try makeContext(tls), allowsPlaintext: tls.mode == .prefer, isDirect: isDirect,
            serverName: host.name.isEmpty ? host.address ?? "" : host.name)
        // What must be bound to TLS has no use for a connection without.
        if configuration.channelBinding == .require { return [encrypted] }
        switch tls.mode {
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
        settings.clientKeyPassword = tls.keyPassword
        settings.revocationListFile = tls.revocationList
        settings.minimumVersion = version(tls.minimumVersion)
        settings.maximumVersion = tls.maximumVersion.map(version)
        if tls.negotiation == .direct { settings.applicationProtocols = [applicationProtocol] }
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
            return try TLSContextCache.shared.context(settings)
        } catch {
            throw PostgresError(
                .tlsFailed, error.message, advice: "Check sslrootcert, sslcrl, sslcert, sslkey and sslpassword")
        }
    }

    private static func version(_ version: PostgresTLS.Version) -> TLSConfiguration.Version {
        switch version {
        case .tls10: .tls10
        case .tls11: .tls11
        case .tls12: .tls12
        case .tls13: .tls13
        }
    }
}
