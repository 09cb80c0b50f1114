import Foundation
import Postgres
import PostgresTestKit

/// A PgBouncer before a server, gone when it is no longer held, and with this process at the latest.
final class PgBouncer: Sendable {
    /// How to reach it; the database is the server's.
    let configuration: PostgresConfiguration
    private let process: ChildProcess

    /// For how long a client keeps its connection to the server.
    enum Mode: String {
        case session, transaction
    }

    /// Where the program is, if it is installed.
    static let program: String? = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/opt/homebrew/bin/pgbouncer"]
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    /// What a test says that is passed over.
    static let isMissing = "PgBouncer is not installed: sudo apt-get install pgbouncer"

    /// Starts one with so many connections to the server for each database, and waits until it listens. It goes to the
    /// server over TCP: the account that it runs as may not enter the directory of the server's socket.
    init(_ mode: Mode = .transaction, connections: Int, before server: PostgresConfiguration) throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(uniqueName("egret-bouncer"))
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        // It does not run as root. What is in the directory is worth nothing outside this test.
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: directory.path)
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
            logfile = \(directory.path)/log
            pidfile =
            \(account)

            """
        let file = directory.appendingPathComponent("pgbouncer.ini").path
        try settings.write(toFile: file, atomically: true, encoding: .utf8)
        process = try ChildProcess("/bin/sh", ["-c", Self.keeper, "egret-bouncer", Self.program ?? "", directory.path])
        guard process.channel.waitUntilReadable(by: .now + .seconds(60)),
            String(decoding: process.channel.receive(upTo: 16), as: UTF8.self).hasPrefix("ready")
        else {
            let log = try? String(contentsOfFile: directory.path + "/log", encoding: .utf8)
            try? FileManager.default.removeItem(at: directory)
            throw TestRoute.Unfit("PgBouncer did not start: \(log ?? "it says nothing")")
        }
        var configuration = server
        configuration.host = directory.path
        configuration.port = Self.port
        configuration.tls = .disable
        self.configuration = configuration
    }

    deinit {
        process.channel.finishSending()
        ChildProcess.wait(for: process.id)
    }

    /// The number in the socket's name: the directory is its own.
    private static let port = 6432

    /// A shell that starts it, and ends it when nobody holds the other end of the shell's input any more: a process that is
    /// killed ends nothing itself. Arguments: the program, and the directory, which goes too.
    private static let keeper = """
        trap '' HUP INT TERM PIPE
        "$1" -q "$2/pgbouncer.ini" </dev/null >/dev/null 2>&1 &
        process=$!
        until grep -q 'process up' "$2/log" 2>/dev/null; do
            kill -0 $process 2>/dev/null || exit 1
            sleep 0.02
        done
        echo ready
        read -r _
        kill -KILL $process
        wait $process 2>/dev/null
        rm -rf "$2"
        """

    /// Starts one without holding up a thread of the concurrency pool.
    static func start(
        _ mode: Mode = .transaction, connections: Int, before server: PostgresConfiguration
    ) async throws -> PgBouncer {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(with: Result { try PgBouncer(mode, connections: connections, before: server) })
            }
        }
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
