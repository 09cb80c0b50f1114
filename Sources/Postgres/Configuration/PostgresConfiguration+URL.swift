/// A configuration as text: the settings by libpq's names, a URL, a description.
extension PostgresConfiguration {
    /// The configuration as a URL, which reads back as the same settings. What has no name in libpq is not in it:
    /// providers, `onNotice`, the timeouts of statements, the cache, passwords of single hosts, the limit of SCRAM's
    /// rounds.
    ///
    /// - Parameter showingSecrets: false puts `***` in the place of each secret.
    public func url(showingSecrets: Bool = false) -> String {
        var text = "postgres://" + Self.encoded(user)
        if let password { text += ":" + (showingSecrets ? Self.encoded(password) : "***") }
        text += "@"
        text += hosts.map { "\(Self.encodedHost($0.name)):\($0.port)" }.joined(separator: ",")
        if let database, !database.isEmpty { text += "/" + Self.encoded(database) }
        var usual: [String: String] = [:]
        for (name, value) in PostgresConfiguration(host: "", user: "").settingTexts() { usual[name] = value }
        let parts: Set = ["user", "password", "host", "port", "dbname"]
        let others = settingTexts().filter { !parts.contains($0.name) && usual[$0.name] != $0.text }
        for (index, (name, value)) in others.enumerated() {
            let isSecret = ConnectionKeyword(rawValue: name)?.isSecret ?? false
            text += index == 0 ? "?" : "&"
            text += "\(Self.encoded(name))=\(isSecret && !showingSecrets ? "***" : Self.encoded(value))"
        }
        return text
    }

    /// Every setting that has a value, secrets too, in the order in which people ask for them.
    func settingTexts() -> [(name: String, text: String)] {
        var texts: [(name: String, text: String)] = []
        func add(_ keyword: ConnectionKeyword, _ text: String?) {
            if let text { texts.append((keyword.rawValue, text)) }
        }
        add(.host, hosts.map(\.name).joined(separator: ","))
        if hosts.contains(where: { $0.address != nil }) {
            add(.hostaddr, hosts.map { $0.address ?? "" }.joined(separator: ","))
        }
        add(.port, hosts.map { String($0.port) }.joined(separator: ","))
        add(.dbname, database)
        add(.user, user)
        add(.password, password ?? hosts.lazy.compactMap(\.password).first)
        add(.applicationName, applicationName)
        add(.targetSessionAttributes, targetSession.rawValue)
        add(.loadBalanceHosts, loadBalancesHosts ? "random" : "disable")
        add(.connectTimeout, String(connectTimeout.whole(.seconds(1))))
        add(.keepalives, keepalives.isEnabled ? "1" : "0")
        add(.keepalivesIdle, keepalives.idle.map { String($0.whole(.seconds(1))) })
        add(.keepalivesInterval, keepalives.interval.map { String($0.whole(.seconds(1))) })
        add(.keepalivesCount, keepalives.count.map { String($0) })
        add(.tcpUserTimeout, tcpUserTimeout.map { String($0.whole(.milliseconds(1))) })
        add(.sslmode, tls.mode.rawValue)
        add(.sslnegotiation, tls.negotiation.rawValue)
        add(.sslrootcert, tls.rootCertificate)
        add(.sslcrl, tls.revocationList)
        add(.sslcert, tls.certificate)
        add(.sslkey, tls.key)
        add(.sslpassword, tls.keyPassword)
        add(.sslsni, tls.sendsServerName ? "1" : "0")
        add(.minimumTLS, tls.minimumVersion.rawValue)
        add(.maximumTLS, tls.maximumVersion?.rawValue)
        add(.channelBinding, channelBinding.rawValue)
        add(.requireAuthentication, requiredAuthentication?.list)
        add(.minimumProtocol, minimumProtocol.rawValue)
        add(.maximumProtocol, maximumProtocol.rawValue)
        add(.oauthIssuer, oauth.issuer)
        add(.oauthClientID, oauth.clientID)
        add(.oauthClientSecret, oauth.clientSecret)
        add(.oauthScope, oauth.scope)
        for (name, value) in parameters.sorted(by: { $0.key < $1.key }) { texts.append((name, value)) }
        return texts
    }

    /// An IPv6 address in brackets; a socket's directory encoded.
    private static func encodedHost(_ name: String) -> String {
        name.contains(":") && !name.hasPrefix("/") ? "[\(encoded(name, keeping: ":"))]" : encoded(name)
    }

    /// Percent-encoding of all but letters, digits and `-._~` (RFC 3986, 2.3).
    private static func encoded(_ text: String, keeping kept: Unicode.Scalar? = nil) -> String {
        var encoded = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                if let kept, Unicode.Scalar(byte) == kept {
                    encoded.unicodeScalars.append(kept)
                } else {
                    encoded += (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
                }
            }
        }
        return encoded
    }
}

extension Duration {
    /// How many units that is, a begun one counted whole.
    fileprivate func whole(_ unit: Duration) -> Int64 {
        let (seconds, fraction) = components
        guard unit == .milliseconds(1) else { return seconds &+ (fraction > 0 ? 1 : 0) }
        let millisecond: Int64 = 1_000_000_000_000_000
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        return overflow ? .max : product &+ fraction / millisecond &+ (fraction % millisecond > 0 ? 1 : 0)
    }
}

extension PostgresConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The places, the role and the mode of TLS, as a URL; without secrets.
    public var description: String {
        let secret = password == nil ? "" : ":***"
        let places = hosts.map { "\(Self.encodedHost($0.name)):\($0.port)" }.joined(separator: ",")
        let database = Self.encoded(database ?? user)
        return "postgres://\(Self.encoded(user))\(secret)@\(places)/\(database)?sslmode=\(tls.mode.rawValue)"
    }

    public var debugDescription: String { description }

    /// Keeps `dump` and debuggers from showing the password.
    public var customMirror: Mirror { Mirror(self, children: ["url": description]) }
}
