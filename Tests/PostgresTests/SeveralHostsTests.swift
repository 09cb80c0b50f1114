import Postgres
import PostgresTestKit
import Testing

/// Which of several hosts is taken, and what is said when none is.
@Suite(.timeLimit(.minutes(1))) struct SeveralHostsTests {
    /// A port of 127.0.0.1 that nobody listens at.
    private static func closedPort() throws -> Int {
        let server = try ScriptedServer { _ in }
        server.stop()
        return server.port
    }

    private func configuration(_ ports: [Int], _ target: PostgresTargetSession = .any) -> PostgresConfiguration {
        var configuration = PostgresConfiguration(
            host: "127.0.0.1", port: 1, user: "bob", password: secret, database: "shop", tls: .disable)
        configuration.hosts = ports.map { PostgresHost("127.0.0.1", port: $0) }
        configuration.targetSession = target
        return configuration
    }

    private func accepting(_ parameters: [String: String] = [:]) throws -> ScriptedServer {
        try ScriptedServer { s in
            try s.acceptStartup()
            try s.send(
                [.authenticationOk] + parameters.map { .parameterStatus($0, $1) } + [.readyForQuery()])
            try s.answerCheck()
        }
    }

    // MARK: What goes on and what does not

    @Test(
        "a host that refuses, is starting or is full is passed over",
        arguments: [nil, SQLState.cannotConnectNow, .tooManyConnections])
    func passesOver(state: SQLState?) async throws {
        let bad = try ScriptedServer { s in
            guard let state else { return }
            try s.acceptStartup()
            try s.send(.error(state, "not now", severity: "FATAL"))
            s.close()
        }
        if state == nil { try await bad.finished() }
        let good = try accepting()
        try await PostgresConnection.connect(configuration([bad.port, good.port])).check()
        try await good.finished()
    }

    @Test("a silent host costs its own timeout and no more") func passesOverSilence() async throws {
        let silent = try ScriptedServer(patience: .seconds(30)) { s in
            try s.acceptStartup()
            try s.expectEnd()
        }
        let good = try accepting()
        var configuration = configuration([silent.port, good.port])
        configuration.connectTimeout = .seconds(2)
        try await PostgresConnection.connect(configuration).check()
        try await silent.finished()
    }

    @Test(
        "what holds for every host ends it: the password is not shown around",
        arguments: [SQLState.invalidPassword, .invalidAuthorizationSpecification, .invalidCatalogName])
    func givesUp(state: SQLState) async throws {
        let bad = try ScriptedServer { s in
            try s.acceptStartup()
            try s.send(.error(state, "no", severity: "FATAL"))
            s.close()
        }
        let good = try accepting()
        let error = try await failure { try await PostgresConnection.connect(configuration([bad.port, good.port])) }
        #expect(error.sqlState == state)
        #expect(good.received.isEmpty)
        good.stop()
    }

    @Test("when none lets us in, the error tells what each has said") func tellsAll() async throws {
        let full = try ScriptedServer { s in
            try s.acceptStartup()
            try s.send(.error(.tooManyConnections, "sorry, too many clients already", severity: "FATAL"))
            s.close()
        }
        let closed = try Self.closedPort()
        let standby = try accepting(["in_hot_standby": "on", "default_transaction_read_only": "off"])
        let ports = [closed, full.port, standby.port]
        let error = try await failure { try await PostgresConnection.connect(configuration(ports, .readWrite)) }
        #expect(error.code == .connectionFailed)
        #expect(error.safeToRetry)
        for port in ports { #expect(error.message.contains("127.0.0.1:\(port)")) }
        for words in ["refused", "too many clients", "read-only", "read-write"] {
            #expect(error.message.contains(words), "\(error.message)")
        }
        standby.stop()
    }

    @Test("cancellation ends the round") func cancellation() async throws {
        let silent = try ScriptedServer { s in
            try s.acceptStartup()
            try s.expectEnd()
        }
        let good = try accepting()
        let configuration = configuration([silent.port, good.port])
        let task = Task { try await PostgresConnection.connect(configuration) }
        try await silent.received("0")
        task.cancel()
        let error = try await promptly { try await failure { try await task.value } }
        #expect(error.code == .cancelled)
        #expect(good.received.isEmpty)
        good.stop()
    }

    // MARK: target_session_attrs

    /// What a server is.
    enum Kind: String, CaseIterable, Sendable {
        case primary, readOnlyPrimary, standby

        var parameters: [String: String] {
            [
                "in_hot_standby": self == .standby ? "on" : "off",
                "default_transaction_read_only": self == .readOnlyPrimary ? "on" : "off",
            ]
        }

        func fits(_ target: PostgresTargetSession) -> Bool {
            switch target {
            case .any, .preferStandby: true
            case .readWrite: self == .primary
            case .readOnly: self != .primary
            case .primary: self != .standby
            case .standby: self == .standby
            }
        }
    }

    @Test(
        "the kind of server, as it reports itself and as it says when asked", arguments: Kind.allCases,
        PostgresTargetSession.allCases)
    func targets(kind: Kind, target: PostgresTargetSession) async throws {
        for isReporting in [true, false] {
            // preferStandby asks twice where there is none.
            let server = try ScriptedServer { s in
                for _ in 0..<2 {
                    try s.acceptStartup()
                    try s.send(
                        [.authenticationOk] + (isReporting ? kind.parameters : [:]).map { .parameterStatus($0, $1) })
                    try s.send(.readyForQuery())
                    let message = try s.read()
                    guard case .query(let sql) = message else {
                        if message.kind == "X" { continue }
                        return
                    }
                    let isYes = sql.hasPrefix("SHOW") ? kind != .primary : kind == .standby
                    let answer = sql.hasPrefix("SHOW") ? (isYes ? "on" : "off") : (isYes ? "t" : "f")
                    try s.send(
                        .rowDescription([.init("x", format: .text)]), .dataRow(texts: [answer]),
                        .commandComplete("SHOW"), .readyForQuery())
                    if try s.read().kind != "X" { return }
                }
            }
            do throws(PostgresError) {
                let connection = try await PostgresConnection.connect(configuration([server.port], target))
                #expect(kind.fits(target), "\(kind) for \(target)")
                await connection.close()
            } catch {
                #expect(!kind.fits(target), "\(kind) for \(target): \(error)")
                #expect(error.code == .connectionFailed && error.safeToRetry)
                #expect(error.message.contains(target.rawValue))
            }
            server.stop()
        }
    }

    @Test(
        "trap 56: a server that cannot say what it is is not taken",
        arguments: ["error", "null", "none", "maybe", "hang up"])
    func cannotTell(answer: String) async throws {
        let unsure = try ScriptedServer { s in
            try s.acceptStartup()
            try s.send(.authenticationOk, .readyForQuery())
            try s.expect(.query("SHOW transaction_read_only"))
            switch answer {
            case "error": try s.send(.error(.cannotConnectNow, "in the middle of it"), .readyForQuery())
            case "null":
                try s.send(.rowDescription([.init("x")]), .dataRow([nil]), .commandComplete("SHOW"), .readyForQuery())
            case "maybe":
                try s.send(
                    .rowDescription([.init("x")]), .dataRow(texts: ["maybe"]), .commandComplete("SHOW"),
                    .readyForQuery())
            case "none": try s.send(.rowDescription([.init("x")]), .commandComplete("SHOW"), .readyForQuery())
            default: s.close()
            }
            s.delay(.seconds(20))
        }
        let good = try accepting(Kind.primary.parameters)
        try await PostgresConnection.connect(configuration([unsure.port, good.port], .readWrite)).check()
        unsure.stop()
        try await good.finished()
    }

    @Test(
        "prefer-standby takes a standby behind a primary, and the primary where there is none",
        arguments: [true, false])
    func preferStandby(hasStandby: Bool) async throws {
        let primary = try ScriptedServer { s in
            for _ in 0..<2 {
                try s.acceptStartup()
                try s.send(
                    [.authenticationOk] + Kind.primary.parameters.map { .parameterStatus($0, $1) } + [.readyForQuery()])
                if try s.read().kind != "X" {
                    try s.send(
                        .parseComplete, .parameterDescription([]), .rowDescription([.int4("check")]), .readyForQuery())
                    try s.read(until: "S")
                    try s.read(until: "S")
                    return try s.send(
                        .bindComplete, .row(42), .commandComplete("SELECT 1"), .readyForQuery())
                }
            }
        }
        let standby = try accepting(Kind.standby.parameters)
        let last = hasStandby ? standby.port : try Self.closedPort()
        let connection = try await PostgresConnection.connect(configuration([primary.port, last], .preferStandby))
        await connection.check()
        if hasStandby { try await standby.finished() } else { try await primary.finished() }
        primary.stop()
        standby.stop()
    }

    // MARK: Order and addresses

    @Test("load balancing draws the order anew for each connection") func loadBalancing() async throws {
        let script: @Sendable (ScriptedSession) throws -> Void = { s in
            while true {
                try s.acceptStartup()
                try s.send(.authenticationOk, .readyForQuery())
                try s.expectEnd()
            }
        }
        let servers = [try ScriptedServer(script), try ScriptedServer(script)]
        var configuration = configuration(servers.map(\.port))
        for loadBalances in [false, true] {
            configuration.loadBalancesHosts = loadBalances
            for _ in 0..<40 { try await PostgresConnection.connect(configuration).close() }
            let counts = servers.map { $0.received.count { $0.kind == "0" } }
            // Once in a million million both tests of a coin fall on one side forty times.
            if loadBalances { #expect(counts[1] > 0 && counts[0] > 40) } else { #expect(counts == [40, 0]) }
        }
        for server in servers { server.stop() }
    }

    @Test("hostaddr is connected to, and is not looked up") func hostaddr() async throws {
        let server = try accepting()
        var configuration = configuration([server.port])
        configuration.hosts = [PostgresHost("no.such.host.invalid", address: "127.0.0.1", port: server.port)]
        try await PostgresConnection.connect(configuration).check()

        configuration.hosts = [PostgresHost("localhost", address: "no.such.host.invalid", port: server.port)]
        let error = try await failure { [configuration] in try await PostgresConnection.connect(configuration) }
        #expect(error.code == .invalidConfiguration)
        #expect(error.message.contains("hostaddr"))
    }

    @Test("a name that is not found is passed over") func unknownName() async throws {
        let server = try accepting()
        var configuration = configuration([server.port])
        configuration.hosts.insert(PostgresHost("no.such.host.invalid", port: 5432), at: 0)
        configuration.connectTimeout = .seconds(5)
        try await PostgresConnection.connect(configuration).check()
    }

    @Test("a password of .pgpass goes to its own host alone") func passwordsOfHosts() async throws {
        let closed = try Self.closedPort()
        let server = try ScriptedServer { s in
            try s.acceptStartup()
            try s.send(.authenticationCleartextPassword)
            try s.expect(.password(Array("second\0".utf8)))
            try s.send(.authenticationOk, .readyForQuery())
            try s.answerCheck()
        }
        var configuration = configuration([closed, server.port])
        configuration.password = nil
        configuration.hosts[0].password = "first"
        configuration.hosts[1].password = "second"
        try await PostgresConnection.connect(configuration).check()
        try await server.finished()
    }
}
