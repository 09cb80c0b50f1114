import PostgresTestKit
import Testing

@testable import Postgres

@Suite(.serialized, .timeLimit(.minutes(5))) struct PoolHardCasesTests {
    private func expectNoBackends(_ name: String) async throws {
        let isGone = try await withConnection(TestServer.directConfiguration) { observer in
            try await eventually { try await observer.backends(named: name) == 0 }
        }
        #expect(isGone)
    }

    @Test(
        "trap 53: many tasks in transactions, and nothing is left on the server",
        .needsOwnServerProcess("it counts sessions, which are the pooler's"),
        .notBehindPgpool("it keeps a session that its client has closed")) func transactionsOfManyTasks()
        async throws
    {
        let name = uniqueName()
        try await TestServer.withDatabase { configuration in
            let pool = try PostgresPool(configuration.named(name), options: PostgresPoolOptions(maximumConnections: 10))
            try await pool.execute("CREATE TABLE t (task int, turn int)")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<50 {
                    group.addTask {
                        for turn in 0..<10 {
                            try await pool.withTransaction { tx in
                                try await tx.execute("INSERT INTO t VALUES (\(task), \(turn))")
                                let count: Int = try await tx.value("SELECT count(*) FROM t WHERE task = \(task)")
                                #expect(count == turn + 1)
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await pool.value("SELECT count(*) FROM t", as: Int.self) == 500)
            #expect(pool.statistics.connects <= 10)
            await pool.close()
            await pool.close()
            try await expectNoBackends(name)
        }
    }

    @Test("trap 51: after a restart of the server the pool is full of good connections again") func serverRestart()
        async throws
    {
        try await TemporaryServer.with { server in
            let pool = try PostgresPool(
                server.configuration, options: PostgresPoolOptions(maximumConnections: 5, acquireTimeout: .seconds(60)))
            /// Holds every connection at once: none is given back before all five are there, or have failed.
            func useAll() async -> [Result<Int, any Error>] {
                let arrived = Counter()
                return await withTaskGroup(of: Result<Int, any Error>.self) { group in
                    for _ in 0..<5 {
                        group.addTask {
                            do {
                                return .success(
                                    try await pool.withConnection { connection in
                                        let processID = try await connection.value(
                                            "SELECT pg_backend_pid()", as: Int.self)
                                        arrived.increment()
                                        while arrived.value < 5, !Task.isCancelled {
                                            try await Task.sleep(for: .milliseconds(2))
                                        }
                                        return processID
                                    })
                            } catch {
                                arrived.increment()
                                return .failure(error)
                            }
                        }
                    }
                    return await group.reduce(into: []) { $0.append($1) }
                }
            }
            let before = try await useAll().map { try $0.get() }
            #expect(Set(before).count == 5)
            try server.interrupt()
            // Waits for the server to be there again.
            let waiting = Task { try await pool.check() }
            try await Task.sleep(for: .milliseconds(300))
            try server.resume()
            _ = await waiting.result
            // Those whose loss nobody had noticed may fail once each.
            _ = await useAll()
            let after = try await useAll().map { try $0.get() }
            #expect(Set(after).isDisjoint(with: before))
            await pool.close()
        }
    }

    @Test(
        "trap 49: connections killed at any moment, idle, leased or coming back, are replaced",
        .needsOwnServerProcess("it ends processes, by the name of their session"))
    func killedAtAnyMoment()
        async throws
    {
        let name = uniqueName()
        let pool = try PostgresPool(
            TestServer.configuration.named(name), options: PostgresPoolOptions(maximumConnections: 4))
        try await withConnection(TestServer.directConfiguration) { killer in
            let isOver = Signal()
            async let killing: Void = {
                for _ in 0..<40 {
                    try await killer.execute(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = \(name)")
                    try await Task.sleep(for: .milliseconds(Int.random(in: 0...20)))
                }
            }()
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        for _ in 0..<60 {
                            do {
                                try await pool.withConnection { connection in
                                    try await connection.check()
                                    try await connection.execute("SELECT pg_sleep(0.001)")
                                }
                            } catch let error as PostgresError {
                                // What an administrator does to a session is an error; it is none of the pool's.
                                #expect([.server, .connectionClosed].contains(error.code), "\(error)")
                            } catch {
                                Issue.record(error)
                            }
                        }
                    }
                }
            }
            try await killing
            isOver.set()
            for _ in 0..<8 { _ = try? await pool.check() }
            for _ in 0..<20 { try await pool.check() }
            #expect(try await eventually { pool.statistics.leased == 0 })
            #expect(pool.statistics.idle <= 4)
            await pool.close()
            #expect(try await eventually { try await killer.backends(named: name) == 0 })
        }
    }

    @Test("rows taken out of a lease are an error when they are read, and the server stops") func escapedRows()
        async throws
    {
        let mark = uniqueName()
        let pool = try PostgresPool(TestServer.configuration, options: PostgresPoolOptions(maximumConnections: 1))
        try await withConnection(TestServer.directConfiguration) { observer in
            let rows = try await pool.withConnection { connection in
                let rows = try await connection.query(
                    PostgresQuery(raw: "SELECT generate_series(1, 100000000) /* \(mark) */"))
                #expect(try await observer.running(mark) == 1)
                return rows
            }
            let took = try await time { try await pool.check() }
            #expect(took < .seconds(30))
            #expect(try await observer.running(mark) == 0)
            var count = 0
            let error = try await failure { for try await _ in rows { count += 1 } }
            #expect(error.code == .invalidUse)
            #expect(count < 100_000_000)
        }
        await pool.close()
    }

    @Test("trap 54: a lease that comes back with a statement still running") func releasedWhileRunning() async throws {
        let pool = try PostgresPool(TestServer.configuration, options: PostgresPoolOptions(maximumConnections: 1))
        let task: Task<Void, any Error> = try await pool.withConnection { connection in
            let task = Task {
                try await connection.execute("SELECT pg_sleep(100)"); return
            }
            try await Task.sleep(for: .milliseconds(100))
            return task
        }
        let took = try await time { try await pool.check() }
        #expect(took < .seconds(30))
        let error = try await failure { try await task.value }
        #expect(error.code == .invalidUse)
        await pool.close()
    }

    @Test(
        "a minimum is kept, and restored when it is lost",
        .needsOwnServerProcess("it counts sessions, which are the pooler's")) func minimumConnections() async throws
    {
        let name = uniqueName()
        let pool = try PostgresPool(
            TestServer.configuration.named(name),
            options: PostgresPoolOptions(maximumConnections: 5, minimumConnections: 3))
        try await withConnection(TestServer.directConfiguration) { observer in
            #expect(try await eventually { try await observer.backends(named: name) == 3 })
            #expect(try await eventually { pool.statistics.idle == 3 })
            let killed: Int = try await observer.value(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = \(name)")
            #expect(killed == 3)
            #expect(try await eventually { pool.statistics.connects >= 6 && pool.statistics.idle == 3 })
            await pool.close()
            #expect(try await eventually { try await observer.backends(named: name) == 0 })
        }
    }

    @Test(
        "a pool that nobody can connect with fails at once where waiting does not help",
        .needsOwnServerProcess("PgBouncer refuses in words of its own")) func wrongPassword()
        async throws
    {
        var configuration = try TestServer.configuration
        configuration.database = "no_such_database"
        let pool = try PostgresPool(configuration)
        let took = try await time {
            let error = try await failure { try await pool.check() }
            #expect(error.sqlState == .invalidCatalogName)
        }
        #expect(took < .seconds(30))
        await pool.close()
    }

    @Test(
        "a forgotten pool leaves nothing on the server",
        .needsOwnServerProcess("it counts sessions, which are the pooler's")) func forgottenPool() async throws
    {
        let name = uniqueName()
        do {
            let pool = try PostgresPool(TestServer.configuration.named(name))
            try await pool.check()
        }
        try await expectNoBackends(name)
    }

    @Test(
        "closing while tasks wait, connect and run",
        .needsOwnServerProcess("it counts sessions, which are the pooler's")) func closingInTheMiddle() async throws
    {
        let name = uniqueName()
        for round in 0..<10 {
            let pool = try PostgresPool(
                TestServer.configuration.named(name),
                options: PostgresPoolOptions(maximumConnections: 3, shutdownGrace: .milliseconds(50)))
            let tasks = (0..<12).map { _ in Task { try await pool.execute("SELECT pg_sleep(100)") } }
            try await Task.sleep(for: .milliseconds(round * 2))
            let took = await time { await pool.close() }
            #expect(took < .seconds(30))
            for task in tasks {
                let error = try await failure { try await task.value }
                #expect([.poolClosed, .cancelled, .connectionClosed].contains(error.code), "\(error)")
            }
        }
        try await expectNoBackends(name)
    }
}
