/// Whether the proof of a password is bound to the TLS session (SCRAM-SHA-256-PLUS, RFC 5929 `tls-server-end-point`),
/// so that nobody in the middle can pass it on.
public enum PostgresChannelBinding: String, Sendable, Hashable, CaseIterable {
    /// Never, even where the server offers it.
    case disable
    /// Where the connection is encrypted and the server offers it.
    case prefer
    /// Always; a connection that cannot be bound fails before any proof is sent.
    case require
}

/// A way in which a server may ask who we are, by its name in libpq's `require_auth`.
public enum PostgresAuthenticationMethod: String, Sendable, Hashable, CaseIterable {
    /// The server asks for nothing.
    case none
    /// The password in clear text.
    case password
    /// An MD5 digest of the password.
    case md5
    /// SCRAM-SHA-256, with channel binding or without.
    case scramSHA256 = "scram-sha-256"
    /// An OAuth bearer token (PostgreSQL 18).
    case oauth
    /// Kerberos by GSSAPI, which this driver does not have.
    case gss
    /// Windows' own, which this driver does not have.
    case sspi
}

/// The methods that a server may ask for (libpq's `require_auth`); with another the connection fails before anything
/// secret is sent.
public struct PostgresAuthenticationRequirement: Sendable, Hashable {
    /// The methods that are allowed.
    public var allowed: Set<PostgresAuthenticationMethod>

    /// These and no others.
    public init(_ allowed: Set<PostgresAuthenticationMethod>) {
        self.allowed = allowed
    }

    /// True when the server may ask for this.
    public func allows(_ method: PostgresAuthenticationMethod) -> Bool { allowed.contains(method) }
}

/// A version of the frontend/backend protocol.
public enum PostgresProtocolVersion: String, Sendable, Hashable, CaseIterable, Comparable {
    /// Since PostgreSQL 7.4.
    // swift-format-ignore: AlwaysUseLowerCamelCase
    case v3_0 = "3.0"
    /// Since PostgreSQL 18: longer keys for cancelling.
    // swift-format-ignore: AlwaysUseLowerCamelCase
    case v3_2 = "3.2"

    /// The number in the startup message: the major version in the upper 16 bits, the minor in the lower.
    public var code: Int32 {
        switch self {
        case .v3_0: 3 << 16
        case .v3_2: 3 << 16 | 2
        }
    }

    public static func < (left: PostgresProtocolVersion, right: PostgresProtocolVersion) -> Bool {
        left.code < right.code
    }
}
