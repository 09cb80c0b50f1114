/// What the client knows of the authority that gives out OAuth tokens (libpq's `oauth_…` parameters, PostgreSQL 18).
public struct PostgresOAuth: Sendable, Hashable {
    /// The authority's address; tokens come from nowhere else.
    public var issuer: String?
    /// This program's name there.
    public var clientID: String?
    /// This program's password there. Never in `description`.
    public var clientSecret: String?
    /// What to ask for, separated by spaces; what the server says when nil.
    public var scope: String?
    /// Whether a token may be sent over TCP without TLS. Whoever sees a token can use it: for tests on one machine.
    public var allowsUnencrypted = false

    /// By its parts.
    public init(issuer: String? = nil, clientID: String? = nil, clientSecret: String? = nil, scope: String? = nil) {
        self.issuer = issuer
        self.clientID = clientID
        self.clientSecret = clientSecret
        self.scope = scope
    }
}

extension PostgresOAuth: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Everything but the secret.
    public var description: String {
        "OAuth issuer \(issuer ?? "none"), client \(clientID ?? "none"), scope \(scope ?? "of the server")"
    }

    public var debugDescription: String { description }

    /// Keeps `dump` and debuggers from showing the secret.
    public var customMirror: Mirror { Mirror(self, children: ["oauth": description]) }
}

/// What a server that wants an OAuth token told, and what the configuration says: for
/// ``PostgresConfiguration/oauthTokenProvider``.
public struct PostgresOAuthRequest: Sendable, Hashable {
    /// The host that asks, by the name it was connected by.
    public var host: String
    /// The role to log in as.
    public var user: String
    /// Where the authority's metadata is (RFC 8414), as the server says; nil when it did not.
    public var discoveryURL: String?
    /// What the token must allow: the configuration's, else the server's.
    public var scope: String?
    /// What the configuration says of the authority.
    public var settings: PostgresOAuth

    /// By its parts.
    public init(
        host: String, user: String, discoveryURL: String? = nil, scope: String? = nil,
        settings: PostgresOAuth = PostgresOAuth()
    ) {
        self.host = host
        self.user = user
        self.discoveryURL = discoveryURL
        self.scope = scope
        self.settings = settings
    }
}
