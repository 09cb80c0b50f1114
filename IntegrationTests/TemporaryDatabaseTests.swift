import Postgres
import PostgresTestKit
import Testing

@Suite struct TemporaryDatabaseTests {
    private struct Interruption: Error {}

    private func names(on server: PostgresConfiguration) async throws -> [String] {
        try await PostgresConnection.withConnection(server) { connection in
            var names: [String] = []
            for try await name in try await connection.query("SELECT datname FROM pg_database", as: String.self) {
                names.append(name)
            }
            return names
        }
    }

    @Test func isEmptyAndGoneAfterwards() async throws {
        let server = try TestServer.configuration
        let name = try await TestServer.withPool { pool in
            try await pool.execute("CREATE TABLE only_here (a int)")
            for try await name in try await pool.query("SELECT current_database()", as: String.self) { return name }
            return ""
        }
        #expect(name.hasPrefix("egret_tmp_"))
        #expect(try await !names(on: server).contains(name))
    }

    @Test func goesWhenTheBodyThrowsWithConnectionsOpen() async throws {
        let server = try TestServer.configuration
        let open = try await TemporaryDatabase.create(on: server)
        let connection = try await PostgresConnection.connect(open.configuration)
        try await open.drop()
        try await open.drop()
        await connection.close()
        await #expect(throws: Interruption.self) {
            try await TemporaryDatabase.with(on: server) { _ in throw Interruption() }
        }
        #expect(try await !names(on: server).contains(open.name))
    }

    @Test(
        .needsOwnServerProcess("a pooler stays connected to the template"),
        .notBehindPgpool("it stays connected to the template")) func clonesATemplateWithItsRows()
        async throws
    {
        let server = try TestServer.configuration
        let template = try await TemporaryDatabase.create(on: server)
        try await PostgresConnection.withConnection(template.configuration) { connection in
            try await connection.execute(
                script: "CREATE TABLE t (a int); INSERT INTO t SELECT generate_series(1, 1000)")
        }
        for _ in 0..<2 {
            let count = try await TemporaryDatabase.with(on: server, template: template.name) { configuration in
                try await PostgresConnection.withConnection(configuration) { connection in
                    for try await count in try await connection.query("SELECT count(*) FROM t", as: Int.self) {
                        try await connection.execute("DELETE FROM t")
                        return count
                    }
                    return 0
                }
            }
            #expect(count == 1000)
        }
        try await template.drop()
    }
}
