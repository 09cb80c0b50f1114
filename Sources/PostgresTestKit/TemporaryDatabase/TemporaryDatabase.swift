public import Postgres

/// A database of one's own on a server that is there already.
///
///     try await TemporaryDatabase.with(on: server.configuration, template: "prepared") { configuration in
///         let pool = try PostgresPool(configuration)
///         …
///     }
///
/// A test that needs tables and rows clones a database that has them: PostgreSQL copies the files, which takes tens of
/// milliseconds and no locks from other tests. PostgreSQL documentation, "Template Databases".
public struct TemporaryDatabase: Sendable {
    /// How to reach the database.
    public let configuration: PostgresConfiguration
    /// Its name: a prefix and 16 random digits.
    public let name: String

    private let server: PostgresConfiguration

    /// Makes an empty database, or a copy of `template`, which nobody may be connected to. `server` is any database of
    /// the server, as a user who may create databases.
    ///
    /// - Throws: what connecting throws; `server` with `insufficientPrivilege` when the user may not create databases,
    ///   with `objectInUse` when somebody is connected to the template.
    public static func create(
        on server: PostgresConfiguration, template: String? = nil
    ) async throws(PostgresError) -> TemporaryDatabase {
        let name = "egret_tmp_" + Credentials.randomDigits(16)
        // template0, so that what somebody put into template1 does not matter.
        try await run("CREATE DATABASE \(identifier: name) TEMPLATE \(identifier: template ?? "template0")", on: server)
        var configuration = server
        configuration.database = name
        return TemporaryDatabase(configuration: configuration, name: name, server: server)
    }

    /// Runs `body` with a database that is gone when it returns, throws or is cancelled.
    public static func with<R: Sendable>(
        on server: PostgresConfiguration, template: String? = nil,
        _ body: (PostgresConfiguration) async throws -> R
    ) async throws -> R {
        let database = try await create(on: server, template: template)
        let outcome: Result<R, any Error>
        do {
            outcome = .success(try await body(database.configuration))
        } catch {
            outcome = .failure(error)
        }
        // In a task of its own: the database must go when this one is cancelled, too.
        let dropping = await Task { try await database.drop() }.result
        let result = try outcome.get()
        try dropping.get()
        return result
    }

    /// Removes the database, and the connections to it. More calls do nothing.
    /// - Throws: what connecting throws; `timeout` where the server has not removed it within a minute.
    public func drop() async throws(PostgresError) {
        try await Self.run("DROP DATABASE IF EXISTS \(identifier: name) WITH (FORCE)", on: server)
    }

    private static func run(_ statement: PostgresQuery, on server: PostgresConfiguration) async throws(PostgresError) {
        let connection = try await PostgresConnection.connect(server)
        do throws(PostgresError) {
            // A server that hangs must not keep the tests for ever.
            try await connection.execute(statement, timeout: .seconds(60))
        } catch {
            await connection.close()
            throw error
        }
        await connection.close()
    }
}

extension TemporaryServer {
    /// How to reach the server over its unix socket: the fastest way in.
    public var configuration: PostgresConfiguration {
        PostgresConfiguration(
            host: socketDirectory, port: port, user: options.user, password: options.password,
            database: Self.defaultDatabase)
    }

    /// How to reach the server over TCP; with TLS when it offers that, and then with its certificate verified.
    public var networkConfiguration: PostgresConfiguration {
        let isVerifiable = options.tls.map { !$0.isExpired && $0.names.contains("127.0.0.1") } ?? false
        let tls =
            isVerifiable
            ? PostgresTLS(mode: .verifyFull, rootCertificate: rootCertificateFile)
            : options.tls == nil ? .disable : .prefer
        return PostgresConfiguration(
            host: "127.0.0.1", port: port, user: options.user, password: options.password,
            database: Self.defaultDatabase, tls: tls)
    }

    /// Makes a database of one's own: empty, or a copy of `template`. It ends with the server, or by `drop()`.
    /// - Throws: what `TemporaryDatabase.create` throws.
    public func createDatabase(template: String? = nil) async throws(PostgresError) -> TemporaryDatabase {
        try await TemporaryDatabase.create(on: configuration, template: template)
    }
}
