import Postgres
import PostgresTestKit
import Testing

/// The examples of PostgresTestKit's articles; they are tests themselves.
@Suite struct TestKitExamples {
    enum TestServer {
        static let prepared = Task {
            let server = try await TemporaryServer.start()
            let template = try await server.createDatabase()
            try await PostgresConnection.withConnection(template.configuration) { connection in
                try await connection.execute(script: "CREATE TABLE notes (id int PRIMARY KEY, text text NOT NULL)")
            }
            return (server: server, template: template.name)
        }

        static func withPool(_ body: (PostgresPool) async throws -> Void) async throws {
            let (server, template) = try await prepared.value
            try await TemporaryDatabase.with(on: server.configuration, template: template) { configuration in
                let pool = try PostgresPool(configuration)
                try await body(pool)
                await pool.close()
            }
        }
    }

    /// The landing page
    @Test func oneServer() async throws {
        try await TemporaryServer.with { server in
            let pool = try PostgresPool(server.configuration)
            try await pool.execute("CREATE TABLE notes (id int PRIMARY KEY, text text NOT NULL)")
            await pool.close()
        }
    }

    /// One server, one template, a database for each test
    @Test func aNoteIsKept() async throws {
        try await TestServer.withPool { pool in
            try await pool.execute("INSERT INTO notes VALUES (1, 'milk')")
            let texts = try await pool.query("SELECT text FROM notes", as: String.self).collect()
            #expect(texts == ["milk"])
        }
    }

    /// Passwords, TLS and settings
    @Test func options() async throws {
        let server = try await TemporaryServer.start(
            TemporaryServer.Options(
                authentication: .scramSHA256, tls: TemporaryServer.TLS(isRequired: true),
                settings: ["log_statement": "all"]))
        defer { server.stop() }

        let connection = try await PostgresConnection.connect(server.networkConfiguration)
        #expect(server.networkConfiguration.tls.mode == .verifyFull)
        await connection.close()
    }

    /// Pulling the plug
    @Test func standbys() async throws {
        let primary = try await TemporaryServer.start(TemporaryServer.Options(allowsStandbys: true))
        let standby = try await primary.standby()
        defer {
            standby.stop()
            primary.stop()
        }

        var configuration = primary.networkConfiguration
        configuration.hosts.append(PostgresHost("127.0.0.1", port: standby.port))
        configuration.targetSession = .preferStandby
        let writer = try await PostgresConnection.connect(primary.configuration)
        try await writer.execute("CREATE TABLE notes (id int PRIMARY KEY, text text NOT NULL)")
        try await writer.execute("INSERT INTO notes VALUES (1, 'milk')")
        try await standby.catchUp(with: primary)
        let reader = try await PostgresConnection.connect(configuration)
        #expect(try await reader.query("SELECT text FROM notes", as: String.self).collect() == ["milk"])

        try primary.interrupt()
        try await standby.promote()
        try await reader.execute("INSERT INTO notes VALUES (2, 'bread')")
    }

    @Test func powerCut() async throws {
        let server = try await TemporaryServer.start()
        defer { server.stop() }

        let connection = try await PostgresConnection.connect(server.configuration)
        try server.interrupt()
        await #expect(throws: PostgresError.self) { try await connection.execute("SELECT 1") }
        try server.resume()
        let next = try await PostgresConnection.connect(server.configuration)
        try await next.execute("SELECT 1")
        await next.close()
    }

    /// A script
    @Test func shutdown() async throws {
        let server = try ScriptedServer { script in
            try script.acceptSession()
            try script.read(until: "S")
            try script.send(.error(.adminShutdown, "terminating connection", severity: "FATAL"))
            script.cut()
        }
        let configuration = PostgresConfiguration(host: "127.0.0.1", port: server.port, user: "test", tls: .disable)
        let connection = try await PostgresConnection.connect(configuration)
        let error = await #expect(throws: PostgresError.self) { try await connection.execute("SELECT 1") }
        #expect(error?.sqlState == .adminShutdown)
        try await server.finished()
    }

    /// Expecting and answering
    @Test func aRow() async throws {
        let server = try ScriptedServer { script in
            try script.acceptSession()
            try script.expect("P", "D", "S")
            try script.send(
                .parseComplete, .parameterDescription([]), .rowDescription([BackendMessage.Column("n", type: 23)]),
                .readyForQuery())
            try script.expect("B", "E", "S")
            try script.send(.bindComplete, .dataRow([[0, 0, 0, 7]]), .commandComplete("SELECT 1"), .readyForQuery())
            try script.expectEnd()
        }
        let configuration = PostgresConfiguration(host: "127.0.0.1", port: server.port, user: "test", tls: .disable)
        let connection = try await PostgresConnection.connect(configuration)
        #expect(try await connection.query("SELECT 7", as: Int.self).collect() == [7])
        await connection.close()
        try await server.finished()
    }
}
