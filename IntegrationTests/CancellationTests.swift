import Postgres
import Testing

@Suite struct CancellationTests {
    @Test func cancellingATaskStopsTheServerAndKeepsTheConnection() async throws {
        try await TestServer.withPool(PostgresPoolOptions(maximumConnections: 1)) { pool in
            let before = try await pool.query("SELECT pg_backend_pid()", as: Int.self).collect()
            let task = Task { try await pool.execute("SELECT pg_sleep(60)") }
            try await Task.sleep(for: .milliseconds(100))
            let start = ContinuousClock.now
            task.cancel()
            let error = await #expect(throws: PostgresError.self) { try await task.value }
            #expect(error?.code == .cancelled)
            #expect(ContinuousClock.now - start < .seconds(30))
            #expect(try await pool.query("SELECT pg_backend_pid()", as: Int.self).collect() == before)
        }
    }

    @Test func aDeadlineStopsTheServerAndKeepsTheConnection() async throws {
        try await PostgresConnection.withConnection(try TestServer.configuration) { (connection) async throws in
            let error = await #expect(throws: PostgresError.self) {
                try await connection.execute("SELECT pg_sleep(60)", timeout: .milliseconds(100))
            }
            #expect(error?.code == .timeout)
            #expect(try await connection.query("SELECT 1", as: Int.self).first() == 1)
        }
    }

    @Test("trap 41: five hundred cancels at random moments never hit the statement after them")
    func cancelsHitNothingElse() async throws {
        for configuration in [try TestServer.configuration, try TestServer.networkConfiguration] {
            try await PostgresConnection.withConnection(configuration) { connection in
                for round in 0..<TestRoute.countOfCancels(250) {
                    let task = Task { try await connection.execute("SELECT count(*) FROM generate_series(1, 2000)") }
                    for _ in 0..<(round % 60) { await Task.yield() }
                    task.cancel()
                    // Sent at once, while the cancel may still be under way.
                    let answer = try await connection.query("SELECT \(round)::int", as: Int.self).collect()
                    #expect(answer == [round])
                    _ = await task.result
                }
            }
        }
    }

    @Test("trap 37: leaving a loop over a hundred million rows ends them within a bound")
    func leavingRowsEarly() async throws {
        try await PostgresConnection.withConnection(try TestServer.configuration) { connection in
            let start = ContinuousClock.now
            var count = 0
            for try await number in try await connection.query(
                "SELECT generate_series(1, 100000000)", as: Int.self)
            {
                count += number > 0 ? 1 : 0
                if count == 10 { break }
            }
            #expect(try await connection.query("SELECT 1", as: Int.self).collect() == [1])
            #expect(ContinuousClock.now - start < .seconds(30))
        }
    }

    @Test func aQueryInsideALoopOverRowsOfTheSameConnection() async throws {
        try await PostgresConnection.withConnection(try TestServer.configuration) { connection in
            var sum = 0
            for try await number in try await connection.query(
                "SELECT i, repeat('x', 100) FROM generate_series(1, 50000) i", as: (Int, String).self)
            {
                if number.0 % 10_000 == 0 {
                    sum += try await connection.query("SELECT \(number.0)::int", as: Int.self).first() ?? 0
                }
            }
            #expect(sum == 150_000)
        }
    }

    @Test("trap 46: the server's own limits are typed errors")
    func serverTimeouts() async throws {
        try await TestServer.withConnection { connection in
            try await connection.execute("SET statement_timeout = 50")
            let error = await #expect(throws: PostgresError.self) {
                try await connection.execute("SELECT pg_sleep(60)")
            }
            #expect(error?.sqlState == .queryCanceled && error?.code == .server)
            try await connection.execute("SET statement_timeout = 0")
            #expect(try await connection.query("SELECT 1", as: Int.self).collect() == [1])
        }
    }
}
