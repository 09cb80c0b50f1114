import Postgres
import PostgresTestKit
import Testing

/// The server's own limits: what is thrown, and whether the connection lives on.
@Suite(.timeLimit(.minutes(5))) struct ServerLimitsTests {
    @Test("trap 46: statement_timeout ends the statement, in a transaction that too; the connection lives")
    func statementTimeout() async throws {
        try await TestServer.withConnection { connection in
            try await connection.execute("SET statement_timeout = 100")
            let alone = try await failure { try await connection.execute("SELECT pg_sleep(600)") }
            #expect(alone.code == .server && alone.sqlState == .queryCanceled)
            let inside = try await failure {
                try await connection.withTransaction { tx in try await tx.execute("SELECT pg_sleep(600)") }
            }
            #expect(inside.code == .server && inside.sqlState == .queryCanceled)
            try await connection.execute("SET statement_timeout = 0")
            #expect(connection.isOpen && !connection.isInTransaction)
            try await connection.check()
        }
    }

    @Test("trap 46: lock_timeout is 55P03; behind a savepoint the transaction goes on") func lockTimeout() async throws
    {
        try await TestServer.withDatabase { configuration in
            try await withConnection(configuration) { holder in
                try await holder.execute("CREATE TABLE t (n int)")
                try await holder.execute(script: "BEGIN; LOCK TABLE t")
                try await withConnection(configuration) { connection in
                    try await connection.execute("SET lock_timeout = 100")
                    try await connection.withTransaction { tx in
                        let error = try await failure {
                            try await tx.withTransaction { try await $0.execute("SELECT * FROM t") }
                        }
                        #expect(error.code == .server && error.sqlState == .lockNotAvailable)
                        try await tx.check()
                    }
                    try await connection.check()
                }
            }
        }
    }

    @Test("trap 46: idle_in_transaction_session_timeout ends the session and says so; a pool replaces it")
    func idleInTransaction() async throws {
        try await TestServer.withPool(PostgresPoolOptions(maximumConnections: 1)) { pool in
            try await pool.execute("CREATE TABLE t (n int)")
            let error = try await failure {
                try await pool.withTransaction { tx in
                    try await tx.execute("SET LOCAL idle_in_transaction_session_timeout = 2000")
                    try await tx.execute("INSERT INTO t VALUES (1)")
                    #expect(try await tx.withConnection { connection in try await eventually { !connection.isOpen } })
                }
            }
            // Not "unknown": the session ended before COMMIT was sent.
            #expect(error.code == .connectionClosed && error.sqlState == .idleInTransactionSessionTimeout)
            #expect(try await pool.value("SELECT count(*) FROM t", as: Int.self) == 0)
            #expect(pool.statistics.connects == 2)
        }
    }

    @Test(
        "trap 46: idle_session_timeout ends the session and says so, at the next statement",
        .needsOwnServerProcess("a pooler does not pass it on when an idle session ends")) func idleSession()
        async throws
    {
        try await withConnection(TestServer.configuration) { connection in
            try await connection.execute("SET idle_session_timeout = 100")
            #expect(try await eventually { !connection.isOpen })
            let error = try await failure { try await connection.execute("SELECT 1") }
            #expect(error.code == .connectionClosed && error.sqlState == .idleSessionTimeout)
            #expect(error.safeToRetry)
        }
    }

    @Test(
        "trap 46: a session that idles out in a pool is replaced before anybody gets it",
        .needsOwnServerProcess("a pooler does not pass it on when an idle session ends")) func idleInAPool()
        async throws
    {
        let options = PostgresPoolOptions(maximumConnections: 1, reset: .rollbackOnly)
        try await TestServer.withPool(options) { pool in
            try await pool.execute("SET idle_session_timeout = 100")
            #expect(try await eventually { pool.statistics.idle == 0 })
            try await pool.check()
        }
    }

    @Test(
        "trap 46: 57P01, during a statement and while nothing runs",
        .needsOwnServerProcess("it ends its process, by its number"),
        .notBehindPgpool("it says late, and in words of its own, that a session has ended")) func terminated()
        async throws
    {
        try await withConnection(TestServer.directConfiguration) { administrator in
            try await withConnection(TestServer.configuration) { connection in
                let process = try #require(connection.serverProcessID)
                let task = Task { try await connection.execute("SELECT pg_sleep(600)") }
                #expect(
                    try await eventually {
                        try await administrator.value(
                            "SELECT count(*) FROM pg_stat_activity WHERE pid = \(process) AND state = 'active'",
                            as: Int.self)
                            == 1
                    })
                try await administrator.execute("SELECT pg_terminate_backend(\(process)::int)")
                let error = try await failure { try await task.value }
                #expect(error.sqlState == .adminShutdown)
                #expect(try await eventually { !connection.isOpen })
            }
            try await withConnection(TestServer.configuration) { connection in
                let process = try #require(connection.serverProcessID)
                try await administrator.execute("SELECT pg_terminate_backend(\(process)::int)")
                #expect(try await eventually { !connection.isOpen })
                let error = try await failure { try await connection.execute("SELECT 1") }
                #expect(error.code == .connectionClosed && error.sqlState == .adminShutdown && error.safeToRetry)
            }
        }
    }
}
