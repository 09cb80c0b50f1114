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

    /// When to encrypt, and what the server must prove.
    public var mode: Mode
    /// A PEM file of the authorities to trust, or `system` for the system's own.
    public var rootCertificate: String?
    /// A PEM file with the certificate to show to a server that asks for one.
    public var certificate: String?
    /// A PEM file with the key to `certificate`, where that file does not hold it too; not protected by a password.
    public var key: String?
    /// Whether the host's name is sent in the clear, for servers that choose by it (SNI). Never for IP addresses.
    public var sendsServerName: Bool

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
