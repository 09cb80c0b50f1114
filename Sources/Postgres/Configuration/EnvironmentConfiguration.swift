public import PostgresWire

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension PostgresConfiguration {
    /// Reads `DATABASE_URL`, or, where that is not set, libpq's variables: PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE,
    /// PGSSLMODE, PGSSLROOTCERT, PGAPPNAME, PGCONNECT_TIMEOUT. `environment` is the process's own when nil.
    ///
    /// - Throws: `invalidConfiguration`, naming the variable.
    public static func fromEnvironment(
        _ environment: [String: String]? = nil
    ) throws(PostgresError) -> PostgresConfiguration {
        let environment = environment ?? ProcessInfo.processInfo.environment
        if let url = environment["DATABASE_URL"], !url.isEmpty {
            do {
                return try PostgresConfiguration(url)
            } catch {
                throw PostgresError(.invalidConfiguration, "DATABASE_URL: \(error.message)", advice: error.advice)
            }
        }
        guard let user = environment["PGUSER"] ?? environment["USER"] ?? environment["LOGNAME"] else {
            throw PostgresError(
                .invalidConfiguration, "neither DATABASE_URL nor PGUSER is set",
                advice: "Set DATABASE_URL=postgres://user:password@host:5432/database")
        }
        var configuration = PostgresConfiguration(host: environment["PGHOST"] ?? "localhost", user: user)
        configuration.password = environment["PGPASSWORD"]
        configuration.database = environment["PGDATABASE"]
        configuration.applicationName = environment["PGAPPNAME"]
        configuration.tls.rootCertificate = environment["PGSSLROOTCERT"]
        if let port = environment["PGPORT"] {
            guard let number = Int(port) else {
                throw PostgresError(.invalidConfiguration, "PGPORT is not a number")
            }
            configuration.port = number
        }
        if let mode = environment["PGSSLMODE"] {
            guard let mode = PostgresTLS.Mode(rawValue: mode) else {
                throw PostgresError(.invalidConfiguration, "PGSSLMODE is no sslmode")
            }
            configuration.tls.mode = mode
        }
        if let timeout = environment["PGCONNECT_TIMEOUT"] {
            guard let seconds = Int(timeout), seconds > 0 else {
                throw PostgresError(.invalidConfiguration, "PGCONNECT_TIMEOUT is not a number of seconds")
            }
            configuration.connectTimeout = .seconds(seconds)
        }
        try configuration.validate()
        return configuration
    }
}
