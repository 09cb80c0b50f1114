import Postgres
import Testing

@Suite(.timeLimit(.minutes(2))) struct BatchTests {
    private static let add = PostgresStatement("INSERT INTO t VALUES ($1)")

    /// Whether each is answered, and with which code if not.
    private static func codes(_ results: [Result<PostgresRows, PostgresError>]) -> [PostgresError.Code?] {
        results.map { result in
            switch result {
            case .success: nil
            case .failure(let error): error.code
            }
        }
    }

    @Test("trap 34: together: answers before the failure are kept, those after it say that they were skipped")
    func together() async throws {
        try await TestServer.withPool { pool in
            try await pool.execute("CREATE TABLE t (id int PRIMARY KEY)")
            let results = try await pool.batchResults([Self.add(1), Self.add(2), Self.add(1), Self.add(3)])
            #expect(Self.codes(results) == [nil, nil, .server, .skipped])
            #expect(try results[1].get().commandResult?.rowCount == 1)
            guard case .failure(let skipped) = results[3] else { return }
            #expect(skipped.message.contains("statement 3"))
            #expect(try await pool.value("SELECT count(*) FROM t", as: Int.self) == 0)
            let all = try await pool.batchResults([Self.add(1), Self.add(2), "SELECT count(*) FROM t"])
            #expect(Self.codes(all) == [nil, nil, nil])
            #expect(try await all[2].get().decode(as: Int.self).first() == 2)
        }
    }

    @Test("trap 34: each for itself: the others go on") func each() async throws {
        try await TestServer.withPool { pool in
            try await pool.execute("CREATE TABLE t (id int PRIMARY KEY)")
            let results = try await pool.batchResults(
                [Self.add(1), Self.add(1), "SELECT nothing", Self.add(2), Self.add("no number"), Self.add(3)],
                isolation: .each)
            #expect(Self.codes(results) == [nil, .server, .server, nil, .server, nil])
            #expect(try await pool.value("SELECT count(*) FROM t", as: Int.self) == 3)
            // In a transaction the server refuses what follows.
            let inside = try await pool.withTransaction { tx in
                let results = try await tx.batchResults([Self.add(4), Self.add(4), Self.add(5)], isolation: .each)
                try await tx.execute(script: "ROLLBACK; BEGIN")
                return Self.codes(results)
            }
            #expect(inside == [nil, .server, .server])
            try await pool.check()
        }
    }

    @Test("what cannot be parsed, or sent, is said of its statement") func refused() async throws {
        try await TestServer.withPool { pool in
            try await pool.execute("CREATE TABLE t (id int PRIMARY KEY)")
            let parsing = try await pool.batchResults([Self.add(1), "SELECT nothing", Self.add(2)])
            #expect(Self.codes(parsing) == [.skipped, .server, .skipped])
            let tooLarge = try await pool.batchResults([Self.add(1), Self.add(Int64.max), Self.add(2)])
            #expect(Self.codes(tooLarge) == [.skipped, .encodingFailed, .skipped])
            #expect(try await pool.value("SELECT count(*) FROM t", as: Int.self) == 0)
        }
    }

    @Test("many at once, large answers, and a deadline") func many() async throws {
        try await TestServer.withPool { pool in
            let series = PostgresStatement("SELECT generate_series(1, $1::int), repeat('x', 100)")
            for isolation in PostgresBatchIsolation.allCases {
                let results = try await pool.batchResults((0..<100).map { series($0 * 10) }, isolation: isolation)
                for (index, result) in results.enumerated() {
                    #expect(try await result.get().collect().count == index * 10)
                }
            }
            let late = try await pool.batchResults(
                ["SELECT 1", "SELECT pg_sleep(600) /* late */", "SELECT 2"], isolation: .each,
                timeout: .milliseconds(500))
            #expect(Self.codes(late).first == .some(nil))
            #expect(Self.codes(late).dropFirst() == [.timeout, .timeout])
            let running: PostgresQuery = """
                SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%600) /* late */' AND state = 'active'
                """
            #expect(try await eventually { try await pool.value(running, as: Int.self) == 0 })
            try await pool.check()
        }
    }
}
