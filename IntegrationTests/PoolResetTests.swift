import Postgres
import Testing

/// What one user of a pooled connection leaves, and the next one finds.
@Suite struct PoolResetTests {
    private static let one = PostgresPoolOptions(maximumConnections: 1)

    @Test(
        "trap 54: settings, temporary tables, advisory locks, LISTEN, roles and cursors do not leak to the next user",
        .needsOwnServerProcess("what a session has is the pooler's to keep or give away")) func nothingLeaks()
        async throws
    {
        try await TestServer.withPool(Self.one) { pool in
            try await pool.execute("CREATE TABLE kept (n int)")
            let process = try await pool.value("SELECT pg_backend_pid()", as: Int.self)
            try await pool.execute("SET statement_timeout = '77s'")
            try await pool.withConnection { connection in
                try await connection.execute("SET search_path = pg_catalog")
                try await connection.execute(script: "CREATE TEMP TABLE gone (n int); LISTEN gone")
                _ = try await connection.query("SELECT pg_advisory_lock(4711)").collect()
                _ = try await connection.query("SELECT set_config('egret.gone', 'yes', false)").collect()
                try await connection.execute(
                    script: "BEGIN; DECLARE gone CURSOR WITH HOLD FOR SELECT 1; COMMIT; SET ROLE pg_monitor")
            }
            #expect(try await pool.value("SELECT pg_backend_pid()", as: Int.self) == process)
            #expect(try await pool.value("SHOW statement_timeout", as: String.self) == "0")
            #expect(try await pool.value("SHOW search_path", as: String.self).contains("public"))
            #expect(try await pool.value("SELECT current_setting('egret.gone', true)", as: String?.self) ?? "" == "")
            #expect(try await pool.value("SELECT current_user = session_user", as: Bool.self))
            #expect(try await pool.value("SELECT to_regclass('pg_temp.gone') IS NULL", as: Bool.self))
            #expect(try await pool.value("SELECT count(*) FROM pg_listening_channels()", as: Int.self) == 0)
            #expect(try await pool.value("SELECT count(*) FROM pg_cursors WHERE name = 'gone'", as: Int.self) == 0)
            let locks: PostgresQuery =
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
            #expect(try await pool.value(locks, as: Int.self) == 0)
            // Statements parsed before mean what they say now.
            #expect(try await pool.value("SELECT count(*) FROM kept", as: Int.self) == 0)
            #expect(pool.statistics.connects == 1)
        }
    }

    @Test(
        "the policies: as it is, and everything each time; what onConnect and the configuration set is there again",
        .needsOwnServerProcess("what a session has is the pooler's to keep or give away")) func policies() async throws
    {
        for (policy, expected) in [(PostgresSessionReset.rollbackOnly, "77s"), (.discardAll, "55s")] {
            try await TestServer.withDatabase { database in
                var configuration = database
                configuration.parameters["statement_timeout"] = "55s"
                let pool = try PostgresPool(
                    configuration, options: PostgresPoolOptions(maximumConnections: 1, reset: policy))
                for _ in 0..<2 {
                    try await pool.execute("SET statement_timeout = '77s'")
                    #expect(try await pool.value("SHOW statement_timeout", as: String.self) == expected)
                    try await pool.check()
                }
                await pool.close()
            }
        }
    }

    @Test("an advisory lock that the driver takes and gives back costs no reset") func advisoryLocks() async throws {
        try await TestServer.withPool(Self.one) { pool in
            let process = try await pool.value("SELECT pg_backend_pid()", as: Int.self)
            guard (try? await pool.withAdvisoryLock(4712) { _ in }) != nil else { return }
            #expect(try await pool.value("SELECT pg_backend_pid()", as: Int.self) == process)
        }
    }
}
