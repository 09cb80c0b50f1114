import Postgres
import Testing

/// Several queries under way on one connection of a pool.
@Suite struct PoolSharingTests {
    private static let options = PostgresPoolOptions(
        maximumConnections: 2, queriesPerConnection: 4, acquireTimeout: .seconds(60))

    @Test("many tasks on two shared connections: each gets its own answer, errors stay with who made them")
    func everybodyGetsTheirOwn() async throws {
        try await TestServer.withPool(Self.options) { (pool) async throws in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<40 {
                    group.addTask(executorPreference: task % 2 == 0 ? pool.taskExecutor : nil) {
                        for turn in 0..<50 {
                            let value = task * 1000 + turn
                            switch turn % 10 {
                            case 3:
                                let error = await #expect(throws: PostgresError.self) {
                                    try await pool.execute("SELECT \(value)::int8 / 0")
                                }
                                #expect(error?.sqlState == .divisionByZero)
                            case 7:
                                // More than comes at once.
                                let rows = try await pool.query(
                                    "SELECT \(value)::int8 + n, repeat('x', 500) FROM generate_series(0, 299) n",
                                    as: (Int, String).self
                                ).collect()
                                #expect(rows.map(\.0) == Array(value..<(value + 300)))
                            default:
                                #expect(
                                    try await pool.query("SELECT \(value)::int8", as: Int.self).collect() == [value])
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(pool.statistics.connects <= 2)
            #expect(pool.statistics.waiting == 0)
        }
    }

    @Test("each query is a transaction of its own: what BEGIN opens is nobody else's")
    func transactionsAreNotShared() async throws {
        try await TestServer.withDatabase { configuration in
            let pool = try PostgresPool(configuration, options: Self.options)
            try await pool.execute("CREATE TABLE t (id int PRIMARY KEY)")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<16 {
                    group.addTask {
                        for turn in 0..<25 {
                            if task % 4 == 0 {
                                try await pool.execute(" begin")
                            } else {
                                try await pool.execute("INSERT INTO t VALUES (\(task * 100 + turn))")
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await pool.value("SELECT count(*) FROM t", as: Int.self) == 12 * 25)
            await pool.close()
        }
    }

    @Test("withConnection and withTransaction get connections of their own among those who share")
    func exclusiveLeases() async throws {
        try await TestServer.withPool(Self.options) { (pool) async throws in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<24 {
                    group.addTask {
                        for turn in 0..<10 {
                            if task % 3 == 0 {
                                try await pool.withTransaction { tx in
                                    try await tx.execute("SELECT set_config('egret.task', \("\(task)"), true)")
                                    let mine = try await tx.value(
                                        "SELECT current_setting('egret.task')", as: String.self)
                                    #expect(mine == "\(task)")
                                }
                            } else {
                                #expect(try await pool.value("SELECT \(turn)::int8", as: Int.self) == turn)
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test("a task that is cancelled leaves those beside it their answers")
    func cancelOne() async throws {
        let options = PostgresPoolOptions(maximumConnections: 1, queriesPerConnection: 4, acquireTimeout: .seconds(60))
        try await TestServer.withPool(options) { (pool) async throws in
            #expect(try await pool.value("SELECT 1", as: Int.self) == 1)
            for round in 0..<20 {
                let slow = Task { try await pool.value("SELECT 7 FROM pg_sleep(0.02)", as: Int.self) }
                let others = (0..<3).map { number in
                    Task { try await pool.value("SELECT \(round * 10 + number)::int8", as: Int.self) }
                }
                slow.cancel()
                others[1].cancel()
                #expect(try await others[0].value == round * 10)
                #expect(try await others[2].value == round * 10 + 2)
                for cancelled in [slow, others[1]] {
                    if case .failure(let error) = await cancelled.result {
                        #expect((error as? PostgresError)?.code == .cancelled)
                    }
                }
            }
            #expect(try await pool.value("SELECT 1", as: Int.self) == 1)
        }
    }

    @Test("closing waits for all who share, and the ones behind fail with the pool's reason")
    func closing() async throws {
        try await TestServer.withPool(Self.options) { (pool) async throws in
            #expect(try await pool.value("SELECT 1", as: Int.self) == 1)
            let running = (0..<8).map { number in
                Task { try await pool.value("SELECT \(number)::int8 FROM pg_sleep(0.05)", as: Int.self) }
            }
            await pool.close()
            for (number, task) in running.enumerated() {
                switch await task.result {
                case .success(let value): #expect(value == number)
                case .failure(let error): #expect((error as? PostgresError)?.code == .poolClosed)
                }
            }
        }
    }
}
