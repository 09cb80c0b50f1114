import Postgres
import PostgresTestKit
import Testing

/// Standbys of a temporary server.
@Suite(.serialized, .timeLimit(.minutes(5))) struct StandbyTests {
    private static let allowing = TemporaryServer.Options(allowsStandbys: true)

    /// The rows of the table `t` there.
    private func rows(on server: TemporaryServer) async throws -> [Int] {
        try await withConnection(server.configuration) { connection in
            try await connection.query("SELECT n FROM t ORDER BY n", as: Int.self).collect()
        }
    }

    private func run(_ script: String, on server: TemporaryServer) async throws {
        try await withConnection(server.configuration) { try await $0.execute(script: script) }
    }

    @Test("a standby shows what its primary has, takes no writes, and takes them once promoted")
    func followsAndIsPromoted()
        async throws
    {
        try await TemporaryServer.with(Self.allowing) { primary in
            try await run("CREATE TABLE t (n int); INSERT INTO t VALUES (1)", on: primary)
            let standby = try await primary.standby()
            defer { standby.stop() }
            #expect(standby.port != primary.port && standby.socketDirectory != primary.socketDirectory)
            try await run("INSERT INTO t VALUES (2)", on: primary)
            try await standby.catchUp(with: primary)
            #expect(try await rows(on: standby) == [1, 2])
            let refused = try await failure { try await run("INSERT INTO t VALUES (3)", on: standby) }
            #expect(refused.sqlState == .readOnlySQLTransaction)

            try await standby.promote()
            try await run("INSERT INTO t VALUES (3)", on: standby)
            #expect(try await rows(on: standby) == [1, 2, 3])
            #expect(try await rows(on: primary) == [1, 2])
            let again = try await failure { try await standby.promote() }
            #expect(again.code == .server)
        }
    }

    @Test("a standby follows its primary again when that comes back, and a standby may have one") func comesBack()
        async throws
    {
        try await TemporaryServer.with(Self.allowing) { primary in
            let standby = try await primary.standby()
            let second = try await standby.standby()
            try primary.interrupt()
            try primary.resume()
            try await run("CREATE TABLE t (n int); INSERT INTO t VALUES (1)", on: primary)
            try await standby.catchUp(with: primary)
            try await second.catchUp(with: standby)
            #expect(try await rows(on: second) == [1])
            try standby.interrupt()
            try await run("INSERT INTO t VALUES (2)", on: primary)
            try standby.resume()
            try await standby.catchUp(with: primary)
            #expect(try await rows(on: standby) == [1, 2])
            second.stop()
            standby.stop()
        }
    }

    @Test("a standby has its primary's password and certificate", .needsTLS) func credentials() async throws {
        let options = TemporaryServer.Options(
            password: "s3cret: \\'%", authentication: .scramSHA256, tls: TemporaryServer.TLS(), allowsStandbys: true)
        try await TemporaryServer.with(options) { primary in
            let standby = try await primary.standby()
            defer { standby.stop() }
            // The primary's authority is what the client knows.
            var configuration = primary.networkConfiguration
            configuration.port = standby.port
            #expect(configuration.tls.mode == .verifyFull)
            try await withConnection(configuration) { (connection) async throws in
                #expect(try await connection.value("SELECT pg_is_in_recovery()", as: Bool.self))
            }
            configuration.password = "wrong"
            let error = try await failure { [configuration] in try await PostgresConnection.connect(configuration) }
            #expect(error.code == .authenticationFailed)
        }
    }

    @Test("a server that writes too little for a standby says how to start it") func notAllowed() async throws {
        try await TemporaryServer.with { server in
            let error = try await failure { try await server.standby() }
            #expect(error.code == .invalidUse)
            #expect(error.advice?.contains("allowsStandbys") == true)
        }
    }
}
