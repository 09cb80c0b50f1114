import Postgres
import PostgresTestKit
import Testing

/// A network that swallows every packet: nobody is told, nothing is closed.
@Suite(.serialized, .timeLimit(.minutes(5)), .enabled(if: TestServer.givenURL == nil)) struct BlackHoleTests {
    private func throughProxy(
        isEncrypted: Bool = false, acquireTimeout: Duration = .seconds(60),
        _ body: (PostgresPool, FaultProxy) async throws -> Void
    ) async throws {
        let proxy = try FaultProxy(port: TestServer.temporary.networkConfiguration.port)
        var configuration = try TestServer.networkConfiguration
        configuration.host = "127.0.0.1"
        configuration.port = proxy.port
        configuration.tls = isEncrypted ? .require : .disable
        configuration.cancelTimeout = .seconds(1)
        configuration.connectTimeout = .seconds(2)
        let pool = try PostgresPool(
            configuration,
            options: PostgresPoolOptions(
                maximumConnections: 1, acquireTimeout: acquireTimeout, shutdownGrace: .seconds(1)))
        try await body(pool, proxy)
        await pool.close()
        proxy.stop()
    }

    @Test(
        "trap 44: the deadline fires, the connection is destroyed, its place is free for the next",
        arguments: TestRoute.hasTLS ? [false, true] : [false])
    func duringAStatement(isEncrypted: Bool) async throws {
        try await throughProxy(isEncrypted: isEncrypted) { pool, proxy in
            try await pool.check()
            let statement = Task { try await pool.execute("SELECT pg_sleep(1)", timeout: .seconds(2)) }
            try await Task.sleep(for: .milliseconds(200))
            proxy.freeze()
            let error = try await failure { try await statement.value }
            #expect(error.code == .timeout)
            #expect(pool.statistics.leased == 0)
            proxy.forward()
            try await pool.check()
            #expect(pool.statistics.connects >= 2)
        }
    }

    @Test("trap 44: a task that is cancelled is free within the cancel timeout, though nobody hears the cancel")
    func cancelled() async throws {
        try await throughProxy { pool, proxy in
            try await pool.check()
            proxy.freeze()
            let statement = Task { try await pool.execute("SELECT 1") }
            try await Task.sleep(for: .milliseconds(200))
            statement.cancel()
            let took = try await time {
                let error = try await failure { try await statement.value }
                #expect(error.code == .cancelled)
            }
            #expect(took < .seconds(30))
            #expect(pool.statistics.leased == 0)
            proxy.forward()
            try await pool.check()
        }
    }

    @Test("trap 44: in the middle of rows, of a COPY and of a transaction") func inTheMiddle() async throws {
        try await throughProxy { pool, proxy in
            let rows = try await failure {
                for try await n in try await pool.query(
                    "SELECT generate_series(1, 100000000)", as: Int.self, timeout: .seconds(2))
                where n == 1000 {
                    proxy.freeze()
                }
            }
            #expect(rows.code == .timeout)
            proxy.forward()
            try await pool.execute("CREATE TABLE IF NOT EXISTS black_hole (n int)")

            // COPY has no deadline of its own: its task is cancelled.
            let copy = Task {
                try await pool.copy(into: "black_hole") { writer in
                    for n in 0..<Int32.max {
                        if n == 1000 { proxy.freeze() }
                        try await writer.write(n)
                    }
                }
            }
            try await Task.sleep(for: .seconds(1))
            copy.cancel()
            _ = try await failure { try await copy.value }
            #expect(pool.statistics.leased == 0)
            proxy.forward()

            let transaction = try await failure {
                try await pool.withTransaction { tx in
                    try await tx.execute("INSERT INTO black_hole VALUES (1)")
                    proxy.freeze()
                    try await tx.execute("INSERT INTO black_hole VALUES (2)", timeout: .seconds(1))
                }
            }
            #expect(transaction.code == .timeout)
            #expect(pool.statistics.leased == 0)
            proxy.forward()
            // The server rolls back when it is told that the connection is gone, and holds its lock until then.
            #expect(try await pool.value("SELECT count(*) FROM black_hole", as: Int.self) == 0)
            try await pool.execute("DROP TABLE black_hole")
        }
    }

    @Test("trap 76: COMMIT into a black hole leaves the outcome unknown") func commit() async throws {
        try await throughProxy { pool, proxy in
            let frozen = Counter()
            let committing = Task {
                try await pool.withTransaction { tx in
                    try await tx.check()
                    proxy.freeze()
                    frozen.increment()
                }
            }
            #expect(try await eventually { frozen.value == 1 })
            try await Task.sleep(for: .milliseconds(300))
            committing.cancel()
            let error = try await failure { try await committing.value }
            // Cancelled before COMMIT was sent, if this machine is slow: then nothing was kept, and that is known.
            #expect(error.code == .outcomeUnknown || error.code == .cancelled)
            #expect(pool.statistics.leased == 0)
        }
    }

    @Test("a connection that cannot be made costs the connect timeout") func connecting() async throws {
        try await throughProxy(acquireTimeout: .seconds(10)) { pool, proxy in
            proxy.freeze()
            let took = try await time {
                let error = try await failure { try await pool.withConnection { _ in } }
                #expect([.timeout, .poolTimeout].contains(error.code))
            }
            #expect(took < .seconds(120))
            proxy.forward()
            try await pool.check()
        }
    }
}
