public import PostgresWire

extension PostgresConfiguration {
    /// Reads `postgres://user:password@host:port/database?name=value&…` (or `postgresql://`).
    ///
    /// Parts may be percent-encoded, and must be where they contain `@ : / ? # %`. A socket's directory is given encoded
    /// as host (`postgres://app@%2Fvar%2Frun%2Fpostgresql/app`) or as the parameter `host`. Parameters have libpq's names:
    /// sslmode, sslrootcert, sslcert, sslkey, sslsni, application_name, connect_timeout (seconds), user, password, dbname,
    /// host, port, options; other names are sent to the server as settings of the session.
    ///
    /// - Throws: `invalidConfiguration`; the URL's text is not in the error, for it may hold a password.
    public init(_ url: String) throws(PostgresError) {
        guard let scheme = ["postgres://", "postgresql://"].first(where: { url.hasPrefix($0) }) else {
            throw PostgresError(
                .invalidConfiguration, "the connection URL does not begin with postgres:// or postgresql://",
                advice: "Write postgres://user:password@host:5432/database")
        }
        var rest = url.dropFirst(scheme.count)
        self.init(host: "localhost", user: "")

        if let question = rest.firstIndex(of: "?") {
            let query = rest[rest.index(after: question)...]
            rest = rest[..<question]
            try readAuthorityAndPath(rest)
            for pair in query.split(separator: "&") {
                guard let equals = pair.firstIndex(of: "=") else {
                    throw PostgresError(.invalidConfiguration, "a parameter of the connection URL has no value")
                }
                try set(try decoded(pair[..<equals]), try decoded(pair[pair.index(after: equals)...]))
            }
        } else {
            try readAuthorityAndPath(rest)
        }
        try validate()
    }

    private mutating func readAuthorityAndPath(_ text: Substring) throws(PostgresError) {
        var authority = text
        if let slash = text.firstIndex(of: "/") {
            authority = text[..<slash]
            let name = try decoded(text[text.index(after: slash)...])
            if !name.isEmpty { database = name }
        }
        // The last @: an earlier one is a forgotten encoding in the password, and harmless.
        if let at = authority.lastIndex(of: "@") {
            let credentials = authority[..<at]
            authority = authority[authority.index(after: at)...]
            if let colon = credentials.firstIndex(of: ":") {
                user = try decoded(credentials[..<colon])
                password = try decoded(credentials[credentials.index(after: colon)...])
            } else {
                user = try decoded(credentials)
            }
        }
        try readHostAndPort(authority)
    }

    private mutating func readHostAndPort(_ text: Substring) throws(PostgresError) {
        var portText: Substring?
        if text.hasPrefix("[") {
            guard let bracket = text.firstIndex(of: "]") else {
                throw PostgresError(
                    .invalidConfiguration, "the IPv6 address in the connection URL has no closing bracket")
            }
            host = String(text[text.index(after: text.startIndex)..<bracket])
            let after = text[text.index(after: bracket)...]
            guard after.isEmpty || after.hasPrefix(":") else {
                throw PostgresError(.invalidConfiguration, "text follows the IPv6 address in the connection URL")
            }
            if !after.isEmpty { portText = after.dropFirst() }
        } else if let colon = text.lastIndex(of: ":") {
            if colon > text.startIndex { host = try decoded(text[..<colon]) }
            portText = text[text.index(after: colon)...]
        } else if !text.isEmpty {
            host = try decoded(text)
        }
        if let portText, !portText.isEmpty { try set("port", String(portText)) }
    }

    private mutating func set(_ name: String, _ value: String) throws(PostgresError) {
        switch name {
        case "host": host = value
        case "port":
            guard let number = Int(value) else {
                throw PostgresError(.invalidConfiguration, "the port in the connection URL is not a number")
            }
            port = number
        case "user": user = value
        case "password": password = value
        case "dbname": database = value
        case "sslmode":
            guard let mode = PostgresTLS.Mode(rawValue: value) else {
                throw PostgresError(
                    .invalidConfiguration, "there is no sslmode of that name",
                    advice: "Use one of \(PostgresTLS.Mode.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            tls.mode = mode
        case "ssl":
            // Understood by many clients; it means what `sslmode=require` does.
            if value == "true" || value == "1" { tls.mode = .require }
        case "sslrootcert": tls.rootCertificate = value
        case "sslcert": tls.certificate = value
        case "sslkey": tls.key = value
        case "sslsni": tls.sendsServerName = value != "0"
        case "application_name": applicationName = value
        case "connect_timeout":
            guard let seconds = Int(value), seconds >= 0 else {
                throw PostgresError(.invalidConfiguration, "connect_timeout is not a number of seconds")
            }
            // 0 means no limit to libpq; a day is as good, and every wait stays bounded.
            connectTimeout = .seconds(seconds == 0 ? 86_400 : seconds)
        case "channel_binding", "require_auth", "target_session_attrs", "sslnegotiation", "gssencmode":
            throw PostgresError(
                .invalidConfiguration, "the connection parameter \(name) is not supported yet",
                advice: "It is refused rather than ignored, since it asks for protection")
        default:
            parameters[name] = value
        }
    }

    /// Percent-decoding (RFC 3986, 2.1).
    private func decoded(_ text: Substring) throws(PostgresError) -> String {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
        var bytes: [UInt8] = []
        var utf8 = text.utf8.makeIterator()
        while let byte = utf8.next() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = utf8.next().flatMap(hexDigit), let low = utf8.next().flatMap(hexDigit) else {
                throw PostgresError(
                    .invalidConfiguration, "the connection URL has a % that is not followed by two hexadecimal digits",
                    advice: "Write %25 for a percent sign")
            }
            bytes.append(high << 4 | low)
        }
        guard let string = String(validating: bytes, as: UTF8.self) else {
            throw PostgresError(.invalidConfiguration, "a part of the connection URL is not UTF-8 once decoded")
        }
        return string
    }

    private func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
