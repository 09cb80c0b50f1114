import Postgres
import PostgresTestKit
import Testing

/// Pools whose server goes away, changes its kind, its password; and pools that change their size.
@Suite(.serialized, .timeLimit(.minutes(5)), .enabled(if: TestServer.givenURL == nil)) struct PoolFailoverTests {
    private func throughProxy(
        _ options: PostgresPoolOptions, _ body: (PostgresPool, FaultProxy) async throws -> Void
    ) async throws {
        let proxy = try FaultProxy(port: TestServer.temporary.networkConfiguration.port)
        var configuration = try TestServer.networkConfiguration
        configuration.host = "127.0.0.1"
        configuration.port = proxy.port
        configuration.tls = .disable
        let pool = try PostgresPool(configuration, options: options)
        try await body(pool, proxy)
        await pool.close()
        proxy.stop()
    }

    /// The ports of the servers that `count` connections, held at once, are connected to.
    private func ports(_ count: Int, of pool: PostgresPool) async throws -> [Int] {
        guard count > 0 else { return [] }
        return try await pool.withConnection { connection in
            let port = try await connection.value("SELECT inet_server_port()", as: Int.self)
            return try await ports(count - 1, of: pool) + [port]
        }
    }

    @Test("trap 50: the network goes and comes back: those who wait are served, and the minimum is there again")
    func networkDown() async throws {
        let options = PostgresPoolOptions(
            maximumConnections: 5, minimumConnections: 3, acquireTimeout: .seconds(60), unavailableAfter: nil)
        try await throughProxy(options) { pool, proxy in
            try await pool.warmUp()
            #expect(pool.statistics.idle == 3)
            proxy.refuse()
            proxy.cut()
            #expect(try await eventually { pool.statistics.connectFailures > 2 })
            let waiting = (0..<4).map { _ in Task { try await pool.check() } }
            #expect(try await eventually { pool.statistics.waiting > 0 })
            proxy.forward()
            for task in waiting { try await task.value }
            #expect(try await eventually { pool.statistics.idle >= 3 && pool.statistics.leased == 0 })
        }
    }

    @Test("while the network is down for long nobody is kept waiting; it is noticed by itself that it is back")
    func circuit() async throws {
        let options = PostgresPoolOptions(
            maximumConnections: 3, acquireTimeout: .seconds(60), unavailableAfter: .milliseconds(500))
        try await throughProxy(options) { pool, proxy in
            try await pool.check()
            proxy.refuse()
            proxy.cut()
            let tasks = (0..<20).map { _ in Task { try await pool.execute("SELECT 1") } }
            var codes: Set<PostgresError.Code> = []
            let took = await time { for task in tasks { if let code = await code(of: task) { codes.insert(code) } } }
            #expect(codes.isSubset(of: [.databaseUnavailable, .connectionClosed]) && took < .seconds(30))
            let start = ContinuousClock.now
            let error = try await failure { try await pool.execute("SELECT 1") }
            let first = ContinuousClock.now - start
            #expect(error.code == .databaseUnavailable)
            #expect(first < .seconds(5))
            proxy.forward()
            #expect(try await eventually { !pool.statistics.isUnavailable })
            try await pool.check()
        }
    }

    private func code(of task: Task<PostgresCommandResult, any Error>) async -> PostgresError.Code? {
        switch await task.result {
        case .success: nil
        case .failure(let error): (error as? PostgresError)?.code
        }
    }

    @Test("a connection that a firewall has forgotten is found out before anybody gets it") func forgotten()
        async throws
    {
        let options = PostgresPoolOptions(
            maximumConnections: 3, acquireTimeout: .seconds(20), validatesAfter: .milliseconds(1))
        try await throughProxy(options) { pool, proxy in
            _ = try await ports(3, of: pool)
            proxy.freeze()
            // One that came back less than `validatesAfter` ago is not looked at.
            try await Task.sleep(for: .milliseconds(20))
            // New connections pass, those from before never again.
            let task = Task { try await pool.check() }
            #expect(try await eventually { pool.statistics.retirements > 0 || pool.statistics.connecting > 0 })
            proxy.cut()
            proxy.forward()
            try await task.value
        }
    }

    @Test("trap 55: a primary that takes no writes any more leaves the pool; the next writes go to the new one")
    func demotion() async throws {
        try await TemporaryServer.with(TemporaryServer.Options(allowsStandbys: true)) { old in
            let new = try await old.standby()
            var configuration = old.networkConfiguration
            configuration.hosts = [old, new].map { PostgresHost("127.0.0.1", port: $0.port) }
            configuration.targetSession = .readWrite
            let pool = try PostgresPool(configuration, options: PostgresPoolOptions(maximumConnections: 3))
            try await pool.execute("CREATE TABLE t (n int)")
            #expect(try await Set(ports(3, of: pool)) == [old.port])
            try await new.catchUp(with: old)
            try await new.promote()
            try await withConnection(old.configuration) { connection in
                try await connection.execute(script: "ALTER SYSTEM SET default_transaction_read_only = on")
                try await connection.execute(script: "SELECT pg_reload_conf()")
            }
            // One may be refused: that is how it is noticed. All three connections go.
            #expect(
                try await eventually {
                    (try? await pool.execute("INSERT INTO t VALUES (1)")) != nil && pool.statistics.connects > 3
                })
            #expect(try await Set(ports(3, of: pool)) == [new.port])
            #expect(try await pool.value("SELECT count(*) FROM t", as: Int.self) >= 1)
            await pool.close()
            new.stop()
        }
    }

    @Test("a pool grows for those who wait, and shrinks as connections come back") func resizing() async throws {
        try await TestServer.withPool(PostgresPoolOptions(maximumConnections: 1)) { pool in
            let isEnough = Signal()
            let holding = (0..<4).map { _ in
                Task { try await pool.withConnection { _ in await isEnough.wait() } }
            }
            #expect(try await eventually { pool.statistics.waiting == 3 })
            pool.resize(maximum: 4, minimum: 2)
            #expect(try await eventually { pool.statistics.leased == 4 })
            pool.resize(maximum: 2)
            #expect(pool.statistics.leased == 4 && pool.statistics.maximum == 2)
            isEnough.set()
            for task in holding { try await task.value }
            #expect(try await eventually { pool.statistics.leased == 0 && pool.statistics.idle <= 2 })
            try await pool.check()
        }
    }

    @Test("a new password is taken over without a restart, and a wrong one changes nothing") func newPassword()
        async throws
    {
        let options = TemporaryServer.Options(password: "before", authentication: .scramSHA256)
        try await TemporaryServer.with(options) { server in
            let pool = try PostgresPool(
                server.configuration, options: PostgresPoolOptions(maximumConnections: 2, minimumConnections: 1))
            try await pool.warmUp()
            let running = Task { try await pool.execute("SELECT pg_sleep(1)") }
            #expect(try await eventually { pool.statistics.leased == 1 })
            try await pool.execute("ALTER ROLE \(identifier: server.configuration.user) PASSWORD 'after'")
            var configuration = server.configuration
            configuration.password = "wrong"
            let error = try await failure { [configuration] in try await pool.reconfigure(configuration) }
            #expect(error.code == .authenticationFailed)
            try await pool.check()
            configuration.password = "after"
            try await pool.reconfigure(configuration)
            // What runs is not disturbed.
            _ = try await running.value
            #expect(try await eventually { pool.statistics.retirements >= 2 })
            try await pool.check()
            await pool.close()
        }
    }

    @Test("all connections are replaced on demand, one that is in use when it comes back") func replacing() async throws
    {
        try await TestServer.withPool(PostgresPoolOptions(maximumConnections: 2)) { pool in
            try await pool.withConnection { connection in
                try await pool.check()
                pool.replaceConnections()
                try await connection.check()
            }
            #expect(try await eventually { pool.statistics.idle == 0 && pool.statistics.leased == 0 })
            try await pool.check()
            #expect(pool.statistics.connects == 3)
        }
    }

    @Test("trap 59: a connection that grows too old while it is used is closed on its return, not before")
    func lifetime()
        async throws
    {
        let options = PostgresPoolOptions(maximumConnections: 1, maximumLifetime: .milliseconds(200))
        try await TestServer.withPool(options) { pool in
            try await pool.withConnection { connection in
                try await connection.check()
                try await Task.sleep(for: .milliseconds(300))
                try await connection.check()
                #expect(pool.statistics.retirements == 0)
            }
            #expect(try await eventually { pool.statistics.retirements == 1 && pool.statistics.leased == 0 })
            try await pool.check()
            #expect(pool.statistics.connects == 2)
        }
    }
}
