import Foundation
import Postgres
import PostgresTestKit
import Testing

/// What belongs to a session, through PgBouncer, which gives each transaction another one.
@Suite(.serialized, .timeLimit(.minutes(5)), .enabled(if: PoolerProcess.isInstalled && TestServer.givenURL == nil))
struct ListenPoolerTests {
    @Test("LISTEN through a transaction pooler is refused, with what to do; past the pooler it works") func listening()
        async throws
    {
        try await PoolerProcess.with(mode: "transaction") { configuration in
            let refusing = try PostgresPool(configuration)
            let error = try await failure { try await refusing.listen("jobs") }
            #expect(error.code == .invalidConfiguration)
            #expect(error.description.contains("PostgresListenOptions"))
            await refusing.close()

            let pool = try PostgresPool(
                configuration, listening: PostgresListenOptions(configuration: try TestServer.configuration))
            let channel = uniqueName("c")
            let notes = try await pool.listen(channel)
            // Through the pooler, in the same database.
            try await pool.notify(channel, "hello")
            var iterator = notes.makeAsyncIterator()
            #expect(await iterator.next()?.payload == "hello")
            await pool.close()
        }
    }

    @Test("through a pooler of sessions LISTEN works") func sessions() async throws {
        try await PoolerProcess.with(mode: "session") { configuration in
            let pool = try PostgresPool(configuration)
            let channel = uniqueName("c")
            let notes = try await pool.listen(channel)
            try await pool.notify(channel, "hello")
            var iterator = notes.makeAsyncIterator()
            #expect(await iterator.next()?.payload == "hello")
            await pool.close()
        }
    }

    @Test("a session's advisory lock through a transaction pooler is refused; a transaction's works") func locks()
        async throws
    {
        try await PoolerProcess.with(mode: "transaction") { configuration in
            try await withConnection(configuration) { connection in
                let error = try await failure { try await connection.withAdvisoryLock("a") { _ in } }
                #expect(error.code == .invalidUse)
                #expect(error.description.contains("tx.advisoryLock"))
                try await connection.withTransaction { tx in
                    _ = try await tx.connectionScript("SELECT pg_advisory_xact_lock(1)")
                }
            }
        }
    }
}

extension PostgresTransaction {
    /// A statement by the simple protocol, which no pooler minds.
    fileprivate func connectionScript(_ sql: String) async throws -> Int { try await execute(script: sql).count }
}

/// PgBouncer in front of the shared server.
private enum PoolerProcess {
    static let path = "/usr/sbin/pgbouncer"
    static let isInstalled = FileManager.default.isExecutableFile(atPath: path)

    /// Runs `body` with the way to the server through a PgBouncer of its own.
    static func with(mode: String, _ body: (PostgresConfiguration) async throws -> Void) async throws {
        let server = try TestServer.temporary.networkConfiguration
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(uniqueName("pgbouncer"))
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let port = try freePort()
        try "\"\(server.user)\" \"\(server.password ?? "")\"\n".write(
            to: folder.appendingPathComponent("users"), atomically: true, encoding: .utf8)
        try """
        [databases]
        * = host=127.0.0.1 port=\(server.port)
        [pgbouncer]
        listen_addr = 127.0.0.1
        listen_port = \(port)
        unix_socket_dir =
        auth_type = trust
        auth_file = \(folder.path)/users
        pool_mode = \(mode)
        default_pool_size = 5
        """.write(to: folder.appendingPathComponent("ini"), atomically: true, encoding: .utf8)
        // It does not run as root.
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments =
            ["-q", folder.appendingPathComponent("ini").path] + (getuid() == 0 ? ["-u", "nobody"] : [])
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        // A child of this thread may have inherited that SIGTERM is blocked. It holds nothing that matters.
        defer { kill(process.processIdentifier, SIGKILL) }
        var configuration = server
        configuration.host = "127.0.0.1"
        configuration.port = port
        configuration.tls = .disable
        configuration.cancelTimeout = .seconds(30)
        #expect(
            try await eventually {
                do {
                    try await withConnection(configuration) { _ in }
                    return true
                } catch let error as PostgresError where error.code == .connectionFailed {
                    return false
                }
            })
        try await body(configuration)
    }

    /// A port that was free a moment ago.
    private static func freePort() throws -> Int {
        let server = try ScriptedServer { _ in }
        return server.port
    }
}
