/// Reads what follows `postgres://`: `user:password@host:port,host:port/database?name=value&…`.
///
/// The rules are libpq's. It is kinder in four places where libpq's result would be of no use: the last @ before the
/// path ends the credentials, so an @ in a password does no harm; a password may be empty; the first = of a parameter
/// separates, so a value may have more; empty parameters are passed over.
struct ConnectionURL {
    private let origin: PostgresSettingOrigin
    private(set) var settings = ConnectionSettings()

    init(origin: PostgresSettingOrigin) {
        self.origin = origin
    }

    mutating func read(_ text: ArraySlice<UInt8>) {
        let question = text.firstIndex(of: UInt8(ascii: "?")) ?? text.endIndex
        let slash = text[..<question].firstIndex(of: UInt8(ascii: "/")) ?? question
        readAuthority(text[..<slash], hasPathWithAt: text[slash..<question].contains(UInt8(ascii: "@")))
        if slash < question { set(.dbname, text[text.index(after: slash)..<question], "the database's name") }
        if question < text.endIndex { readParameters(text[text.index(after: question)...]) }
    }

    private mutating func readAuthority(_ authority: ArraySlice<UInt8>, hasPathWithAt: Bool) {
        guard let at = authority.lastIndex(of: UInt8(ascii: "@")) else {
            // `user:pass/word@host`: what looks like a port is the beginning of a password.
            if hasPathWithAt, authority.contains(UInt8(ascii: ":")) {
                return settings.addProblem(
                    "\(origin.place) has an @ behind the first /",
                    advice: "Percent-encode a / in a password as %2F, and an @ in a database's name as %40")
            }
            return readHosts(authority)
        }
        let credentials = authority[..<at]
        if let colon = credentials.firstIndex(of: UInt8(ascii: ":")) {
            set(.user, credentials[..<colon], "the user")
            set(.password, credentials[credentials.index(after: colon)...], "the password")
        } else {
            set(.user, credentials, "the user")
        }
        readHosts(authority[authority.index(after: at)...])
    }

    /// As libpq, the two lists `host` and `port`, which are put together where all other settings are known.
    private mutating func readHosts(_ text: ArraySlice<UInt8>) {
        var hosts: [ArraySlice<UInt8>] = []
        var ports: [ArraySlice<UInt8>] = []
        var rest = text
        while true {
            if rest.first == UInt8(ascii: "[") {
                guard let bracket = rest.firstIndex(of: UInt8(ascii: "]")) else {
                    return settings.addProblem("\(origin.place): the IPv6 address has no closing bracket")
                }
                let address = rest[rest.index(after: rest.startIndex)..<bracket]
                guard !address.isEmpty else {
                    return settings.addProblem("\(origin.place): there is no address between the brackets")
                }
                hosts.append(address)
                rest = rest[rest.index(after: bracket)...]
                guard rest.isEmpty || rest.first == UInt8(ascii: ":") || rest.first == UInt8(ascii: ",") else {
                    return settings.addProblem("\(origin.place): text follows the IPv6 address")
                }
            } else {
                let host = rest.prefix { $0 != UInt8(ascii: ":") && $0 != UInt8(ascii: ",") }
                hosts.append(host)
                rest = rest.dropFirst(host.count)
            }
            let port = rest.prefix { $0 != UInt8(ascii: ",") }
            ports.append(port.dropFirst())
            rest = rest.dropFirst(port.count)
            // A comma, behind which there is another host, if only an empty one.
            guard rest.popFirst() != nil else { break }
        }
        let comma = [UInt8(ascii: ",")]
        set(.host, Array(hosts.joined(separator: comma))[...], "the host")
        set(.port, Array(ports.joined(separator: comma))[...], "the port")
    }

    private mutating func readParameters(_ text: ArraySlice<UInt8>) {
        for (index, pair) in text.split(separator: UInt8(ascii: "&")).enumerated() {
            guard let equals = pair.firstIndex(of: UInt8(ascii: "=")) else {
                settings.addProblem("\(origin.place): parameter \(index + 1) has no value")
                continue
            }
            guard let name = decoded(pair[..<equals], "the name of parameter \(index + 1)"),
                let value = decoded(pair[pair.index(after: equals)...], "the value of parameter \(index + 1)")
            else { continue }
            settings.set(name, value, "the name of parameter \(index + 1)", from: origin)
        }
    }

    private mutating func set(_ keyword: ConnectionKeyword, _ text: ArraySlice<UInt8>, _ what: String) {
        if let value = decoded(text, what), !value.isEmpty || keyword == .password {
            settings.set(keyword, value, from: origin)
        }
    }

    /// Percent-decoding (RFC 3986, 2.1). A plus sign is itself.
    private mutating func decoded(_ text: ArraySlice<UInt8>, _ what: String) -> String? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var rest = text
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(hexDigit), let low = rest.popFirst().flatMap(hexDigit) else {
                settings.addProblem(
                    "\(origin.place): \(what) has a % that is not followed by two hexadecimal digits",
                    advice: "Write %25 for a percent sign")
                return nil
            }
            bytes.append(high << 4 | low)
        }
        guard let string = String(validating: bytes, as: UTF8.self) else {
            settings.addProblem("\(origin.place): \(what) is not UTF-8 once decoded")
            return nil
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
