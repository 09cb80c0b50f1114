/// Where the settings came from.
extension PostgresConfiguration {
    /// Every setting that has a value, with the place it came from; secrets are `***`.
    ///
    ///     for setting in configuration.origins { print(setting) }    // host = db.example.com [PGHOST]
    ///
    /// What was changed after it was read is `code`.
    public var origins: [PostgresSetting] {
        let usual = PostgresConfiguration(host: "", user: "").settingTexts()
        return settingTexts().map { name, text in
            let isSecret = ConnectionKeyword(rawValue: name)?.isSecret ?? false
            let origin: PostgresSettingOrigin =
                if let known = remembered[name], known.text == text {
                    known.origin
                } else if usual.contains(where: { $0.name == name && $0.text == text }) {
                    .default
                } else {
                    .code
                }
            return PostgresSetting(name: name, value: isSecret ? "***" : text, origin: origin)
        }
    }

    /// Notes where each setting came from, as it is now.
    mutating func remember(_ settings: ConnectionSettings, and others: [String: PostgresSettingOrigin]) {
        for (name, text) in settingTexts() {
            let keyword = ConnectionKeyword(rawValue: name)
            var origin = others[name] ?? keyword.flatMap { settings[$0]?.origin } ?? settings.parameters[name]?.origin
            if keyword == .applicationName, origin == nil { origin = settings[.fallbackApplicationName]?.origin }
            remembered[name] = RememberedSetting(text: text, origin: origin ?? .default)
        }
    }
}

/// A setting as it was when it was read. Its text may be a secret.
struct RememberedSetting: Sendable, CustomStringConvertible, CustomReflectable {
    let text: String
    let origin: PostgresSettingOrigin

    var description: String { origin.description }

    var customMirror: Mirror { Mirror(self, children: ["origin": origin]) }
}
