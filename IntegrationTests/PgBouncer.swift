import Foundation
import Postgres
import PostgresTestKit

/// A PgBouncer before a server, gone when it is no longer held.
final class PgBouncer: Sendable {
    /// How to reach it; the database is the server's.
    let configuration: PostgresConfiguration
    private let process: PoolerProcess

    /// For how long a client keeps its connection to the server.
    enum Mode: String {
        case session, transaction
    }

    /// Where the program is, if it is installed.
    static let program: String? = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/opt/homebrew/bin/pgbouncer"]
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    /// What a test says that is passed over.
    static let isMissing = "PgBouncer is not installed: sudo apt-get install pgbouncer"

    /// The number in the socket's name: the directory is its own.
    private static let port = 6432

    /// Starts one with so many connections to the server for each database, and waits until it listens. It goes to the
    /// server over TCP: the account that it runs as may not enter the directory of the server's socket.
    init(_ mode: Mode = .transaction, connections: Int, before server: PostgresConfiguration) throws {
        let directory = try PoolerProcess.makeDirectory("egret-bouncer")
        // It does not run as root.
        let account = geteuid() == 0 ? "user = nobody" : ""
        var target = [("host", server.host), ("port", "\(server.port)"), ("user", server.user)]
        if let password = server.password { target.append(("password", password)) }
        let words = target.map { name, value in "\(name)='\(value.replacing("'", with: "''"))'" }
        let settings = """
            [databases]
            * = \(words.joined(separator: " "))
            [pgbouncer]
            listen_port = \(Self.port)
            unix_socket_dir = \(directory.path)
            auth_type = any
            pool_mode = \(mode.rawValue)
            default_pool_size = \(connections)
            max_client_conn = 500
            pidfile =
            \(account)

            """
        let file = directory.appendingPathComponent("pgbouncer.ini").path
        try settings.write(toFile: file, atomically: true, encoding: .utf8)
        process = try PoolerProcess(
            Self.program ?? "", [file], in: directory, readyWhen: "process up", endedBy: "KILL")
        var configuration = server
        configuration.host = directory.path
        configuration.port = Self.port
        configuration.tls = .disable
        self.configuration = configuration
    }

    /// Starts one without holding up a thread of the concurrency pool.
    static func start(
        _ mode: Mode = .transaction, connections: Int, before server: PostgresConfiguration
    ) async throws -> PgBouncer {
        try await PoolerProcess.start { try PgBouncer(mode, connections: connections, before: server) }
    }

    /// Runs `body` with one before a new database, both gone afterwards.
    static func with(
        connections: Int, _ body: (PostgresConfiguration) async throws -> Void
    ) async throws {
        try await TemporaryDatabase.with(on: TestServer.networkConfiguration) { database in
            let bouncer = try await start(connections: connections, before: database)
            try await body(bouncer.configuration)
            withExtendedLifetime(bouncer) {}
        }
    }
}
