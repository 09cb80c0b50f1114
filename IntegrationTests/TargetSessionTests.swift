import Postgres
import PostgresTestKit
import Testing

/// `target_session_attrs` with a real primary and a real standby.
@Suite(.timeLimit(.minutes(5))) struct TargetSessionTests {
    /// The way to one of several servers.
    private func way(_ servers: [TemporaryServer], _ target: PostgresTargetSession) -> PostgresConfiguration {
        var configuration = servers[0].networkConfiguration
        configuration.hosts = servers.map { PostgresHost("127.0.0.1", port: $0.port) }
        configuration.targetSession = target
        configuration.connectTimeout = .seconds(60)
        return configuration
    }

    /// Which of the servers is reached, by its port; nil when none of them fits.
    private func reached(_ servers: [TemporaryServer], _ target: PostgresTargetSession) async throws -> Int? {
        do {
            return try await withConnection(way(servers, target)) { connection in
                try await connection.value("SELECT inet_server_port()", as: Int.self)
            }
        } catch let error as PostgresError where error.code == .connectionFailed {
            #expect(error.message.contains(target.rawValue), "\(error)")
            return nil
        }
    }

    /// Checks all six values: whether the first server is reached, or the second, or none.
    private func check(
        _ servers: [TemporaryServer], _ expected: [PostgresTargetSession: Int],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        for target in PostgresTargetSession.allCases {
            let place = try await reached(servers, target).flatMap { port in servers.firstIndex { $0.port == port } }
            #expect(place == expected[target], "\(target)", sourceLocation: sourceLocation)
        }
    }

    @Test("each value finds the server that it asks for, whatever the order, and after a promotion") func allSix()
        async throws
    {
        try await TemporaryServer.with(TemporaryServer.Options(allowsStandbys: true)) { primary in
            let standby = try await primary.standby()
            defer { standby.stop() }
            try await check(
                [primary, standby],
                [.any: 0, .readWrite: 0, .readOnly: 1, .primary: 0, .standby: 1, .preferStandby: 1])
            try await check(
                [standby, primary],
                [.any: 0, .readWrite: 1, .readOnly: 0, .primary: 1, .standby: 0, .preferStandby: 0])
            try await check([primary], [.any: 0, .readWrite: 0, .primary: 0, .preferStandby: 0])
            try await check([standby], [.any: 0, .readOnly: 0, .standby: 0, .preferStandby: 0])

            // A primary that accepts no writes by default is read-only, and a primary still.
            try await setReadOnly("on", on: primary)
            try await check(
                [primary, standby], [.any: 0, .readOnly: 0, .primary: 0, .standby: 1, .preferStandby: 1])
            try await setReadOnly("off", on: primary)

            // Of the two, whoever connects at random finds each.
            var balanced = way([primary, standby], .any)
            balanced.loadBalancesHosts = true
            var ports: Set<Int> = []
            for _ in 0..<60 where ports.count < 2 {
                try await withConnection(balanced) { connection in
                    ports.insert(try await connection.value("SELECT inet_server_port()", as: Int.self))
                }
            }
            #expect(ports == [primary.port, standby.port])

            try await promoted(standby, from: primary)
        }
    }

    /// The new state of things: two primaries, of which the old one goes away.
    private func promoted(_ standby: TemporaryServer, from primary: TemporaryServer) async throws {
        let pool = try PostgresPool(way([primary, standby], .readWrite))
        #expect(try await pool.value("SELECT inet_server_port()", as: Int.self) == primary.port)
        try await withConnection(way([standby], .standby)) { old in
            try await standby.promote()
            // A session from before learns of it with an answer.
            #expect(
                try await eventually {
                    try await old.check()
                    return old.serverParameters["in_hot_standby"] == "off"
                })
        }
        try await check(
            [primary, standby], [.any: 0, .readWrite: 0, .primary: 0, .preferStandby: 0])
        try primary.interrupt()
        try await check(
            [primary, standby], [.any: 1, .readWrite: 1, .primary: 1, .preferStandby: 1])
        // The pool goes over to the new primary by itself.
        #expect(try await eventually { (try? await pool.execute("CREATE TABLE IF NOT EXISTS t ()")) != nil })
        #expect(try await pool.value("SELECT inet_server_port()", as: Int.self) == standby.port)
        await pool.close()
    }

    private func setReadOnly(_ value: String, on server: TemporaryServer) async throws {
        try await withConnection(server.configuration) { connection in
            try await connection.execute(script: "ALTER SYSTEM SET default_transaction_read_only = \(value)")
            try await connection.execute(script: "SELECT pg_reload_conf()")
        }
        // New sessions have it as soon as the server's main process has read it.
        #expect(
            try await eventually {
                try await withConnection(server.configuration) { connection in
                    try await connection.value("SHOW default_transaction_read_only", as: String.self) == value
                }
            })
    }
}
