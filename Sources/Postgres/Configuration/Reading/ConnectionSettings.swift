import PostgresWire

/// Values by name, each with its place, and what was wrong while they were gathered: the form that URLs, keyword/value
/// strings, variables and files are all brought into, so that what a value means is said once.
struct ConnectionSettings: Sendable {
    struct Value: Sendable {
        var text: String
        var origin: PostgresSettingOrigin
    }

    private(set) var values: [ConnectionKeyword: Value] = [:]
    /// What is sent to the server as settings of the session.
    private(set) var parameters: [String: Value] = [:]
    private(set) var problems = ConfigurationProblems()

    subscript(_ keyword: ConnectionKeyword) -> Value? { values[keyword] }

    var isEmpty: Bool { values.isEmpty && parameters.isEmpty }

    /// An empty text is not a value, as in libpq; for the password it is one that is empty.
    mutating func set(_ keyword: ConnectionKeyword, _ text: String, from origin: PostgresSettingOrigin) {
        guard !text.containsNUL else {
            return problems.add("\(origin.place): \(keyword.rawValue) contains a NUL byte")
        }
        if text.isEmpty && keyword != .password {
            values[keyword] = nil
        } else {
            values[keyword] = Value(text: text, origin: origin)
        }
    }

    /// A setting for the server.
    mutating func setParameter(_ name: String, _ text: String, from origin: PostgresSettingOrigin) {
        guard !text.containsNUL else {
            return problems.add("\(origin.place): a setting for the server contains a NUL byte")
        }
        parameters[name] = Value(text: text, origin: origin)
    }

    /// By a name from outside. Neither the name nor the value is repeated in a problem.
    ///
    /// `what` says which one it is: "parameter 3".
    mutating func set(_ name: String, _ text: String, _ what: String, from origin: PostgresSettingOrigin) {
        // Understood by many clients; it means what `sslmode=require` does.
        if name == "ssl" { return setSSL(text, from: origin) }
        switch ParameterName(name) {
        case .keyword(let keyword): set(keyword, text, from: origin)
        case .setting(let name): setParameter(name, text, from: origin)
        case .unknown(let advice):
            problems.add("\(origin.place): \(what) is not the name of a setting", advice: advice)
        }
    }

    private mutating func setSSL(_ text: String, from origin: PostgresSettingOrigin) {
        switch text {
        case "true", "1": set(.sslmode, PostgresTLS.Mode.require.rawValue, from: origin)
        case "false", "0": break
        default:
            problems.add("\(origin.place): ssl is neither true nor false", advice: "Write sslmode=MODE instead")
        }
    }

    mutating func addProblem(_ message: String, advice: String? = nil) {
        problems.add(message, advice: advice)
    }

    /// Takes from `lower` what is not set here. `keepingHosts`: where a host is named here, the address and the port
    /// that go with it are not taken from elsewhere.
    mutating func fill(from lower: ConnectionSettings, keepingHosts: Bool = false) {
        let hasHost = keepingHosts && (values[.host] != nil || values[.hostaddr] != nil)
        let places: [ConnectionKeyword] = [.host, .hostaddr, .port]
        for (keyword, value) in lower.values where values[keyword] == nil {
            if hasHost && places.contains(keyword) { continue }
            values[keyword] = value
        }
        for (name, value) in lower.parameters where parameters[name] == nil { parameters[name] = value }
        problems.append(lower.problems)
    }
}

/// All that is missing or wrong, for one error that names everything. Values are never in it.
struct ConfigurationProblems: Sendable {
    /// Enough to read; a string with thousands of mistakes is no configuration.
    private static let limit = 20

    private(set) var messages: [String] = []
    private var advice: [String] = []
    private var hasMore = false

    var isEmpty: Bool { messages.isEmpty }

    mutating func add(_ message: String, advice: String? = nil) {
        if !messages.contains(message) {
            guard messages.count < Self.limit else { return hasMore = true }
            messages.append(message)
        }
        if let advice, !self.advice.contains(advice) { self.advice.append(advice) }
    }

    mutating func append(_ other: ConfigurationProblems) {
        for message in other.messages { add(message) }
        for text in other.advice where !advice.contains(text) { advice.append(text) }
    }

    /// The error, where there is something to complain of.
    func check() throws(PostgresError) {
        guard let first = messages.first else { return }
        throw PostgresError(
            .invalidConfiguration,
            messages.count == 1
                ? first
                : "\(messages.count)\(hasMore ? " and more" : "") things are missing or wrong: "
                    + messages.joined(separator: "; "),
            advice: advice.isEmpty ? nil : advice.prefix(5).joined(separator: ". "))
    }
}
