import PostgresWire

/// From settings to a configuration: what each value means, what goes together, what is missing, all in one pass, so
/// that one error can name everything.
struct SettingsReader {
    let settings: ConnectionSettings
    let files: ConfigurationFiles
    /// Whether `~/.pgpass` and `~/.postgresql` are looked at without having been named.
    let usesHome: Bool
    var configuration = PostgresConfiguration(host: "", user: "")
    var problems: ConfigurationProblems
    /// Where values came from that no setting has.
    var origins: [String: PostgresSettingOrigin] = [:]

    init(_ settings: ConnectionSettings, files: ConfigurationFiles, usesHome: Bool) {
        self.settings = settings
        self.files = files
        self.usesHome = usesHome
        problems = settings.problems
    }

    /// - Throws: `invalidConfiguration` with everything that is wrong; no value is in it.
    mutating func read() throws(PostgresError) -> PostgresConfiguration {
        readHosts()
        readSession()
        readTransport()
        readTLS()
        readAuthentication()
        refuseWhatIsNotThere()
        try problems.check()
        readPasswordFile()
        try configuration.validate()
        configuration.remember(settings, and: origins)
        return configuration
    }

    // MARK: Hosts

    private static let hostLimit = 100

    private mutating func readHosts() {
        let names = list(.host)
        let addresses = list(.hostaddr)
        let ports = list(.port)
        if let names, let addresses, names.count != addresses.count {
            complain(.hostaddr, "there are \(addresses.count) addresses for \(names.count) hosts")
        }
        let count = (addresses ?? names)?.count ?? 1
        guard count <= Self.hostLimit else { return complain(.host, "there are more than \(Self.hostLimit) hosts") }
        if let ports, ports.count != 1, ports.count != count {
            complain(.port, "there are \(ports.count) ports for \(count) hosts", advice: "Give one port, or one each")
        }
        configuration.hosts = (0..<count).map { index in
            // One port is that of every host; an empty one is the default.
            let portText = ports.flatMap { $0.count == 1 ? $0[0] : index < $0.count ? $0[index] : nil } ?? ""
            var port = PostgresHost.defaultPort
            if !portText.isEmpty {
                if let number = Self.number(portText), (1...65535).contains(number) {
                    port = number
                } else {
                    complain(.port, "a port is not a number from 1 to 65535")
                }
            }
            let address = addresses.flatMap { index < $0.count && !$0[index].isEmpty ? $0[index] : nil }
            var name = names.flatMap { index < $0.count ? $0[index] : nil } ?? ""
            if name.isEmpty { name = address ?? files.defaultHost(port: port) }
            if name.hasPrefix("@") {
                complain(.host, "sockets in the abstract namespace are not supported", advice: "Name a directory")
            }
            return PostgresHost(name, address: address, port: port)
        }
    }

    /// The parts between commas, empty ones too; nil when there is no such setting.
    private func list(_ keyword: ConnectionKeyword) -> [String]? {
        settings[keyword].map {
            $0.text.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map {
                String(Substring($0))
            }
        }
    }

    // MARK: The session

    private mutating func readSession() {
        if let user = text(.user) {
            configuration.user = user
        } else if let account = files.accountName() {
            configuration.user = account
            origins[ConnectionKeyword.user.rawValue] = .account
        } else {
            problems.add("no user is given", advice: "Put it into the URL: postgres://USER@host/database")
        }
        configuration.password = text(.password)
        configuration.database = text(.dbname)
        configuration.applicationName = text(.applicationName) ?? text(.fallbackApplicationName)
        configuration.parameters = settings.parameters.mapValues(\.text)
        for keyword in [ConnectionKeyword.options, .replication] {
            if let text = text(keyword) { configuration.parameters[keyword.rawValue] = text }
        }
        if let encoding = text(.clientEncoding) {
            let folded = encoding.lowercased().filter { $0 != "-" && $0 != "_" }
            if !["utf8", "unicode", "auto"].contains(folded) {
                complain(.clientEncoding, "the driver speaks UTF8 and nothing else", advice: "Remove client_encoding")
            }
        }
        if let target = choice(.targetSessionAttributes, PostgresTargetSession.self) {
            configuration.targetSession = target
        }
        switch text(.loadBalanceHosts) {
        case nil, "disable": break
        case "random": configuration.loadBalancesHosts = true
        default: complain(.loadBalanceHosts, "it is neither disable nor random")
        }
    }

    private mutating func readPasswordFile() {
        guard configuration.password == nil else { return }
        let named = text(.passfile)
        guard let path = named ?? (usesHome ? files.home.map { "\($0)/.pgpass" } : nil),
            let file = PasswordFile(path: path, isNamed: named != nil, warnings: &configuration.warnings)
        else { return }
        let found = configuration.hosts.map { host in
            file.password(
                host: host.name, port: host.port, database: configuration.database ?? configuration.user,
                user: configuration.user, socketDirectories: files.socketDirectories)
        }
        guard let line = found.lazy.compactMap({ $0?.line }).first else { return }
        origins[ConnectionKeyword.password.rawValue] = .passwordFile(path: path, line: line)
        if let first = found[0], found.allSatisfy({ $0?.text == first.text }) {
            configuration.password = first.text
        } else {
            for index in found.indices { configuration.hosts[index].password = found[index]?.text }
        }
    }

    // MARK: Values

    func text(_ keyword: ConnectionKeyword) -> String? { settings[keyword]?.text }

    /// A number as libpq reads one: spaces around it do no harm, and it has 32 bits.
    static func number(_ text: String) -> Int? {
        Int32(String(decoding: ConnectionString.trimmed(Array(text.utf8)[...]), as: UTF8.self)).map { Int($0) }
    }

    mutating func number(_ keyword: ConnectionKeyword) -> Int? {
        guard let text = text(keyword) else { return nil }
        guard let number = Self.number(text) else {
            complain(keyword, "it is not a number")
            return nil
        }
        return number
    }

    /// One of the names of a type.
    mutating func choice<T: RawRepresentable & CaseIterable>(
        _ keyword: ConnectionKeyword, _ type: T.Type
    ) -> T? where T.RawValue == String {
        guard let text = text(keyword) else { return nil }
        guard let value = T(rawValue: text) else {
            complain(
                keyword, "there is no value of that name",
                advice: "\(keyword.rawValue) is one of \(T.allCases.map(\.rawValue).joined(separator: ", "))")
            return nil
        }
        return value
    }

    /// Names the setting and the place where its value was found.
    mutating func complain(_ keyword: ConnectionKeyword, _ what: String, advice: String? = nil) {
        let place = settings[keyword]?.origin.place ?? "the configuration"
        // A variable or a line with the setting's own name needs no repetition.
        let name = place == keyword.variable ? place : "\(place): \(keyword.rawValue)"
        problems.add("\(name): \(what)", advice: advice)
    }
}
