import Postgres

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// `egret ready`: waits until a server lets us in and answers, and tells how it is.
struct ReadyCommand: Command {
    static let name = "ready"
    static let summary = "Wait until a server is ready, and tell how it is"
    static let operands: [CommandOperand] = []
    static let options: [CommandOption] = [
        .value(
            "url", "URL", "The server: postgres://user@host/database (default: DATABASE_URL, else the PG* variables)"),
        .value("timeout", "SECONDS", "How long to wait (default: \(defaultTimeout)); 0 looks once"),
    ]
    static let examples = [
        (line: "egret ready && ./app", purpose: "Start a program once its database is there, as in a container"),
        (
            line: "egret ready --timeout 0 --json",
            purpose: "A health check: exit code 0 when it is, and one JSON object"
        ),
    ]

    private static let defaultTimeout = 60

    private let url: String?
    private let timeout: Int

    init(_ arguments: ParsedArguments) throws(UsageError) {
        url = arguments.value("url")
        timeout = try arguments.integer("timeout", in: 0...86_400) ?? Self.defaultTimeout
    }

    func run(_ terminal: Terminal) async throws {
        let pool = try PostgresPool(
            try configuration(), options: PostgresPoolOptions(maximumConnections: 1, unavailableAfter: nil))
        do {
            // A single look may take as long as a connect does.
            try await pool.warmUp(timeout: timeout == 0 ? .seconds(1) : .seconds(timeout))
            let health = await pool.health()
            await pool.close()
            try show(health, terminal)
        } catch {
            await pool.close()
            throw error
        }
    }

    private func configuration() throws -> PostgresConfiguration {
        let environment = ProcessInfo.processInfo.environment["DATABASE_URL"].flatMap { $0.isEmpty ? nil : $0 }
        guard let url = url ?? environment else { return try .fromEnvironment() }
        return try PostgresConfiguration(url)
    }

    private func show(_ health: PostgresPoolHealth, _ terminal: Terminal) throws {
        terminal.json(health)
        guard let server = health.server, let latency = health.latencySeconds else {
            if terminal.isJSON { throw QuietExit(code: 1) }
            throw CommandError(health.problem ?? "the server is not ready")
        }
        var text = "ready: PostgreSQL \(server.version) at \(server.host), \(Int(latency * 1e6)) us for a round trip"
        if server.isStandby { text += ", a standby" } else if server.isReadOnly { text += ", read-only" }
        if let lag = server.replicationLagSeconds { text += ", \(Int(lag * 1000)) ms behind its primary" }
        terminal.line(text)
    }
}
