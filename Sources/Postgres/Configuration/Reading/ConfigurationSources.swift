import PostgresWire

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What a loader has found: the variables with their places, and from them settings in layers.
struct ConfigurationSources {
    private let loader: PostgresConfigurationLoader
    private let environment: [String: String]
    private let files: ConfigurationFiles
    private var environmentFiles: [(path: String, file: EnvironmentFile)] = []

    init(_ loader: PostgresConfigurationLoader, files: ConfigurationFiles? = nil) {
        self.loader = loader
        if let given = loader.environment {
            environment = given
            self.files = files ?? ConfigurationFiles(home: given["HOME"])
        } else {
            environment = ProcessInfo.processInfo.environment
            self.files = files ?? .machine(home: environment["HOME"])
        }
        for path in loader.environmentFiles {
            if let file = EnvironmentFile(path: path) { environmentFiles.append((path, file)) }
        }
    }

    var mode: String? { loader.mode ?? loader.modeVariables.lazy.compactMap { lookup($0)?.text }.first }

    /// A variable that is set and not empty.
    private func lookup(_ name: String) -> ConnectionSettings.Value? {
        if let text = environment[name], !text.isEmpty {
            return ConnectionSettings.Value(text: text, origin: .variable(name))
        }
        for (path, file) in environmentFiles {
            guard let found = file.variables[name], !found.value.isEmpty else { continue }
            return ConnectionSettings.Value(
                text: found.value, origin: .environmentFile(path: path, line: found.line, variable: name))
        }
        return nil
    }

    func load(_ connectionString: String?) throws(PostgresError) -> PostgresConfiguration {
        let mode = mode
        let profile = mode.flatMap { loader.profiles[$0] }
        let sets = profile?.variables ?? loader.variables
        let chosen = sets.lazy.compactMap { set in set.settings(lookup).map { (set, $0) } }.first
        var parts = chosen?.1.parts ?? ConnectionSettings()
        // Deprecated in libpq, and still in use.
        if chosen?.0.parts["sslmode"]?.contains("PGSSLMODE") ?? false, parts[.sslmode] == nil,
            let old = lookup("PGREQUIRESSL"), old.text.hasPrefix("1")
        {
            parts.set(.sslmode, PostgresTLS.Mode.require.rawValue, from: old.origin)
        }
        let string =
            connectionString.map { ConnectionString.settings($0, from: .connectionString) }
            ?? chosen?.1.url ?? ConnectionSettings()
        var lower: [ConnectionSettings] = [parts]
        if let mode, let profile { lower.append(Self.settings(profile.settings, from: .profile(mode))) }
        lower.append(Self.settings(loader.defaults, from: .defaults))

        var settings = Self.merged(string, lower)
        if settings[.service] != nil {
            let service = ServiceFile.settings(for: settings, files: files) { lookup($0)?.text }
            settings = Self.merged(string, [service] + lower)
        }
        check(&settings, sets: chosen.map { [$0.0] } ?? sets, required: loader.required + (profile?.required ?? []))
        for (_, file) in environmentFiles {
            for message in file.problems.messages { settings.addProblem(message) }
        }

        var reader = SettingsReader(settings, files: files, usesHome: loader.usesHomeDirectory)
        reader.configuration.passwordProvider = loader.passwordProvider
        reader.configuration.warnings = environmentFiles.flatMap(\.file.warnings) + Self.conflicts(string, parts)
        return try reader.read()
    }

    /// A connection string that names a host also says which address and port.
    private static func merged(_ string: ConnectionSettings, _ lower: [ConnectionSettings]) -> ConnectionSettings {
        var below = ConnectionSettings()
        for layer in lower { below.fill(from: layer) }
        var settings = string
        settings.fill(from: below, keepingHosts: true)
        return settings
    }

    private static func settings(_ texts: [String: String], from origin: PostgresSettingOrigin) -> ConnectionSettings {
        var settings = ConnectionSettings()
        for (name, text) in texts.sorted(by: { $0.key < $1.key }) {
            settings.set(name, text, "\(name)", from: origin)
        }
        return settings
    }

    /// Names what is missing.
    private func check(_ settings: inout ConnectionSettings, sets: [PostgresVariables], required: [String]) {
        let set = sets.first ?? PostgresVariables()
        let example =
            set.urls.first.map { "Set \($0)=postgres://user:password@host:5432/database" } ?? ConnectionString.example
        for name in required {
            guard let keyword = ConnectionKeyword(rawValue: name) else {
                if settings.parameters[name] == nil { settings.addProblem("\(set.names(for: name)) is not set") }
                continue
            }
            let isProvided =
                switch keyword {
                case .password: loader.passwordProvider != nil || settings[.passfile] != nil
                case .host: settings[.hostaddr] != nil
                default: false
                }
            if settings[keyword] == nil && !isProvided {
                settings.addProblem("\(set.names(for: name)) is not set", advice: example)
            }
        }
        let says: [ConnectionKeyword] = [.host, .hostaddr, .user, .dbname, .service]
        if required.isEmpty, settings.problems.isEmpty, says.allSatisfy({ settings[$0] == nil }) {
            let places = (sets.flatMap(\.urls) + [set.names(for: "host"), set.names(for: "user")])
            settings.addProblem(
                "nothing says where the database is: none of \(places.joined(separator: ", ")) is set", advice: example)
        }
    }

    /// Parts that say something else than the connection string which goes before them.
    private static func conflicts(_ string: ConnectionSettings, _ parts: ConnectionSettings) -> [String] {
        let host = string[.host] ?? string[.hostaddr]
        return parts.values.sorted { $0.key.rawValue < $1.key.rawValue }.compactMap { keyword, part in
            if let used = string[keyword] {
                guard used.text != part.text else { return nil }
                return "\(part.origin) is not used: \(used.origin) goes before it, and has another \(keyword.rawValue)"
            }
            guard let host, keyword == .port || keyword == .hostaddr else { return nil }
            // The port that the string means without saying so.
            if keyword == .port, part.text == String(PostgresHost.defaultPort) { return nil }
            return "\(part.origin) is not used: \(host.origin) names the host, and \(keyword.rawValue) goes with it"
        }
    }
}

extension ServiceFile {
    /// The settings of the service that is named: from `servicefile`, PGSERVICEFILE or `~/.pg_service.conf`; where it
    /// is in none of these, from the machine's file.
    static func settings(
        for settings: ConnectionSettings, files: ConfigurationFiles, variable: (String) -> String?
    ) -> ConnectionSettings {
        var none = ConnectionSettings()
        guard let service = settings[.service] else { return none }
        let named = settings[.servicefile]?.text ?? variable("PGSERVICEFILE")
        if let path = named ?? files.home.map({ "\($0)/.pg_service.conf" }) {
            if let file = ServiceFile(path: path) {
                if let found = file.settings(service: service.text) { return found }
            } else if named != nil {
                none.addProblem("the service file \(path) is not there or cannot be read")
                return none
            }
        }
        let directory = variable("PGSYSCONFDIR") ?? files.systemDirectory
        if let found = ServiceFile(path: "\(directory)/pg_service.conf")?.settings(service: service.text) {
            return found
        }
        none.addProblem(
            "\(service.origin.place): there is no service of that name",
            advice: "Add a [name] of that name to ~/.pg_service.conf")
        return none
    }
}
