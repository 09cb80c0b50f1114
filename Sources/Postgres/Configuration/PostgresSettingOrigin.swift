/// Where the value of a setting came from.
public enum PostgresSettingOrigin: Sendable, Hashable {
    /// The driver's own default.
    case `default`
    /// Set in code.
    case code
    /// A URL or keyword/value string that was given in code.
    case connectionString
    /// A variable of the environment; one that holds a URL for each setting that the URL has.
    case variable(String)
    /// A line of a `.env` file.
    case environmentFile(path: String, line: Int, variable: String)
    /// A line of a service file.
    case serviceFile(path: String, line: Int)
    /// A line of a password file.
    case passwordFile(path: String, line: Int)
    /// A file that was found where libpq looks for it, below `~/.postgresql`.
    case homeDirectory(path: String)
    /// The settings of the loader's profile of this name.
    case profile(String)
    /// The loader's defaults.
    case defaults
    /// The account that the program runs as.
    case account

    /// For the beginning of an error.
    var place: String {
        switch self {
        case .connectionString: "the connection string"
        default: description
        }
    }
}

extension PostgresSettingOrigin: CustomStringConvertible {
    /// For people: `PGHOST`, `DB_HOST (.env, line 3)`.
    public var description: String {
        switch self {
        case .default: "default"
        case .code: "set in code"
        case .connectionString: "connection string"
        case .variable(let name): name
        case .environmentFile(let path, let line, let variable): "\(variable) (\(path), line \(line))"
        case .serviceFile(let path, let line): "\(path), line \(line)"
        case .passwordFile(let path, let line): "\(path), line \(line)"
        case .homeDirectory(let path): "found at \(path)"
        case .profile(let name): "profile \(name)"
        case .defaults: "the program's defaults"
        case .account: "the account's name"
        }
    }
}

/// One setting of a configuration: what it is and where it came from. See ``PostgresConfiguration/origins``.
public struct PostgresSetting: Sendable, Hashable, CustomStringConvertible {
    /// libpq's name: `host`, `sslmode`; or the name of a setting of the session.
    public var name: String
    /// The value as it would stand in a URL, not encoded; `***` for a secret.
    public var value: String
    public var origin: PostgresSettingOrigin

    public var description: String { "\(name) = \(value) [\(origin)]" }
}
