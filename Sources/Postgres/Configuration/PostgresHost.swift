/// One of the places where a server may listen.
public struct PostgresHost: Sendable, Hashable {
    /// The default TCP port, and the default number in the name of a unix socket.
    public static let defaultPort = 5432

    /// A host name, an address, or a directory (beginning with `/`) that holds the server's unix socket. It is the name
    /// that the server's certificate is checked for, and that `.pgpass` is searched for.
    public var name: String
    /// The address to connect to instead of looking `name` up (libpq's `hostaddr`).
    public var address: String?
    /// The TCP port, or the number in the name of the unix socket.
    public var port: Int
    /// What `.pgpass` has for this host. ``PostgresConfiguration/password`` goes before it. Never in `description`.
    public var password: String?

    /// By its parts. Nothing is checked before it is used to connect.
    public init(_ name: String, address: String? = nil, port: Int = PostgresHost.defaultPort, password: String? = nil) {
        self.name = name
        self.address = address
        self.port = port
        self.password = password
    }

    /// True when `name` is the directory of a unix socket, and no address overrides it.
    public var isUnixSocket: Bool { address == nil && name.hasPrefix("/") }
}

extension PostgresHost: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// As in a URL: `name:port`, the directory of a socket as it is, an IPv6 address in brackets. Without the password.
    public var description: String {
        let host = name.contains(":") && !name.hasPrefix("/") ? "[\(name)]" : name
        let place = "\(host):\(port)"
        return if let address, address != name { "\(place) (\(address))" } else { place }
    }

    public var debugDescription: String { description }

    /// Keeps `dump` and debuggers from showing the password.
    public var customMirror: Mirror { Mirror(self, children: ["host": description]) }
}
