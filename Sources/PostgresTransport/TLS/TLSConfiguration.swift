/// What a client asks of TLS. The meaning of a `sslmode` is made from this by the caller.
package struct TLSConfiguration: Sendable, Hashable {
    /// What has to be true of the server's certificate.
    package enum Verification: Sendable, Hashable {
        /// Nothing: the connection is encrypted, but to anybody (`sslmode=require` without a root certificate).
        case none
        /// A trusted authority signed it (`verify-ca`).
        case certificateAuthority
        /// A trusted authority signed it, for the host we asked for (`verify-full`).
        case full
    }

    /// The authorities to trust.
    package enum Roots: Sendable, Hashable {
        /// Those that OpenSSL finds on this machine (`sslrootcert=system`).
        case system
        /// Those in a file of PEM certificates.
        case file(String)
    }

    /// A version of the protocol.
    package enum Version: Int32, Sendable, Hashable, Comparable {
        case tls10 = 0x0301
        case tls11 = 0x0302
        case tls12 = 0x0303
        case tls13 = 0x0304

        package static func < (left: Version, right: Version) -> Bool { left.rawValue < right.rawValue }
    }

    package var verification = Verification.full
    package var roots = Roots.system
    /// A file of PEM certificates to show to a server that asks: our own first, then those of its signers.
    package var clientCertificateFile: String?
    /// The PEM file of the client certificate's key; the certificate's own file when nil.
    package var clientKeyFile: String?
    /// Opens an encrypted key. Nobody is ever asked for it on a terminal.
    package var clientKeyPassword: String?
    /// TLS 1.2 unless asked: what is older is broken, and most builds of OpenSSL refuse it anyway.
    package var minimumVersion = Version.tls12
    /// The newest version to offer; whatever OpenSSL has when nil.
    package var maximumVersion: Version?
    /// Whether the host's name is sent in the clear, for servers and proxies that choose a certificate or route by it.
    package var sendsServerName = true
    /// Protocols to offer (ALPN, RFC 7301); direct TLS to PostgreSQL wants "postgresql".
    package var applicationProtocols: [String] = []
    /// A PEM file of revocation lists. When given, every authority in the chain must have a current one in it.
    package var revocationListFile: String?

    package init() {}
}

extension TLSConfiguration: CustomStringConvertible {
    /// Everything but the key's password.
    package var description: String {
        "TLS verification \(verification), roots \(roots), client certificate \(clientCertificateFile ?? "none")"
    }
}
