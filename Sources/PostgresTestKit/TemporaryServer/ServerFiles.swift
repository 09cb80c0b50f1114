/// The text of the configuration files of a server that this kit runs.
enum ServerFiles {
    /// Settings for data that nobody will miss: nothing waits for the disk. What is committed still survives a crash of
    /// the server, for it has reached the operating system.
    static let throwaway: [String: String] = [
        "fsync": "off",
        "full_page_writes": "off",
        "wal_level": "minimal",
        "max_wal_senders": "0",
        "max_wal_size": "2GB",
    ]

    /// Settings for a server that has standbys, or may become one of them.
    static let streaming: [String: String] = [
        "wal_level": "replica",
        "max_wal_senders": "10",
        // A standby can be copied in its turn only where whole pages are in the log.
        "full_page_writes": "on",
        // After the primary was away, how soon a standby asks for it again.
        "wal_retrieve_retry_interval": "100ms",
    ]

    /// Settings of every server here: reachable from this machine alone, messages in English, for errors name them.
    static let common: [String: String] = [
        "listen_addresses": "127.0.0.1",
        "lc_messages": "C",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_line_prefix": "%m [%p] ",
    ]

    /// Lines of `postgresql.conf`, in the order of the names.
    static func settings(_ values: [String: String]) -> String {
        values.sorted { $0.key < $1.key }.map { name, value in
            "\(name) = '\(value.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''"))'\n"
        }.joined()
    }

    /// The lines of `pg_hba.conf`: the caller's first, then one method for every user, database and local address.
    static func access(_ options: TemporaryServer.Options) -> String {
        let method = options.authentication.rawValue
        let overTCP = options.tls?.isRequired == true ? "hostssl" : "host"
        var lines = options.accessRules
        for database in ["all", "replication"] {
            lines.append("local \(database) all \(method)")
            lines.append("\(overTCP) \(database) all 127.0.0.1/32 \(method)")
            lines.append("\(overTCP) \(database) all ::1/128 \(method)")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// A line of a password file for whatever server. PostgreSQL documentation, "The Password File".
    static func passwordFile(_ password: String) -> String {
        let escaped = password.flatMap { $0 == "\\" || $0 == ":" ? ["\\", $0] : [$0] }
        return "*:*:*:*:" + String(escaped) + "\n"
    }

    /// A connection string of libpq's. PostgreSQL documentation, "Keyword/Value Connection Strings".
    static func connectionString(_ values: [(key: String, value: String)]) -> String {
        values.map { key, value in
            let escaped = value.flatMap { $0 == "\\" || $0 == "'" ? ["\\", $0] : [$0] }
            return "\(key)='\(String(escaped))'"
        }.joined(separator: " ")
    }
}
