public import PostgresWire

/// Where the server is, who asks, and how long to wait.
///
///     let configuration = try PostgresConfiguration("postgres://app:secret@db.example.com/app?sslmode=verify-full")
///
/// Its `description` never holds the password.
public struct PostgresConfiguration: Sendable {
    /// A host name, an address, or a directory (beginning with `/`) that holds the server's unix socket.
    public var host: String
    /// The TCP port, or the number in the name of the unix socket.
    public var port: Int
    /// The role to log in as.
    public var user: String
    /// Sent when the server asks for it, in the way that it asks for. Never in `description`.
    public var password: String?
    /// The user's name when nil, as the server does it.
    public var database: String?
    /// Whether the connection is encrypted and what the server must prove. Without effect over a unix socket.
    public var tls: PostgresTLS
    /// Shown in `pg_stat_activity`.
    public var applicationName: String?
    /// Settings for the session, such as `search_path`; sent with the first message.
    public var parameters: [String: String] = [:]
    /// For the whole way to a usable connection: name, socket, TLS, password. The first of several addresses may use it up.
    public var connectTimeout: Duration = .seconds(10)
    /// For each statement that is not given its own; nil waits for ever. The server is told to stop when it passes.
    public var queryTimeout: Duration?
    /// How long a cancelled statement may take to end before the connection is given up.
    public var cancelTimeout: Duration = .seconds(5)
    /// How many statements the server keeps parsed for each connection.
    public var statementCacheSize = 256
    /// Told of each notice and warning of the server, on the connection's own thread: return soon.
    public var onNotice: (@Sendable (PostgresServerError) -> Void)?

    /// By its parts. Nothing is checked before it is used to connect.
    public init(
        host: String, port: Int = 5432, user: String, password: String? = nil, database: String? = nil,
        tls: PostgresTLS = .prefer, applicationName: String? = nil
    ) {
        self.host = host
        self.port = port
        self.user = user
        self.password = password
        self.database = database
        self.tls = tls
        self.applicationName = applicationName
    }

    /// True when `host` is the directory of a unix socket.
    public var isUnixSocket: Bool { host.hasPrefix("/") }

    /// Throws what would make connecting impossible, before anything is sent.
    func validate() throws(PostgresError) {
        guard (1...65535).contains(port) else {
            throw PostgresError(.invalidConfiguration, "the port \(port) is not between 1 and 65535")
        }
        guard !user.isEmpty else {
            throw PostgresError(
                .invalidConfiguration, "no user is given", advice: "Put it into the URL: postgres://USER@host/database")
        }
        for text in [host, user, database ?? "", applicationName ?? "", password ?? ""]
            + parameters.flatMap({ [$0, $1] })
        {
            guard !text.utf8.contains(0) else {
                throw PostgresError(.invalidConfiguration, "a setting of the connection contains a NUL byte")
            }
        }
    }
}

extension PostgresConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The URL without the password.
    public var description: String {
        let secret = password == nil ? "" : ":***"
        return "postgres://\(user)\(secret)@\(host):\(port)/\(database ?? user)?sslmode=\(tls.mode.rawValue)"
    }

    public var debugDescription: String { description }

    /// Keeps `dump` and debuggers from showing the password.
    public var customMirror: Mirror { Mirror(self, children: ["url": description]) }
}
