import Postgres
import PostgresTestKit
import Testing

@Suite(.timeLimit(.minutes(5))) struct PreparedTransactionTests {
    @Test("two phases, over any connection of the pool, and through a lost connection") func twoPhases() async throws {
        try await TemporaryServer.with(TemporaryServer.Options(settings: ["max_prepared_transactions": "10"])) {
            server in
            let pool = try PostgresPool(server.configuration)
            try await pool.execute("CREATE TABLE t (id int)")
            let odd = "it's \\ \"odd\"; --"
            for id in ["plain", odd] {
                try await pool.prepareTransaction(id) { tx in try await tx.execute("INSERT INTO t VALUES (1)") }
            }
            let found = try await pool.preparedTransactions()
            #expect(found.map(\.id) == ["plain", odd])
            #expect(found.allSatisfy { $0.transactionID > 0 && $0.owner == server.configuration.user })
            #expect(try await pool.value("SELECT count(*) FROM t", as: Int.self) == 0)
            try await pool.commitPrepared(odd)
            try await pool.rollbackPrepared("plain")
            #expect(try await pool.value("SELECT count(*) FROM t", as: Int.self) == 1)
            #expect(try await pool.preparedTransactions() == [])

            let missing = try await failure { try await pool.commitPrepared("plain") }
            #expect(missing.sqlState?.rawValue == "42704")
            let inside = try await failure {
                try await pool.withTransaction { try await $0.commitPrepared("plain") }
            }
            #expect(inside.sqlState == .activeSQLTransaction)
            let failed = try await failure {
                try await pool.prepareTransaction("failed") { tx in _ = try? await tx.execute("SELECT 1/0") }
            }
            #expect(failed.code == .rolledBack)
            let temporary = try await failure {
                try await pool.prepareTransaction("temporary") { try await $0.execute("CREATE TEMP TABLE x ()") }
            }
            #expect(temporary.sqlState == .featureNotSupported)
            try await pool.check()
            await pool.close()
        }
    }

    @Test("a server that may prepare none says so, and the connection goes on") func disabled() async throws {
        try await TestServer.withPool(PostgresPoolOptions(maximumConnections: 1)) { pool in
            let limit: String = try await pool.value("SELECT current_setting('max_prepared_transactions')")
            guard limit == "0" else { return }
            let error = try await failure { try await pool.prepareTransaction("a") { _ in } }
            #expect(error.sqlState == .objectNotInPrerequisiteState)
            try await pool.check()
            #expect(pool.statistics.connects == 1)
        }
    }
}
