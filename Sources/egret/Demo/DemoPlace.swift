import Postgres
import PostgresTestKit

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Where the demo works: a server, or a database of its own on a server, and a directory; all gone afterwards.
struct DemoPlace: Sendable {
    /// How to reach the database.
    let configuration: PostgresConfiguration
    /// Where files may be made.
    let directory: String

    /// Runs `body` on the server DATABASE_URL names, else on a private one.
    static func with(_ terminal: Terminal, _ body: (DemoPlace) async throws -> Void) async throws {
        if let target = try ImportTarget.named(nil) {
            try await onGivenServer(target.configuration, terminal, body)
        } else {
            try await onPrivateServer(terminal, body)
        }
    }

    private static func onPrivateServer(_ terminal: Terminal, _ body: (DemoPlace) async throws -> Void) async throws {
        let clock = ContinuousClock()
        let begin = clock.now
        // With a password, so that nobody else on this machine gets in, and the demo shows how one proves it.
        let server = try await TemporaryServer.start(TemporaryServer.Options(authentication: .scramSHA256))
        defer { server.stop() }
        terminal.line("Started a private PostgreSQL (\(Figures.duration(clock.now - begin)))")
        // In the server's directory, which goes with the server even when this process is killed.
        let directory = server.socketDirectory + "/demo"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
        try await body(DemoPlace(configuration: server.configuration, directory: directory))
    }

    private static func onGivenServer(
        _ configuration: PostgresConfiguration, _ terminal: Terminal, _ body: (DemoPlace) async throws -> Void
    ) async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("egret-\(UUID())").path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try await TemporaryDatabase.with(on: configuration) { database in
            terminal.line("Made a database of its own on \(database.host):\(database.port), \(database.database ?? "")")
            try await body(DemoPlace(configuration: database, directory: directory))
        }
    }
}
