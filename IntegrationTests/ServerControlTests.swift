import Postgres
import PostgresTestKit
import Testing

/// What happens to servers, on demand.
@Suite(.serialized, .timeLimit(.minutes(5))) struct ServerControlTests {
    /// Until the server takes connections again.
    private func reconnect(_ server: TemporaryServer) async throws -> PostgresConnection {
        var found: PostgresConnection?
        _ = try await eventually {
            found = try? await PostgresConnection.connect(server.configuration)
            return found != nil
        }
        return try #require(found)
    }

    private func count(on server: TemporaryServer) async throws -> Int {
        let connection = try await reconnect(server)
        let count = try await connection.value("SELECT count(*) FROM kept", as: Int.self)
        await connection.close()
        return count
    }

    private func withTable(
        _ options: TemporaryServer.Options = .init(),
        _ body: (TemporaryServer, PostgresConnection, PostgresConnection) async throws -> Void
    ) async throws {
        try await TemporaryServer.with(options) { server in
            try await withConnection(server.configuration) { first in
                try await first.execute(script: "CREATE TABLE kept (n int); INSERT INTO kept VALUES (1)")
                try await withConnection(server.configuration) { try await body(server, first, $0) }
            }
        }
    }

    @Test("a killed backend takes every connection with it, and nothing that was committed") func kill() async throws {
        try await withTable { server, first, second in
            try server.kill(backend: try #require(first.serverProcessID))
            for connection in [first, second] {
                // Until the server has noticed, which ends the others then.
                let error = try await failure {
                    while true { try await connection.check() }
                }
                #expect(error.code == .connectionClosed || error.code == .server)
                #expect(try await eventually { !connection.isOpen })
            }
            #expect(try await count(on: server) == 1)
        }
    }

    @Test("an ended backend takes nobody with it; a process that is not the server's is left alone") func end()
        async throws
    {
        try await withTable { server, first, second in
            try server.end(backend: try #require(first.serverProcessID))
            let error = try await failure {
                while true { try await first.check() }
            }
            #expect(error.code == .connectionClosed || error.sqlState == .adminShutdown)
            try await second.check()
            for stranger in [0, 1, -1, Int.max] {
                #expect(throws: PostgresError.self) { try server.end(backend: stranger) }
            }
        }
    }

    @Test("a restart ends every connection") func restart() async throws {
        try await withTable { server, first, _ in
            try server.restart()
            try await failure { try await first.check() }
            #expect(try await count(on: server) == 1)
        }
    }

    @Test("a paused server says nothing and loses nothing") func pause() async throws {
        try await withTable { server, first, second in
            try server.pause()
            async let answer: Void = second.check()
            let error = try await failure { try await first.execute("SELECT 1", timeout: .milliseconds(300)) }
            #expect(error.code == .timeout)
            try server.proceed()
            try await answer
            #expect(try await count(on: server) == 1)
            server.stop()
            #expect(throws: PostgresError.self) { try server.pause() }
        }
    }

    @Test("a server that is made read-only refuses on connections that stand, too") func readOnly() async throws {
        try await withTable { server, first, _ in
            try await server.setReadOnly(true)
            let error = try await failure { while true { try await first.execute("INSERT INTO kept VALUES (2)") } }
            #expect(error.sqlState == .readOnlySQLTransaction)
            try await server.setReadOnly(false)
            #expect(
                try await eventually {
                    do {
                        try await first.execute("INSERT INTO kept VALUES (3)")
                        return true
                    } catch { return false }
                })
        }
    }

    @Test("a demoted primary answers reads and refuses writes, until it is promoted") func demote() async throws {
        try await withTable(.init(allowsStandbys: true)) { server, first, _ in
            try await server.demote()
            try await failure { try await first.check() }
            let standby = try await reconnect(server)
            #expect(try await standby.value("SELECT count(*) FROM kept", as: Int.self) == 1)
            let error = try await failure { try await standby.execute("INSERT INTO kept VALUES (2)") }
            #expect(error.sqlState == .readOnlySQLTransaction)
            try await server.promote()
            try await standby.execute("INSERT INTO kept VALUES (3)")
            await standby.close()
        }
        try await TemporaryServer.with { server in
            let error = try await failure { try await server.demote() }
            #expect(error.code == .invalidUse)
        }
    }
}
