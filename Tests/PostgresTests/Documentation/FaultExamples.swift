import Postgres
import PostgresTestKit
import Testing

/// The examples of the article on faults, and of transactions that are rolled back; they are tests themselves.
@Suite(.timeLimit(.minutes(5))) struct FaultExamples {
    private func withProxy(_ body: (PostgresPool, FaultProxy) async throws -> Void) async throws {
        try await TemporaryServer.with { server in
            // A way that can be made to fail
            let proxy = try FaultProxy(port: server.port)
            var configuration = server.networkConfiguration
            configuration.port = proxy.port
            let pool = try PostgresPool(configuration)

            try await pool.execute("CREATE TABLE notes (id int PRIMARY KEY, text text NOT NULL)")
            try await body(pool, proxy)
            await pool.close()
            proxy.stop()
        }
    }

    /// Plans
    @Test func plans() async throws {
        try await withProxy { (pool, proxy) async throws in
            var plan = FaultPlan()
            plan.toClient.delay = .milliseconds(80)  // a long way
            plan.toClient.bytesPerSecond = 50_000  // a slow one
            plan.toServer.pieceSize = 1  // every byte a packet of its own
            proxy.apply(plan)

            let answer = try await pool.query("SELECT 1", as: Int32.self).collect()
            #expect(answer == [1])
        }
    }

    /// Plans: a plan for each new connection
    @Test func plansByNumber() async throws {
        try await withProxy { (pool, proxy) async throws in
            proxy.plan { number in
                number % 2 == 0 ? FaultPlan(.cut, .toClient, at: .message(1, kind: "R")) : FaultPlan()
            }

            proxy.cut()
            var answer: [Int32] = []
            let deadline = ContinuousClock.now + .seconds(60)
            while answer != [1], ContinuousClock.now < deadline {
                answer = (try? await pool.query("SELECT 1", as: Int32.self).collect()) ?? []
            }
            #expect(answer == [1])
            #expect(proxy.faultCount >= 1)
        }
    }

    /// Plans: the answer to COMMIT is lost
    @Test func commit() async throws {
        try await withProxy { (pool, proxy) async throws in
            let error = await #expect(throws: PostgresError.self) {
                try await pool.withTransaction { tx in
                    try await tx.execute("INSERT INTO notes VALUES (1, 'milk')")
                    proxy.apply(FaultPlan(.reset, .toClient, at: .message(1, kind: "C")))
                }
                // throws outcomeUnknown, and the row is there
            }
            #expect(error?.code == .outcomeUnknown)
            let count = try await countNotes(in: pool)
            #expect(count == 1)
            #expect(proxy.faultCount == 1)
        }
    }

    /// Servers that are hurt
    @Test func kill() async throws {
        try await TemporaryServer.with { server in
            let connection = try await PostgresConnection.connect(server.configuration)
            try server.kill(backend: connection.serverProcessID ?? 0)

            await #expect(throws: PostgresError.self) { try await connection.execute("SELECT 1") }
        }
    }

    /// Time
    struct Backoff {
        private var failures = 0

        mutating func retry(now: ContinuousClock.Instant) -> ContinuousClock.Instant {
            failures += 1
            return now + .milliseconds(min(100 << failures, 5_000))
        }
    }

    @Test func time() {
        var backoff = Backoff()
        let now = ContinuousClock.now
        #expect(backoff.retry(now: now) == now + .milliseconds(200))
    }

    /// Quicker still: a transaction that is rolled back
    @Test func rollback() async throws {
        try await withProxy { (pool, _) async throws in
            try await pool.withRollback { tx in
                try await tx.execute("INSERT INTO notes VALUES (1, 'milk')")
                #expect(try await countNotes(in: tx) == 1)
            }

            let count = try await countNotes(in: pool)
            #expect(count == 0)
        }
    }

    func countNotes(in database: some PostgresDatabase) async throws -> Int {
        try await database.query("SELECT count(*) FROM notes", as: Int.self).first() ?? 0
    }
}
