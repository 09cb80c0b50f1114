extension TemporaryServer {
    /// How a client proves who it is. PostgreSQL documentation, "Authentication Methods".
    public enum Authentication: String, Sendable, Hashable, CaseIterable {
        /// Everybody who reaches the server may be anybody.
        case trust
        /// The password travels as it is.
        case password
        /// The password travels as a salted MD5 digest, and is stored as one.
        case md5
        /// SCRAM: the password never travels.
        case scramSHA256 = "scram-sha-256"
    }

    /// Encrypted connections with a certificate made for this server alone.
    public struct TLS: Sendable, Hashable {
        /// The names and addresses the certificate is valid for.
        public var names: [String]
        /// True when the server refuses connections over TCP without TLS.
        public var isRequired: Bool
        /// True for a certificate whose validity ended yesterday.
        public var isExpired: Bool
        /// True for a certificate that its own authority has revoked; the list is in `revocationListFile`.
        public var isRevoked = false
        /// True for a signature that has no digest of its own, so that SCRAM's channel binding is not possible.
        public var isEd25519 = false
        /// The roles that clients get a certificate for, for `cert` and `clientcert` in `accessRules`.
        public var clientNames: [String] = []
        /// Encrypts the keys of those certificates.
        public var clientKeyPassword: String?

        /// A certificate for this machine, valid for now, which clients may do without.
        public init(
            names: [String] = ["localhost", "127.0.0.1", "::1"], isRequired: Bool = false, isExpired: Bool = false
        ) {
            self.names = names
            self.isRequired = isRequired
            self.isExpired = isExpired
        }
    }

    /// What kind of server to start. The default is the fastest one, and lets every local user in.
    public struct Options: Sendable {
        /// The superuser's name.
        public var user: String
        /// The superuser's password. Without one, a method that needs a password gets a random one.
        public var password: String?
        /// The method for every connection that `accessRules` does not speak of.
        public var authentication: Authentication
        /// Offers TLS when given.
        public var tls: TLS?
        /// Server settings by name, over those this kit chooses. PostgreSQL documentation, "Server Configuration".
        public var settings: [String: String]
        /// Lines of `pg_hba.conf` that come before this kit's own.
        public var accessRules: [String]
        /// Where the server's programs are; nil looks for them.
        public var binaries: ServerBinaries?
        /// How long initialising and starting may take together.
        public var startTimeout: Duration
        /// True for a server that `standby()` can copy. Its log then holds what a standby needs, which costs a little.
        public var allowsStandbys: Bool

        /// Options for one server; those left out make the fastest one.
        public init(
            user: String = "postgres", password: String? = nil, authentication: Authentication = .trust,
            tls: TLS? = nil, settings: [String: String] = [:], accessRules: [String] = [],
            binaries: ServerBinaries? = nil, startTimeout: Duration = .seconds(60),
            allowsStandbys: Bool = false
        ) {
            self.user = user
            self.password = password
            self.authentication = authentication
            self.tls = tls
            self.settings = settings
            self.accessRules = accessRules
            self.binaries = binaries
            self.startTimeout = startTimeout
            self.allowsStandbys = allowsStandbys
        }
    }
}
