public import PostgresWire

/// Where the server is, who asks, and how long to wait.
///
///     let configuration = try PostgresConfiguration("postgres://app:secret@db.example.com/app?sslmode=verify-full")
///
/// Its `description` never holds a secret. ``origins`` says where each setting came from.
public struct PostgresConfiguration: Sendable {
    /// The places to try, in this order unless ``loadBalancesHosts``. Never empty where a connection is to be made.
    public var hosts: [PostgresHost]
    /// What a server must be for the connection to be kept.
    public var targetSession = PostgresTargetSession.any
    /// Whether `hosts`, and the addresses of each, are tried in an order drawn anew for each connection.
    public var loadBalancesHosts = false
    /// The role to log in as.
    public var user: String
    /// Sent when the server asks for it, in the way that it asks for. Never in `description`.
    public var password: String?
    /// Asked for the password on each connect, in place of `password`, when the server wants one: for passwords that
    /// expire, such as the tokens of cloud providers. It counts against `connectTimeout`. A `PostgresError` that it throws,
    /// the connect throws; of others only the type is told.
    public var passwordProvider: (@Sendable () async throws -> String)?
    /// Asked for a bearer token when the server wants one (PostgreSQL 18, RFC 7628), on each connect.
    public var oauthTokenProvider: (@Sendable (PostgresOAuthRequest) async throws -> String)?
    /// What `oauthTokenProvider` is told of the authority that gives out tokens.
    public var oauth = PostgresOAuth()
    /// The methods that the server may ask for; any when nil.
    public var requiredAuthentication: PostgresAuthenticationRequirement?
    /// Whether the proof of the password is bound to the TLS session.
    public var channelBinding = PostgresChannelBinding.prefer
    /// The most rounds of SCRAM's hash that a server may ask for: each costs time here, and the number is the server's.
    public var scramIterationLimit = 1_000_000
    /// The oldest version of the protocol to accept.
    public var minimumProtocol = PostgresProtocolVersion.v3_0
    /// The newest version of the protocol to ask for. Not every proxy understands newer ones.
    public var maximumProtocol = PostgresProtocolVersion.v3_0
    /// The user's name when nil, as the server does it.
    public var database: String?
    /// Whether the connection is encrypted and what the server must prove. Without effect over a unix socket.
    public var tls: PostgresTLS
    /// Shown in `pg_stat_activity`.
    public var applicationName: String?
    /// Settings for the session, such as `search_path`; sent with the first message.
    public var parameters: [String: String] = [:]
    /// For the whole way to a usable connection: name, socket, TLS, password. Where there are several addresses, each has it
    /// for itself; so has the second attempt, without TLS, of `sslmode=prefer`.
    public var connectTimeout: Duration = .seconds(10)
    /// TCP's own check that the server still answers.
    public var keepalives = PostgresKeepalives()
    /// How long sent bytes may go unacknowledged before the connection is given up (Linux's TCP_USER_TIMEOUT), in whole
    /// milliseconds; the system's default when nil.
    public var tcpUserTimeout: Duration?
    /// For each statement that is not given its own; nil waits for ever. The server is told to stop when it passes.
    public var queryTimeout: Duration?
    /// How long a cancelled statement may take to end before the connection is given up.
    public var cancelTimeout: Duration = .seconds(5)
    /// How many statements the server keeps parsed for each connection.
    public var statementCacheSize = 256
    /// Whether the server keeps statements under names. Found out by itself where a transaction pooler stands between.
    public var statementMode = PostgresStatementMode.automatic
    /// What the connections of one pool tell each other.
    var statementNews: StatementNews?
    /// Told of each notice and warning of the server, on the connection's own thread: return soon.
    public var onNotice: (@Sendable (PostgresServerError) -> Void)?
    /// Told of what is done: connecting, statements, COPY, transactions, the pool. Without any, nothing is measured.
    public var tracers: [any PostgresTracer] = []

    /// What was passed over while the configuration was read, and why: a password file that others can read, a variable
    /// that something else goes before. No value is in it.
    public internal(set) var warnings: [String] = []
    /// Where the settings came from, and what they were then.
    var remembered: [String: RememberedSetting] = [:]

    /// By its parts. Nothing is checked before it is used to connect.
    public init(
        host: String, port: Int = 5432, user: String, password: String? = nil, database: String? = nil,
        tls: PostgresTLS = .prefer, applicationName: String? = nil
    ) {
        hosts = [PostgresHost(host, port: port)]
        self.user = user
        self.password = password
        self.database = database
        self.tls = tls
        self.applicationName = applicationName
    }

    /// The first of `hosts`, by its name: a host name, an address, or a directory (beginning with `/`) that holds the
    /// server's unix socket. Setting it forgets an address or password that went with the old one.
    public var host: String {
        get { hosts.first?.name ?? "" }
        set {
            let host = PostgresHost(newValue, port: port)
            if hosts.isEmpty { hosts = [host] } else { hosts[0] = host }
        }
    }

    /// The first of `hosts`' TCP port, or the number in the name of its unix socket.
    public var port: Int {
        get { hosts.first?.port ?? PostgresHost.defaultPort }
        set { if hosts.isEmpty { hosts = [PostgresHost("", port: newValue)] } else { hosts[0].port = newValue } }
    }

    /// True when the first of `hosts` is the directory of a unix socket.
    public var isUnixSocket: Bool { hosts.first?.isUnixSocket ?? false }

    /// The password for one of `hosts`, where none is asked of `passwordProvider`.
    func password(for host: PostgresHost) -> String? { password ?? host.password }

    /// Throws what would make connecting impossible, before anything is sent.
    func validate() throws(PostgresError) {
        guard !hosts.isEmpty else {
            throw PostgresError(.invalidConfiguration, "no host is given")
        }
        for host in hosts where !(1...65535).contains(host.port) {
            throw PostgresError(.invalidConfiguration, "the port \(host.port) is not between 1 and 65535")
        }
        guard !user.isEmpty else {
            throw PostgresError(
                .invalidConfiguration, "no user is given", advice: "Put it into the URL: postgres://USER@host/database")
        }
        for host in hosts where host.name.utf8.contains(UInt8(ascii: ",")) && !host.isUnixSocket {
            throw PostgresError(
                .invalidConfiguration, "the name of a host contains a comma", advice: "Set hosts to one for each")
        }
        let hasNUL = settingTexts().contains { $0.name.containsNUL || $0.text.containsNUL }
        guard !hasNUL, !hosts.contains(where: { $0.password?.containsNUL ?? false }) else {
            throw PostgresError(.invalidConfiguration, "a setting of the connection contains a NUL byte")
        }
        if let key = tls.key, tls.mode != .disable, hosts.contains(where: { !$0.isUnixSocket }) {
            try ConfigurationFiles.checkKey(key)
        }
    }
}
