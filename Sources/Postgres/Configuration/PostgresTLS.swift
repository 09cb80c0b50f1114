/// How a connection is encrypted and how the server proves who it is.
public struct PostgresTLS: Sendable, Hashable {
    /// libpq's `sslmode`, with libpq's meaning (PostgreSQL documentation, "SSL Support").
    public enum Mode: String, Sendable, CaseIterable {
        /// Never encrypted.
        case disable
        /// Unencrypted first; encrypted when the server refuses that.
        case allow
        /// Encrypted first; unencrypted when the server cannot. No protection against an attacker on the way.
        case prefer
        /// Encrypted or not at all; the certificate is checked only when a root certificate is given.
        case require
        /// The certificate must come from a trusted authority.
        case verifyCA = "verify-ca"
        /// And it must name the host that was asked for.
        case verifyFull = "verify-full"
    }

    /// How encryption begins (libpq's `sslnegotiation`).
    public enum Negotiation: String, Sendable, CaseIterable {
        /// The server is asked first, in PostgreSQL's own way.
        case postgres
        /// The handshake is the first thing sent (PostgreSQL 17): one round trip less. Wants `require` or more.
        case direct
    }

    /// A version of TLS, by its name in libpq's `ssl_min_protocol_version`.
    public enum Version: String, Sendable, CaseIterable, Comparable {
        case tls10 = "TLSv1"
        case tls11 = "TLSv1.1"
        case tls12 = "TLSv1.2"
        case tls13 = "TLSv1.3"

        public static func < (left: Version, right: Version) -> Bool { left.rawValue < right.rawValue }
    }

    /// When to encrypt, and what the server must prove.
    public var mode: Mode
    /// How encryption begins.
    public var negotiation = Negotiation.postgres
    /// A PEM file of the authorities to trust, or `system` for the system's own.
    public var rootCertificate: String?
    /// A PEM file of revocation lists (libpq's `sslcrl`).
    public var revocationList: String?
    /// A PEM file with the certificate to show to a server that asks for one.
    public var certificate: String?
    /// A PEM file with the key to `certificate`, where that file does not hold it too.
    public var key: String?
    /// Opens `key` where it is encrypted (libpq's `sslpassword`). Never in `description`.
    public var keyPassword: String?
    /// Whether the host's name is sent in the clear, for servers that choose by it (SNI). Never for IP addresses.
    public var sendsServerName: Bool
    /// The oldest version to accept.
    public var minimumVersion = Version.tls12
    /// The newest version to offer; the library's newest when nil.
    public var maximumVersion: Version?

    /// By its parts. Files are read when a connection is made.
    public init(
        mode: Mode = .prefer, rootCertificate: String? = nil, certificate: String? = nil, key: String? = nil,
        sendsServerName: Bool = true
    ) {
        self.mode = mode
        self.rootCertificate = rootCertificate
        self.certificate = certificate
        self.key = key
        self.sendsServerName = sendsServerName
    }

    /// Never encrypted.
    public static let disable = PostgresTLS(mode: .disable)
    /// Encrypted where the server can; no protection against an attacker on the way.
    public static let prefer = PostgresTLS(mode: .prefer)
    /// Encrypted or not at all; the server proves nothing.
    public static let require = PostgresTLS(mode: .require)
    /// Encrypted, with a certificate for the host that an authority the system trusts has signed.
    public static let verifyFull = PostgresTLS(mode: .verifyFull)
}

extension PostgresTLS: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The mode and the files, without the key's password.
    public var description: String {
        var parts = ["sslmode=\(mode.rawValue)"]
        if negotiation != .postgres { parts.append("sslnegotiation=\(negotiation.rawValue)") }
        if let rootCertificate { parts.append("sslrootcert=\(rootCertificate)") }
        if let revocationList { parts.append("sslcrl=\(revocationList)") }
        if let certificate { parts.append("sslcert=\(certificate)") }
        if let key { parts.append("sslkey=\(key)") }
        return parts.joined(separator: " ")
    }

    public var debugDescription: String { description }

    /// Keeps `dump` and debuggers from showing the key's password.
    public var customMirror: Mirror { Mirror(self, children: ["tls": description]) }
}
