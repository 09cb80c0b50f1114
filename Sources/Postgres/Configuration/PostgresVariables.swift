/// Which variables of the environment hold what.
///
/// One that holds a URL goes before those that hold parts, and parts fill in what the URL leaves out; where the URL
/// names a host, its address and port come from the URL alone.
public struct PostgresVariables: Sendable, Hashable {
    /// The variables that may hold a connection string; the first that is set counts.
    public var urls: [String]
    /// For a setting, by libpq's name (`dbname`), the variables that may hold it; the first that is set counts.
    public var parts: [String: [String]]

    /// By their names.
    ///
    ///     PostgresVariables(urls: ["SHOP_DATABASE"], parts: ["user": ["SHOP_ROLE"], "password": ["SHOP_SECRET"]])
    public init(urls: [String] = [], parts: [String: [String]] = [:]) {
        self.urls = urls
        self.parts = parts
    }

    /// `DATABASE_URL`, and libpq's own: PGHOST, PGPORT, PGUSER and the rest.
    public static let libpq: PostgresVariables = {
        var parts: [String: [String]] = [:]
        for keyword in ConnectionKeyword.allCases {
            if let variable = keyword.variable { parts[keyword.rawValue] = [variable] }
        }
        for (variable, setting) in ConnectionKeyword.sessionVariables { parts[setting] = [variable] }
        return PostgresVariables(urls: ["DATABASE_URL"], parts: parts)
    }()

    /// The names that applications give them. For the prefix `DB_`: DB_URL or DB_DATABASE_URL; DB_HOST, DB_PORT,
    /// DB_USER or DB_USERNAME, DB_PASSWORD or DB_PASS, DB_NAME or DB_DATABASE, DB_SSLMODE, DB_SSL, DB_SSLROOTCERT,
    /// DB_SSLCERT, DB_SSLKEY, DB_SSLPASSWORD, DB_HOSTADDR, DB_PASSFILE, DB_APPLICATION_NAME, DB_CONNECT_TIMEOUT,
    /// DB_TARGET_SESSION_ATTRS, DB_CHANNEL_BINDING.
    public static func prefixed(_ prefix: String) -> PostgresVariables {
        var names = [
            "user": ["USER", "USERNAME"], "password": ["PASSWORD", "PASS"], "dbname": ["NAME", "DATABASE"],
            "sslmode": ["SSLMODE", "SSL_MODE"],
        ]
        for name in [
            "host", "hostaddr", "port", "ssl", "sslrootcert", "sslcert", "sslkey", "sslpassword", "passfile",
            "application_name", "connect_timeout", "target_session_attrs", "channel_binding",
        ] {
            names[name] = [name.uppercased()]
        }
        return PostgresVariables(
            urls: ["\(prefix)URL", "\(prefix)DATABASE_URL"], parts: names.mapValues { $0.map { prefix + $0 } })
    }

    /// The names that a person may set for a setting.
    func names(for setting: String) -> String {
        parts[setting].map { $0.joined(separator: " or ") } ?? "a variable for \(setting)"
    }

    /// What is set: from the URL, and from the parts; nil when nothing is.
    func settings(
        _ lookup: (String) -> ConnectionSettings.Value?
    ) -> (url: ConnectionSettings?, parts: ConnectionSettings)? {
        let url = urls.lazy.compactMap(lookup).first.map { ConnectionString.settings($0.text, from: $0.origin) }
        var read = ConnectionSettings()
        // In an order of its own, so that problems have one; `ssl` before `sslmode`, which says more.
        for (setting, variables) in parts.sorted(by: { $0.key < $1.key }) {
            guard let value = variables.lazy.compactMap(lookup).first else { continue }
            read.set(setting, value.text, "the mapped name", from: value.origin)
        }
        return url == nil && read.isEmpty && read.problems.isEmpty ? nil : (url, read)
    }
}
