public import PostgresWire

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension PostgresConfiguration {
    /// Reads a connection string: a URL, `postgres://user:password@host:port,host:port/database?name=value&…` (also
    /// `postgresql://`), or settings, `host=db user=app password='it\'s'` (PostgreSQL documentation, "Connection
    /// Strings").
    ///
    /// In a URL, parts are percent-encoded where they contain `@ : / ? # % ,` or `&`. The names are libpq's; a name
    /// that is none of them and no misspelling of one is sent to the server as a setting of the session. Of a name that
    /// is repeated the last value counts. Only what the string itself names is read: `passfile`, `service`. For libpq's
    /// variables and the files in the home directory there is ``fromEnvironment(_:connectionString:)``.
    ///
    /// - Throws: `invalidConfiguration`, naming all that is wrong; no piece of the string is in the error, for it may
    ///   be a piece of a password.
    public init(_ connectionString: String) throws(PostgresError) {
        try self.init(connectionString, files: nil)
    }

    /// `files` is the machine's when nil, which is asked only for what is needed.
    init(_ connectionString: String, files given: ConfigurationFiles?) throws(PostgresError) {
        var files = given ?? ConfigurationFiles()
        var settings = ConnectionString.settings(connectionString, from: .connectionString)
        if settings[.service] != nil {
            let environment = ProcessInfo.processInfo.environment
            files = given ?? .machine(home: environment["HOME"])
            let service = ServiceFile.settings(for: settings, files: files) { environment[$0] }
            settings.fill(from: service, keepingHosts: true)
        }
        var reader = SettingsReader(settings, files: files, usesHome: false)
        self = try reader.read()
    }

    /// Reads `DATABASE_URL` and libpq's variables (PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE, PGSSLMODE,
    /// PGSERVICE, …), `~/.pgpass`, `~/.pg_service.conf` and the certificates in `~/.postgresql`, as libpq does.
    ///
    /// A connection string goes before the service file, that before the variables. A connection string that names a
    /// host is not given an address or a port by variables. An empty variable is one that is not set. For `.env` files
    /// and variables of other names there is ``PostgresConfigurationLoader``.
    ///
    /// - Parameters:
    ///   - environment: the process's own when nil. The home directory is its HOME.
    ///   - connectionString: what to use instead of `DATABASE_URL`.
    /// - Throws: `invalidConfiguration`, naming every variable that is missing or wrong.
    public static func fromEnvironment(
        _ environment: [String: String]? = nil, connectionString: String? = nil
    ) throws(PostgresError) -> PostgresConfiguration {
        var loader = PostgresConfigurationLoader()
        loader.environment = environment
        return try loader.load(connectionString)
    }
}
