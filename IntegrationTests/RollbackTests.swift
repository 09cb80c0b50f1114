import Postgres
import PostgresTestKit
import Testing

/// A transaction that is always rolled back.
@Suite(.timeLimit(.minutes(5))) struct RollbackTests {
    private struct Interruption: Error {}

    private func withTable(_ body: (PostgresPool) async throws -> Void) async throws {
        try await TestServer.withPool { pool in
            try await pool.execute("CREATE TABLE notes (id int)")
            try await body(pool)
            #expect(try await eventually { pool.statistics.leased == 0 })
        }
    }

    private func count(_ database: some PostgresDatabase) async throws -> Int {
        try await database.value("SELECT count(*) FROM notes", as: Int.self)
    }

    @Test("nothing stays, whether the closure returns, throws, or a statement of it fails") func nothingStays()
        async throws
    {
        try await withTable { pool in
            let seen = try await pool.withRollback { tx in
                try await tx.execute("INSERT INTO notes VALUES (1)")
                try await tx.withTransaction { try await $0.execute("INSERT INTO notes VALUES (2)") }
                return try await count(tx)
            }
            #expect(seen == 2)
            await #expect(throws: Interruption.self) {
                try await pool.withRollback { tx in
                    try await tx.execute("INSERT INTO notes VALUES (1)")
                    throw Interruption()
                }
            }
            let error = try await failure {
                try await pool.withRollback { tx in
                    try await tx.execute("INSERT INTO notes VALUES (1)")
                    try await tx.execute("SELECT 1 / 0")
                }
            }
            #expect(error.sqlState == .divisionByZero)
            // An error that the code under test has dealt with.
            try await pool.withRollback { tx in _ = try? await tx.execute("SELECT 1 / 0") }
            #expect(try await count(pool) == 0)
        }
    }

    @Test(
        "who ends the transaction inside is told so",
        arguments: ["COMMIT", "ROLLBACK", "COMMIT; BEGIN", "ROLLBACK; BEGIN", "COMMIT; BEGIN; SAVEPOINT a"])
    func boundary(_ script: String) async throws {
        try await withTable { pool in
            for fails in [false, true] {
                let error = try await failure {
                    try await pool.withRollback { tx in
                        try await tx.execute("INSERT INTO notes VALUES (1)")
                        try await tx.execute(script: script)
                        if fails { throw Interruption() }
                    }
                }
                #expect(error.code == .invalidUse)
                #expect(error.message.contains("ended inside"))
                #expect((error.cause is Interruption) == fails)
            }
            try await pool.check()
        }
    }

    @Test("in somebody's transaction it is a part of it") func nested() async throws {
        try await withTable { pool in
            try await pool.withTransaction { tx in
                try await tx.execute("INSERT INTO notes VALUES (1)")
                try await tx.withRollback { try await $0.execute("INSERT INTO notes VALUES (2)") }
            }
            #expect(try await count(pool) == 1)
        }
    }
}
