import Postgres
import PostgresTestKit
import Testing

/// What belongs to a session, through PgBouncer, which gives each transaction another one.
@Suite(.serialized, .timeLimit(.minutes(5)), .enabled(if: PgBouncer.program != nil && TestServer.givenURL == nil))
struct ListenPoolerTests {
    /// Runs `body` with the way to the shared server's own database through a PgBouncer.
    private func withPooler(
        _ mode: PgBouncer.Mode, _ body: (PostgresConfiguration) async throws -> Void
    ) async throws {
        let bouncer = try await PgBouncer.start(mode, connections: 5, before: TestServer.networkConfiguration)
        try await body(bouncer.configuration)
        withExtendedLifetime(bouncer) {}
    }

    @Test("LISTEN through a transaction pooler is refused, with what to do; past the pooler it works") func listening()
        async throws
    {
        try await withPooler(.transaction) { configuration in
            let refusing = try PostgresPool(configuration)
            let error = try await failure { try await refusing.listen("jobs") }
            #expect(error.code == .invalidConfiguration)
            #expect(error.description.contains("PostgresListenOptions"))
            await refusing.close()

            let pool = try PostgresPool(
                configuration, listening: PostgresListenOptions(configuration: try TestServer.directConfiguration))
            let channel = uniqueName("c")
            let notes = try await pool.listen(channel)
            // Through the pooler, in the same database.
            try await pool.notify(channel, "hello")
            var iterator = notes.makeAsyncIterator()
            #expect(await iterator.next()?.payload == "hello")
            await pool.close()
        }
    }

    @Test("through a pooler of sessions LISTEN works") func sessions() async throws {
        try await withPooler(.session) { configuration in
            let pool = try PostgresPool(configuration)
            let channel = uniqueName("c")
            let notes = try await pool.listen(channel)
            try await pool.notify(channel, "hello")
            var iterator = notes.makeAsyncIterator()
            #expect(await iterator.next()?.payload == "hello")
            await pool.close()
        }
    }

    @Test("a session's advisory lock through a transaction pooler is refused; a transaction's works") func locks()
        async throws
    {
        try await withPooler(.transaction) { configuration in
            try await withConnection(configuration) { connection in
                let error = try await failure { try await connection.withAdvisoryLock("a") { _ in } }
                #expect(error.code == .invalidUse)
                #expect(error.description.contains("tx.advisoryLock"))
                try await connection.withTransaction { tx in
                    _ = try await tx.connectionScript("SELECT pg_advisory_xact_lock(1)")
                }
            }
        }
    }
}

extension PostgresTransaction {
    /// A statement by the simple protocol, which no pooler minds.
    fileprivate func connectionScript(_ sql: String) async throws -> Int { try await execute(script: sql).count }
}
