import Foundation
import Postgres
import PostgresTestKit

/// A PgBouncer before the shared server, gone when it is no longer held.
final class PgBouncer: Sendable {
    /// How to reach it; the database is the shared server's.
    let configuration: PostgresConfiguration
    private let process: Process
    private let directory: URL

    /// For how long a client keeps its connection to the server.
    enum Mode: String {
        case session, transaction
    }

    /// Where the program is, if it is installed.
    static let program: String? = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/opt/homebrew/bin/pgbouncer"]
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    /// What a test says that is passed over.
    static let isMissing = "PgBouncer is not installed: sudo apt-get install pgbouncer"

    /// Starts one with so many connections to the server for each database, and waits until it answers.
    static func start(
        _ mode: Mode = .transaction, connections: Int, before server: PostgresConfiguration
    ) async throws -> PgBouncer {
        var failure: any Error = CocoaError(.featureUnsupported)
        // A free port may be taken by the time it is used.
        for _ in 0..<3 {
            do {
                let bouncer = try PgBouncer(mode, connections: connections, before: server)
                try await bouncer.answers()
                return bouncer
            } catch {
                failure = error
            }
        }
        throw failure
    }

    private init(_ mode: Mode, connections: Int, before server: PostgresConfiguration) throws {
        directory = FileManager.default.temporaryDirectory.appendingPathComponent(uniqueName("egret-bouncer"))
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let port = Int.random(in: 20_000..<60_000)
        var target = "host=\(server.host) port=\(server.port) user=\(server.user)"
        if let password = server.password { target += " password=\(password)" }
        let settings = """
            [databases]
            * = \(target)
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = \(port)
            unix_socket_dir =
            auth_type = any
            pool_mode = \(mode.rawValue)
            default_pool_size = \(connections)
            max_client_conn = 200
            logfile = \(directory.path)/log
            pidfile =

            """
        // It does not run as root; its password is nobody's outside this test.
        let isRoot = geteuid() == 0
        let account = isRoot ? "user = nobody\n" : ""
        let file = directory.appendingPathComponent("pgbouncer.ini")
        try (settings + account).write(to: file, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: directory.path)
        process = Process()
        process.executableURL = URL(fileURLWithPath: Self.program ?? "")
        process.arguments = ["-q", file.path]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        var configuration = server
        configuration.host = "127.0.0.1"
        configuration.port = port
        configuration.tls = .disable
        self.configuration = configuration
        try process.run()
    }

    deinit {
        // Threads of Swift's pool block signals, and the process inherits that: it would not hear SIGTERM.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: directory)
    }

    private func answers() async throws {
        let isUp = try await eventually {
            guard process.isRunning else { throw CocoaError(.executableLoad) }
            do {
                try await withConnection(configuration) { try await $0.execute(script: "SELECT 1") }
                return true
            } catch let error as PostgresError where error.code == .connectionFailed {
                return false
            }
        }
        guard isUp else { throw CocoaError(.fileReadUnknown) }
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
