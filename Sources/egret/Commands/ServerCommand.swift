import PostgresTestKit

/// `egret server start|stop|status|remove|run`: a private PostgreSQL for development, or for one program alone.
struct ServerCommand: Command {
    static let name = "server"
    static let summary = "Start, stop or look at a private PostgreSQL for development"
    static let operands = [
        CommandOperand(name: "action", help: "start, stop, status, remove (stops it and deletes its data), or run"),
        CommandOperand(
            name: "program", help: "For run, after --: a program and its arguments, given a temporary server",
            isRequired: false, repeats: true),
    ]
    static let options: [CommandOption] = [
        .value(
            "directory", "DIR", "Where data, log and address are kept (default: \(DevelopmentServer.defaultDirectory))"),
        .value("port", "PORT", "TCP port on 127.0.0.1 (default: \(defaultPort), or the one it had)"),
        .value("set", "NAME=VALUE", "For run: a setting of the server, such as max_connections=500", repeats: true),
        .flag("tls", "For run: TCP with TLS, a verified certificate and SCRAM, in place of the unix socket and trust"),
    ]
    static let examples = [
        (
            line: "egret server start",
            purpose: "Start it, make it first if need be, and print its URL; again is harmless"
        ),
        (line: "export DATABASE_URL=$(egret server start)", purpose: "Use it in this shell"),
        (line: "egret server remove", purpose: "Stop it and delete its data"),
        (
            line: "egret server run -- psql",
            purpose: "Run a program with PG* and DATABASE_URL set to a server that ends with it"
        ),
        (
            line: "egret server run --tls --set max_connections=500 -- ./load-test",
            purpose: "The same over TLS and SCRAM, with more connections"
        ),
    ]

    private static let defaultPort = 54329

    private enum Action: String, CaseIterable {
        case start, stop, status, remove, run
    }

    /// What `--json` prints.
    private struct Report: Encodable {
        var status: DevelopmentServer.Status
        var directory: String
        var url: String?
    }

    private let action: Action
    private let server: DevelopmentServer
    private let port: Int?
    private let program: [String]
    /// What kind of server `run` starts.
    let kind: TemporaryServer.Options

    init(_ arguments: ParsedArguments) throws(UsageError) {
        let word = arguments.operands[0]
        guard let action = Action(rawValue: word) else {
            throw UsageError(
                "\(word) is no action" + Suggestion.text(for: word, among: Action.allCases.map(\.rawValue)))
        }
        self.action = action
        server = DevelopmentServer(directory: arguments.value("directory") ?? DevelopmentServer.defaultDirectory)
        port = try arguments.integer("port", in: 1...65_535)
        program = Array(arguments.operands.dropFirst())
        if action == .run && program.isEmpty { throw UsageError("<program> is missing: egret server run -- psql") }
        if action != .run, let word = program.first { throw UsageError("unexpected argument \(word)") }
        let settings = try Self.settings(arguments.values("set"))
        let offersTLS = arguments.flag("tls")
        if action != .run, offersTLS || !settings.isEmpty { throw UsageError("--set and --tls are for run") }
        kind = TemporaryServer.Options(
            authentication: offersTLS ? .scramSHA256 : .trust, tls: offersTLS ? TemporaryServer.TLS() : nil,
            settings: settings)
    }

    private static func settings(_ words: [String]) throws(UsageError) -> [String: String] {
        var settings: [String: String] = [:]
        for word in words {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty else { throw UsageError("--set takes NAME=VALUE, not \(word)") }
            settings[String(parts[0])] = String(parts[1])
        }
        return settings
    }

    func run(_ terminal: Terminal) async throws {
        switch action {
        case .run:
            let status = try await TemporaryServer.with(kind) { try await ChildProgram.run(program, with: $0) }
            if status != 0 { throw QuietExit(code: status) }
            return
        case .start:
            let (address, wasRunning) = try server.start(port: port ?? server.address?.port ?? Self.defaultPort)
            if let port, port != address.port {
                terminal.warn("it runs already, on port \(address.port); `egret server stop` first to move it")
            }
            terminal.note(wasRunning ? "already running in \(server.directory)" : "started in \(server.directory)")
            terminal.line(address.url)
        case .stop:
            terminal.note(try server.stop() ? "stopped; its data stays in \(server.directory)" : "it does not run")
        case .remove:
            terminal.note(try server.remove() ? "removed \(server.directory)" : "there is none in \(server.directory)")
        case .status:
            let status = try server.status()
            terminal.note("\(status.rawValue), in \(server.directory)")
            if status == .running, let address = server.address { terminal.line(address.url) }
        }
        let status = try server.status()
        terminal.json(
            Report(status: status, directory: server.directory, url: status == .running ? server.address?.url : nil))
    }
}
