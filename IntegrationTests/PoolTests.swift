import Postgres
import Testing

@Suite struct PoolTests {
    @Test("trap 53: 50 tasks, 10 connections, 1,000 queries: all answered, never more connections than allowed")
    func manyTasksShareFewConnections() async throws {
        try await TestServer.withPool(PostgresPoolOptions(maximumConnections: 10)) { pool in
            let answers = try await withThrowingTaskGroup(of: Int.self) { group in
                for task in 0..<50 {
                    group.addTask {
                        var sum = 0
                        for number in 0..<20 {
                            let value = task * 100 + number
                            let answer = try await pool.query("SELECT \(value)::int", as: Int.self).first()
                            #expect(answer == value)
                            sum += 1
                        }
                        return sum
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(answers == 1000)
            let statistics = pool.statistics
            #expect(statistics.connects <= 10)
            // The last row of an answer may come before its end.
            try await expectNoLeases(pool)
        }
    }

    @Test("trap 52: a lease inside a lease with one connection times out and says why")
    func nestedLeaseTimesOut() async throws {
        let options = PostgresPoolOptions(maximumConnections: 1, acquireTimeout: .seconds(6))
        try await TestServer.withPool(options) { (pool) async throws in
            let error = await #expect(throws: PostgresError.self) {
                try await pool.withConnection { _ in try await pool.execute("SELECT 1") }
            }
            #expect(error?.code == .poolTimeout)
            #expect(error?.advice?.contains("held") == true)
            #expect(try await pool.query("SELECT 1", as: Int.self).collect() == [1])
        }
    }

    @Test("traps 47, 48: waiters that are cancelled leave nothing behind")
    func cancelledWaiters() async throws {
        try await TestServer.withPool(PostgresPoolOptions(maximumConnections: 2)) { pool in
            for round in 0..<50 {
                let tasks = (0..<8).map { _ in Task { try await pool.execute("SELECT pg_sleep(0.001)") } }
                for (index, task) in tasks.enumerated() where (index + round) % 2 == 0 { task.cancel() }
                for task in tasks { _ = await task.result }
            }
            #expect(try await pool.query("SELECT 1", as: Int.self).collect() == [1])
            try await expectNoLeases(pool)
            #expect(pool.statistics.waiting == 0)
        }
    }

    @Test(
        "trap 49: a connection killed while it is idle, or while it is leased, is replaced",
        .needsOwnServerProcess("it ends its process, by its number"),
        .notBehindPgpool("it says late, and in words of its own, that a session has ended"))
    func lostConnectionsAreReplaced() async throws {
        try await TestServer.withPool(PostgresPoolOptions(maximumConnections: 2)) { pool in
            let first = try await pool.query("SELECT pg_backend_pid()", as: Int.self).first()
            try await TestServer.terminate(try #require(first))
            // The pool may not have noticed yet; one query may meet the dead connection.
            _ = try? await pool.execute("SELECT 1")
            let second = try await pool.query("SELECT pg_backend_pid()", as: Int.self).first()
            #expect(second != nil && second != first)

            let error = await #expect(throws: PostgresError.self) {
                try await pool.withConnection { connection in
                    try await TestServer.terminate(try #require(connection.serverProcessID))
                    try await connection.execute("SELECT pg_sleep(100)")
                }
            }
            #expect(error?.sqlState == .adminShutdown || error?.code == .connectionClosed)
            #expect(try await pool.query("SELECT 1", as: Int.self).collect() == [1])
            try await expectNoLeases(pool)
        }
    }

    @Test("trap 54: a connection that comes back inside a transaction, failed or not, is rolled back")
    func openTransactionsAreRolledBack() async throws {
        try await TestServer.withPool(PostgresPoolOptions(maximumConnections: 1)) { pool in
            try await pool.execute("CREATE TABLE kept (id int)")
            for statement in ["SELECT 1", "SELECT 1/0"] {
                try await pool.withConnection { connection in
                    try await connection.execute("BEGIN")
                    try await connection.execute("INSERT INTO kept VALUES (1)")
                    _ = try? await connection.execute(PostgresQuery(raw: statement))
                }
                #expect(try await pool.query("SELECT count(*) FROM kept", as: Int.self).collect() == [0])
            }
            #expect(pool.statistics.connects == 1)
        }
    }

    @Test("trap 57: closing waits for what is running, up to its bound, then ends it; nothing stays on the server")
    func closingWaitsThenEnds() async throws {
        try await TestServer.withDatabase { configuration in
            // What `close` is told counts more than the option.
            let cases: [(option: Duration, told: Duration?, outcome: String)] = [
                (.seconds(20), nil, "done"), (.milliseconds(100), nil, "ended"),
                (.milliseconds(1), .seconds(20), "done"), (.seconds(200), .milliseconds(100), "ended"),
            ]
            for (option, told, outcome) in cases {
                let pool = try PostgresPool(configuration, options: PostgresPoolOptions(shutdownGrace: option))
                let seconds = outcome == "done" ? 0.3 : 100.0
                let running = Task { try await pool.execute("SELECT pg_sleep(\(seconds))") }
                #expect(try await eventually { pool.statistics.leased > 0 })
                await pool.close(grace: told)
                switch await running.result {
                case .success: #expect(outcome == "done")
                case .failure: #expect(outcome == "ended")
                }
                let error = await #expect(throws: PostgresError.self) { try await pool.execute("SELECT 1") }
                #expect(error?.code == .poolClosed)
            }
        }
    }

    @Test func rowsHoldTheLeaseUntilTheyAreReadOrDropped() async throws {
        try await TestServer.withPool(PostgresPoolOptions(maximumConnections: 1)) { pool in
            var rows: PostgresRows? = try await pool.query(
                "SELECT i, repeat('x', 1000) FROM generate_series(1, 20000) i")
            #expect(pool.statistics.leased == 1)
            var count = 0
            for try await _ in try #require(rows) { count += 1 }
            #expect(count == 20_000)
            try await expectNoLeases(pool)

            rows = try await pool.query("SELECT generate_series(1, 1000000), repeat('x', 1000)")
            #expect(pool.statistics.leased == 1)
            rows = nil
            #expect(try await pool.query("SELECT 1", as: Int.self).collect() == [1])
            try await expectNoLeases(pool)
        }
    }

    @Test func rowsThatHaveAllComeHoldNoLease() async throws {
        try await TestServer.withPool(PostgresPoolOptions(maximumConnections: 1)) { pool in
            // More than one read of the socket takes, less than is held back for a slow reader.
            let rows = try await pool.query("SELECT i, repeat('x', 1000) FROM generate_series(1, 400) i")
            #expect(try await pool.query("SELECT 1", as: Int.self).collect() == [1])
            #expect(try await rows.collect().count == 400)
            try await expectNoLeases(pool)
        }
    }

    @Test("a value that does not fit, and a statement that is refused, free the connection")
    func failuresEndTheLease() async throws {
        try await TestServer.withPool(PostgresPoolOptions(maximumConnections: 1)) { pool in
            for _ in 0..<3 {
                let unfit = try await failure { try await pool.query("SELECT \(Int64.max)::int2") }
                #expect(unfit.code == .encodingFailed)
                let refused = try await failure { try await pool.query("SELECT 1 / \(0)") }
                #expect(refused.sqlState == .divisionByZero)
                let open = try await pool.query("BEGIN").commandResult
                #expect(open?.tag == "BEGIN")
            }
            #expect(try await pool.query("SELECT 1", as: Int.self).collect() == [1])
            try await expectNoLeases(pool)
        }
    }

    @Test func aConnectionKeptBeyondItsLeaseIsRefused() async throws {
        try await TestServer.withPool { pool in
            let kept = try await pool.withConnection { $0 }
            let uses: [@Sendable () async throws -> Void] = [
                { try await kept.execute("SELECT 1") },
                { try await kept.execute(script: "SELECT 1") },
                { try await kept.batch(["SELECT 1"]) },
                { _ = try await kept.copy(from: .table("pg_class")).collect() },
                { _ = try await kept.copy(from: .table("pg_class"), format: .csv) },
                { try await kept.copy(into: "pg_class") { _ in } },
                { try await kept.copy(into: "pg_class", format: .csv) { _ in } },
                { try await kept.withTransaction { _ in } },
            ]
            for use in uses {
                let error = await #expect(throws: PostgresError.self) { try await use() }
                #expect(error?.code == .invalidUse)
            }
        }
    }

    /// A lease is given back a moment after the last row: waits for it, for a bounded time.
    private func expectNoLeases(_ pool: PostgresPool) async throws {
        for _ in 0..<2000 where pool.statistics.leased > 0 { try await Task.sleep(for: .milliseconds(5)) }
        #expect(pool.statistics.leased == 0)
    }
}
