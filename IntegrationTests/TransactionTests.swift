import Postgres
import Testing

@Suite struct TransactionTests {
    struct Stop: Error {}

    /// A pool on a database with the table `t (id int primary key)`.
    private func withTable(_ body: @Sendable (PostgresPool) async throws -> Void) async throws {
        try await TestServer.withPool { pool in
            try await pool.execute("CREATE TABLE t (id int PRIMARY KEY)")
            try await body(pool)
        }
    }

    private func ids(_ pool: PostgresPool) async throws -> [Int] {
        try await pool.query("SELECT id FROM t ORDER BY id", as: Int.self).collect()
    }

    @Test func whatReturnsIsKeptAndWhatThrowsIsNot() async throws {
        try await withTable { pool in
            let answer = try await pool.withTransaction { tx in
                try await tx.execute("INSERT INTO t VALUES (1)")
                return 42
            }
            #expect(answer == 42)
            await #expect(throws: Stop.self) {
                try await pool.withTransaction { tx in
                    try await tx.execute("INSERT INTO t VALUES (2)")
                    throw Stop()
                }
            }
            #expect(try await ids(pool) == [1])
        }
    }

    @Test("trap 75: a closure that fails inside takes only its own part back")
    func savepoints() async throws {
        try await withTable { pool in
            try await pool.withTransaction { tx in
                try await tx.execute("INSERT INTO t VALUES (1)")
                await #expect(throws: PostgresError.self) {
                    try await tx.withTransaction { inner in
                        try await inner.execute("INSERT INTO t VALUES (2)")
                        try await inner.execute("INSERT INTO t VALUES (1)")
                    }
                }
                try await tx.withTransaction { inner in
                    try await inner.withTransaction { try await $0.execute("INSERT INTO t VALUES (3)") }
                }
            }
            #expect(try await ids(pool) == [1, 3])
        }
    }

    @Test("trap 73: an error that was swallowed shows at COMMIT")
    func commitAnsweredByRollback() async throws {
        try await withTable { (pool) async throws in
            let error = await #expect(throws: PostgresError.self) {
                try await pool.withTransaction { tx in
                    try await tx.execute("INSERT INTO t VALUES (1)")
                    _ = try? await tx.execute("SELECT 1/0")
                }
            }
            #expect(error?.code == .rolledBack)
            #expect(try await ids(pool) == [])
        }
    }

    @Test func aConstraintCheckedAtCommitIsTheServersError() async throws {
        try await TestServer.withPool { pool in
            try await pool.execute("CREATE TABLE t (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
            let error = await #expect(throws: PostgresError.self) {
                try await pool.withTransaction { tx in try await tx.execute("INSERT INTO t VALUES (1), (1)") }
            }
            #expect(error?.sqlState == .uniqueViolation)
            #expect(try await ids(pool) == [])
        }
    }

    @Test("trap 72: two transactions that collide are run again until both are through")
    func serializationFailuresAreRetried() async throws {
        try await TestServer.withPool { pool in
            try await pool.execute(script: "CREATE TABLE account (n int); INSERT INTO account VALUES (0)")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        for _ in 0..<10 {
                            try await pool.withTransaction(isolation: .serializable, retries: 1000) { tx in
                                let n = try await tx.query("SELECT n FROM account", as: Int.self).first() ?? 0
                                try await tx.execute("UPDATE account SET n = \(n + 1)")
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await pool.query("SELECT n FROM account", as: Int.self).collect() == [40])
        }
    }

    @Test func optionsReachTheServer() async throws {
        try await TestServer.withPool { pool in
            for isolation in PostgresIsolation.allCases {
                let seen = try await pool.withTransaction(isolation: isolation, readOnly: true) { tx in
                    try await tx.query(
                        "SELECT current_setting('transaction_isolation'), current_setting('transaction_read_only')",
                        as: (String, String).self
                    ).first()
                }
                #expect(seen?.0.uppercased() == isolation.rawValue && seen?.1 == "on")
            }
            let error = await #expect(throws: PostgresError.self) {
                try await pool.withTransaction(readOnly: true) { tx in try await tx.execute("CREATE TABLE x ()") }
            }
            #expect(error?.sqlState == .readOnlySQLTransaction)
        }
    }

    @Test("trap 74: cancelled in the middle, a transaction is rolled back and the connection goes on")
    func cancelledTransactionsAreRolledBack() async throws {
        try await withTable { (pool) async throws in
            let began = Counter()
            let task = Task {
                try await pool.withTransaction { tx in
                    try await tx.execute("INSERT INTO t VALUES (1)")
                    began.increment()
                    try await tx.execute("SELECT pg_sleep(60)")
                }
            }
            #expect(try await eventually { began.value > 0 })
            task.cancel()
            let error = await #expect(throws: PostgresError.self) { try await task.value }
            #expect(error?.code == .cancelled)
            #expect(try await ids(pool) == [])
            #expect(pool.statistics.connects == 1)
        }
    }
}
