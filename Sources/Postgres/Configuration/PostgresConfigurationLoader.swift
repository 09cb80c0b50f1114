public import PostgresWire

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Gathers a configuration from the places where applications keep theirs.
///
///     var loader = PostgresConfigurationLoader()
///     loader.environmentFiles = [".env.local", ".env"]
///     loader.variables = [.prefixed("DB_")]
///     loader.required = ["host", "user", "password", "dbname"]
///     let configuration = try loader.load()
///
/// What goes before what, first to last: a connection string given in code, the variables' URL, the service file, the
/// variables' parts, the profile of the mode, `defaults`. A variable of the environment goes before one of a file.
public struct PostgresConfigurationLoader: Sendable {
    /// What holds in one mode: development, test, staging, production.
    public struct Profile: Sendable {
        /// Settings by libpq's names, below the variables and above the defaults.
        public var settings: [String: String]
        /// Which variables to read in this mode; the loader's when nil.
        public var variables: [PostgresVariables]?
        /// The settings that must be given in this mode, in addition to the loader's.
        public var required: [String]

        /// By its parts.
        public init(
            settings: [String: String] = [:], variables: [PostgresVariables]? = nil, required: [String] = []
        ) {
            self.settings = settings
            self.variables = variables
            self.required = required
        }
    }

    /// The environment; the process's own when nil.
    public var environment: [String: String]?
    /// `.env` files; a variable counts from the first of them that has it. Those that are not there are passed over.
    public var environmentFiles: [String] = []
    /// Sets of variables. The first of which anything is set is used, and no other: a host of one and a password of
    /// another do not belong together.
    public var variables: [PostgresVariables] = [.libpq]
    /// Settings by libpq's names, where nothing else says anything.
    public var defaults: [String: String] = [:]
    /// What holds in each mode, by its name.
    public var profiles: [String: Profile] = [:]
    /// The mode; what the first of `modeVariables` that is set says when nil.
    public var mode: String?
    /// Where the name of the mode is looked for.
    public var modeVariables = ["APP_ENV", "NODE_ENV", "ENVIRONMENT"]
    /// The settings that must be given, by libpq's names: `host`, `user`, `password`, `dbname`.
    public var required: [String] = []
    /// Whether `~/.pgpass`, `~/.pg_service.conf` and `~/.postgresql` are looked at without being named.
    public var usesHomeDirectory = true
    /// Becomes the configuration's; a required password is then given.
    public var passwordProvider: (@Sendable () async throws -> String)?

    /// One that reads what libpq reads.
    public init() {}

    /// The configuration. Files are read here and now.
    ///
    /// - Parameter connectionString: instead of the URL that a variable may hold.
    /// - Throws: `invalidConfiguration`, naming all that is missing or wrong; no value is in it.
    public func load(_ connectionString: String? = nil) throws(PostgresError) -> PostgresConfiguration {
        let sources = ConfigurationSources(self)
        return try sources.load(connectionString)
    }

    /// The configuration, with a connection string that is fetched: from a secret manager or a parameter store.
    ///
    ///     let configuration = try await loader.load { mode in
    ///         mode == "development" ? nil : try await parameters.value("/app/database-url")
    ///     }
    ///
    /// - Parameter fetch: is given the mode. Nil leaves it to the variables.
    /// - Throws: `invalidConfiguration`, as `load`; when `fetch` throws something other than a `PostgresError`, with
    ///   the kind of its error but not its words, which may hold a secret. `cancelled` when the task was.
    public func load(
        fetching fetch: (_ mode: String?) async throws -> String?
    ) async throws(PostgresError) -> PostgresConfiguration {
        let sources = ConfigurationSources(self)
        let connectionString: String?
        do {
            connectionString = try await fetch(sources.mode)
        } catch let error as PostgresError {
            throw error
        } catch is CancellationError {
            throw PostgresError(.cancelled, "the task was cancelled while the connection string was fetched")
        } catch {
            throw PostgresError(
                .invalidConfiguration, "the connection string could not be fetched (\(type(of: error)))")
        }
        return try sources.load(connectionString)
    }

    /// The mode: `mode`, else what its variables say; for what else depends on it.
    public func currentMode() -> String? { ConfigurationSources(self).mode }
}
