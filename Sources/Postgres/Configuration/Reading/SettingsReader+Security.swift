import PostgresWire

/// What is said of sockets, encryption and proof.
extension SettingsReader {
    mutating func readTransport() {
        if let seconds = number(.connectTimeout) {
            // 0 and less mean no limit to libpq; a day is as good, and every wait stays bounded.
            configuration.connectTimeout = .seconds(seconds <= 0 ? 86_400 : seconds)
        }
        if let on = number(.keepalives) { configuration.keepalives.isEnabled = on != 0 }
        // 0 is the system's default.
        if let idle = number(.keepalivesIdle), idle > 0 { configuration.keepalives.idle = .seconds(idle) }
        if let interval = number(.keepalivesInterval), interval > 0 {
            configuration.keepalives.interval = .seconds(interval)
        }
        if let count = number(.keepalivesCount), count > 0 { configuration.keepalives.count = count }
        if let limit = number(.tcpUserTimeout), limit > 0 { configuration.tcpUserTimeout = .milliseconds(limit) }
    }

    mutating func readTLS() {
        let mode = choice(.sslmode, PostgresTLS.Mode.self)
        if let mode { configuration.tls.mode = mode }
        if let negotiation = choice(.sslnegotiation, PostgresTLS.Negotiation.self) {
            configuration.tls.negotiation = negotiation
            if negotiation == .direct, [.disable, .allow, .prefer].contains(configuration.tls.mode) {
                complain(.sslnegotiation, "direct negotiation wants sslmode=require, verify-ca or verify-full")
            }
        }
        configuration.tls.rootCertificate = file(.sslrootcert, inHome: "root.crt")
        if text(.sslrootcert) == "system" {
            // Anybody gets a certificate of a public authority; only the name in it says something.
            if text(.sslmode) == nil {
                configuration.tls.mode = .verifyFull
            } else if let mode, mode != .verifyFull {
                complain(.sslrootcert, "with the system's authorities sslmode must be verify-full")
            }
        }
        configuration.tls.revocationList = file(.sslcrl, inHome: "root.crl")
        readClientCertificate()
        switch text(.sslsni) {
        case nil, "1": break
        case "0": configuration.tls.sendsServerName = false
        default: complain(.sslsni, "it is neither 0 nor 1")
        }
        if let version = choice(.minimumTLS, PostgresTLS.Version.self) { configuration.tls.minimumVersion = version }
        configuration.tls.maximumVersion = choice(.maximumTLS, PostgresTLS.Version.self)
        if let newest = configuration.tls.maximumVersion, newest < configuration.tls.minimumVersion {
            complain(.maximumTLS, "it is older than ssl_min_protocol_version")
        }
    }

    private mutating func readClientCertificate() {
        switch text(.sslcertmode) {
        case nil, "allow": break
        case "disable": return
        default:
            complain(.sslcertmode, "only allow and disable are supported", advice: Self.refusal)
        }
        configuration.tls.certificate = file(.sslcert, inHome: "postgresql.crt")
        configuration.tls.key = file(.sslkey, inHome: "postgresql.key")
        configuration.tls.keyPassword = text(.sslpassword)
    }

    /// A file that is named, or that lies where libpq looks.
    private mutating func file(_ keyword: ConnectionKeyword, inHome name: String) -> String? {
        if let path = text(keyword) { return path }
        guard usesHome, configuration.tls.mode != .disable, let path = files.inHome(".postgresql/\(name)") else {
            return nil
        }
        origins[keyword.rawValue] = .homeDirectory(path: path)
        return path
    }

    mutating func readAuthentication() {
        if let binding = choice(.channelBinding, PostgresChannelBinding.self) { configuration.channelBinding = binding }
        if let text = text(.requireAuthentication) {
            if let requirement = PostgresAuthenticationRequirement(list: text) {
                configuration.requiredAuthentication = requirement
            } else {
                complain(
                    .requireAuthentication, "it is no list of methods, each named once, all or none of them with a !",
                    advice: "The methods are "
                        + PostgresAuthenticationMethod.allCases.map(\.rawValue).joined(separator: ", "))
            }
        }
        let oldest = protocolVersion(.minimumProtocol)
        let newest = protocolVersion(.maximumProtocol)
        configuration.minimumProtocol = oldest ?? .v3_0
        // Who wants no older one has a server that knows the newest.
        configuration.maximumProtocol = newest ?? (configuration.minimumProtocol > .v3_0 ? .v3_2 : .v3_0)
        if configuration.maximumProtocol < configuration.minimumProtocol {
            complain(.maximumProtocol, "it is older than min_protocol_version")
        }
        configuration.oauth = PostgresOAuth(
            issuer: text(.oauthIssuer), clientID: text(.oauthClientID), clientSecret: text(.oauthClientSecret),
            scope: text(.oauthScope))
    }

    private mutating func protocolVersion(_ keyword: ConnectionKeyword) -> PostgresProtocolVersion? {
        text(keyword) == "latest" ? .v3_2 : choice(keyword, PostgresProtocolVersion.self)
    }

    private static let refusal = "It is refused rather than ignored, since it asks for protection"

    /// What asks for something that the driver does not do is an error; what only allows it (`gssencmode=prefer`), or
    /// describes it (`krbsrvname`), is not.
    mutating func refuseWhatIsNotThere() {
        if let mode = text(.gssencmode), mode != "disable", mode != "prefer" {
            complain(.gssencmode, "there is no encryption by GSSAPI; use TLS", advice: Self.refusal)
        }
        for keyword in [ConnectionKeyword.requirepeer, .sslcrldir] where text(keyword) != nil {
            complain(keyword, "it is not supported", advice: Self.refusal)
        }
        for keyword in [ConnectionKeyword.scramClientKey, .scramServerKey, .sslkeylogfile] where text(keyword) != nil {
            complain(keyword, "it is not supported", advice: "Remove \(keyword.rawValue)")
        }
    }
}

extension PostgresAuthenticationRequirement {
    /// Reads libpq's `require_auth`: `scram-sha-256,md5`, or what is not allowed, `!password,!md5`. Nil when it is
    /// neither.
    init?(list: String) {
        var named: Set<PostgresAuthenticationMethod> = []
        var isNegated: Bool?
        for part in list.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            var name = ConnectionString.trimmed(Array(part)[...])
            let hasMark = name.first == UInt8(ascii: "!")
            if hasMark { name.removeFirst() }
            guard isNegated == nil || isNegated == hasMark,
                let method = PostgresAuthenticationMethod(rawValue: String(decoding: name, as: UTF8.self)),
                named.insert(method).inserted
            else { return nil }
            isNegated = hasMark
        }
        self.init(isNegated == true ? Set(PostgresAuthenticationMethod.allCases).subtracting(named) : named)
    }

    /// As `require_auth` has it.
    var list: String {
        let all = PostgresAuthenticationMethod.allCases
        // Nothing allowed can only be said by forbidding everything.
        return allowed.isEmpty
            ? all.map { "!\($0.rawValue)" }.joined(separator: ",")
            : all.filter(allowed.contains).map(\.rawValue).joined(separator: ",")
    }
}
