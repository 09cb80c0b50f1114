import Postgres
import PostgresTestKit
import Testing

@Suite(.serialized, .timeLimit(.minutes(5))) struct ConnectionTests {
    @Test(.needsOwnServerProcess("it is about the process itself"), arguments: Way.allCases) func connects(way: Way)
        async throws
    {
        let name = uniqueName()
        try await withConnection(way.configuration.named(name)) { connection in
            #expect(try await connection.backends(named: name) == 1)
            #expect(connection.serverParameters["server_version"] != nil)
            #expect(connection.serverParameters["client_encoding"] == "UTF8")
            let processID: Int = try await connection.value("SELECT pg_backend_pid()")
            #expect(connection.serverProcessID == processID)
            let isEncrypted: Bool = try await connection.value(
                "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
            if TestServer.givenURL == nil { #expect(isEncrypted == (way == .tls)) }
        }
    }

    @Test(
        "nothing is left of a closed connection, nor of a forgotten one",
        .needsOwnServerProcess("it counts sessions, which are the pooler's"), arguments: Way.allCases)
    func leavesNoBackend(way: Way) async throws {
        let closed = uniqueName()
        let forgotten = uniqueName()
        try await withConnection(TestServer.directConfiguration) { observer in
            do {
                let connection = try await PostgresConnection.connect(way.configuration.named(closed))
                try await connection.check()
                await connection.close()
                await connection.close()
                let error = try await failure { try await connection.check() }
                #expect(error.code == .connectionClosed)
            }
            do {
                let connection = try await PostgresConnection.connect(way.configuration.named(forgotten))
                try await connection.check()
            }
            #expect(try await eventually { try await observer.backends(named: closed) == 0 })
            #expect(try await eventually { try await observer.backends(named: forgotten) == 0 })
        }
    }

    @Test("rows keep their connection") func rowsOutliveTheirConnection() async throws {
        let rows = try await PostgresConnection.connect(TestServer.configuration).query(
            "SELECT n FROM generate_series(1, 300000) AS n", as: Int.self)
        var sum = 0
        for try await value in rows { sum += value }
        #expect(sum == 300_000 * 300_001 / 2)
    }

    @Test("what cannot be reached says why") func refusals() async throws {
        var closedPort = PostgresConfiguration(host: "127.0.0.1", port: 1, user: "nobody", password: "geheim")
        closedPort.tls = .disable
        let refused = try await failure { [closedPort] in try await PostgresConnection.connect(closedPort) }
        #expect(refused.code == .connectionFailed)
        #expect(refused.message.contains("127.0.0.1:1"))
        #expect(refused.advice?.contains("listen_addresses") == true)
        #expect(refused.safeToRetry)

        let noHost = PostgresConfiguration(host: "no.such.host.invalid", user: "nobody")
        let unknown = try await failure { try await PostgresConnection.connect(noHost) }
        #expect(unknown.code == .connectionFailed)
        #expect(unknown.message.contains("no.such.host.invalid"))

        let noSocket = PostgresConfiguration(host: "/nonexistent", user: "nobody")
        let noFile = try await failure { try await PostgresConnection.connect(noSocket) }
        #expect(noFile.code == .connectionFailed)
        #expect(noFile.message.contains("/nonexistent/.s.PGSQL.5432"))
    }

    @Test(
        "a session that the server ends in the middle of a statement",
        .needsOwnServerProcess("it ends its process, by its number"), arguments: Way.allCases)
    func terminatedDuringAQuery(way: Way) async throws {
        try await withConnection(TestServer.directConfiguration) { killer in
            try await withConnection(way.configuration) { connection in
                let processID = try #require(connection.serverProcessID)
                let task = Task { try await connection.execute("SELECT pg_sleep(100)") }
                let isAsleep = try await eventually {
                    try await killer.value(
                        "SELECT wait_event IS NOT DISTINCT FROM 'PgSleep' FROM pg_stat_activity WHERE pid = \(processID)"
                    )
                }
                #expect(isAsleep)
                let took = try await time {
                    try await killer.execute("SELECT pg_terminate_backend(\(processID))")
                    let error = try await failure { try await task.value }
                    #expect(error.sqlState == .adminShutdown)
                }
                #expect(took < .seconds(30))
                #expect(!connection.isOpen)
                let later = try await failure { try await connection.check() }
                #expect(later.code == .connectionClosed)
                #expect(later.sqlState == .adminShutdown)
                #expect(later.safeToRetry)
            }
        }
    }

    @Test(
        "a session that the server ends while rows are read",
        .needsOwnServerProcess("it ends its process, by its number")) func terminatedAmongRows() async throws
    {
        try await withConnection(TestServer.directConfiguration) { killer in
            try await withConnection(TestServer.configuration) { connection in
                let processID = try #require(connection.serverProcessID)
                var count = 0
                let error = try await failure {
                    for try await _ in try await connection.query(
                        "SELECT repeat('x', 100) FROM generate_series(1, 10000000)")
                    {
                        if count == 0 { try await killer.execute("SELECT pg_terminate_backend(\(processID))") }
                        count += 1
                    }
                }
                #expect([.server, .connectionClosed].contains(error.code))
                #expect(count > 0 && count < 10_000_000)
            }
        }
    }

    @Test("a server that stops as in a power cut, while a query runs and while a COPY does")
    func serverStops() async throws {
        try await TemporaryServer.with(TemporaryServer.Options(tls: TestRoute.hasTLS ? .init() : nil)) { server in
            for configuration in [server.configuration, server.networkConfiguration] {
                try await withConnection(configuration) { setUp in
                    try await setUp.execute("CREATE TABLE IF NOT EXISTS t (n int)")
                }
                let sleeping = try await PostgresConnection.connect(configuration)
                let copying = try await PostgresConnection.connect(configuration)
                let idle = try await PostgresConnection.connect(configuration)
                let query = Task { try await sleeping.execute("SELECT pg_sleep(100)") }
                let hasBegun = Signal()
                let copy = Task {
                    try await copying.copy(into: "t", columns: ["n"]) { copy in
                        for n in 0..<Int32.max {
                            try await copy.write(n)
                            if n == 100_000 { hasBegun.set() }
                        }
                    }
                }
                await hasBegun.wait()
                try await Task.sleep(for: .milliseconds(50))
                let took = try await time {
                    try server.interrupt()
                    for error in [
                        try await failure { try await query.value }, try await failure { try await copy.value },
                    ] {
                        #expect([.connectionClosed, .server].contains(error.code))
                    }
                }
                #expect(took < .seconds(30))
                let later = try await failure { try await idle.check() }
                #expect(later.code == .connectionClosed)
                #expect(!sleeping.isOpen && !copying.isOpen && !idle.isOpen)
                try server.resume()
                let kept = try await withConnection(configuration) { again in
                    try await again.value("SELECT count(*) FROM t", as: Int.self)
                }
                #expect(kept == 0)
            }
        }
    }
}
