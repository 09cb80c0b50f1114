import Foundation
import Postgres
import PostgresTestKit

/// The server that all live tests of one process share: the one DATABASE_URL names, else a temporary one. `TestRoute` is
/// the way to it.
///
/// It is started when the first test asks for it, and ends with the process. Tests that write do it in a database of
/// their own: `TestServer.withDatabase`, or `withPool`.
enum TestServer {
    /// The server DATABASE_URL names, if any.
    static let givenURL: String? = ProcessInfo.processInfo.environment["DATABASE_URL"].flatMap { $0.isEmpty ? nil : $0 }

    private static let started = Result {
        try TemporaryServer(
            TemporaryServer.Options(
                authentication: TestRoute.current == .tls ? .scramSHA256 : .trust,
                tls: TestRoute.hasTLS ? TemporaryServer.TLS() : nil, settings: ["max_connections": "500"]))
    }

    /// As many connections as one test has in transactions at the same time, for all the tests that share a database.
    private static let bouncer = Result { try PgBouncer(connections: 100, before: networkConfiguration) }

    /// As many as one run of the tests has connections at the same time.
    private static let pgpool = Result { try Pgpool(clients: 200, before: networkConfiguration) }

    /// The shared temporary server, for tests that need more of it than a connection: certificate, log, both addresses.
    /// - Throws: what starting it threw, with the advice of what to install.
    static var temporary: TemporaryServer {
        get throws { try started.get() }
    }

    /// How to reach the shared server, the way that is being tested. For tests that write nothing.
    static var configuration: PostgresConfiguration {
        get throws {
            switch try TestRoute.current {
            case .socket: return try directConfiguration
            case .tls: return try networkConfiguration
            case .pgbouncer: return try bouncer.get().configuration.patient
            case .pgpool: return try pgpool.get().configuration.patient
            }
        }
    }

    /// How to reach the shared server over its unix socket, or as DATABASE_URL says, whatever way is being tested.
    static var directConfiguration: PostgresConfiguration {
        get throws {
            let configuration = try givenURL.map { try PostgresConfiguration($0) } ?? temporary.configuration
            return configuration.patient
        }
    }

    /// How to reach the shared server over TCP, with TLS verified where it has TLS, or as DATABASE_URL says.
    static var networkConfiguration: PostgresConfiguration {
        get throws {
            let configuration = try givenURL.map { try PostgresConfiguration($0) } ?? temporary.networkConfiguration
            return configuration.patient
        }
    }

    /// Runs `body` with a new, empty database that is gone afterwards.
    static func withDatabase<R: Sendable>(
        _ body: (PostgresConfiguration) async throws -> R
    ) async throws -> R {
        try await TemporaryDatabase.with(on: configuration) { database in
            let result = try await body(database)
            // The database is dropped under its sessions. PgBouncer 1.18 ends when one says so that it is about to cancel:
            // https://github.com/pgbouncer/pgbouncer/issues/822.
            if TestRoute.isPgBouncer { try await Task.sleep(for: .milliseconds(100)) }
            return result
        }
    }

    /// Runs `body` with a connection to a new, empty database, off the connection's own thread. Whatever it leaves in its
    /// session is nobody else's, through a pooler too: that gives no session of one database to the clients of another.
    static func withConnection<R: Sendable>(
        _ way: Way? = nil, set: (inout PostgresConfiguration) -> Void = { _ in },
        _ body: (PostgresConnection) async throws -> R
    ) async throws -> R {
        try await withDatabase { database in
            var configuration = try way?.configuration ?? database
            configuration.database = database.database
            set(&configuration)
            return try await IntegrationTests.withConnection(configuration, body)
        }
    }

    /// Runs `body` with a pool on a new, empty database, both gone afterwards.
    static func withPool<R: Sendable>(
        _ options: PostgresPoolOptions = PostgresPoolOptions(), _ body: (PostgresPool) async throws -> R
    ) async throws -> R {
        try await withDatabase { configuration in
            let pool = try PostgresPool(configuration, options: options)
            do {
                let result = try await body(pool)
                await pool.close()
                return result
            } catch {
                await pool.close()
                throw error
            }
        }
    }
}

extension PostgresConfiguration {
    /// A hundred tests share the loop's thread: what takes long then is not the server's fault.
    fileprivate var patient: PostgresConfiguration {
        var copy = self
        copy.connectTimeout = .seconds(60)
        copy.cancelTimeout = .seconds(60)
        return copy
    }
}
