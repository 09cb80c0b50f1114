import Postgres
import Testing

/// A task on the connection's own thread, where it may wait for its answer in place, keeps nobody waiting.
///
/// One after another: what another test has to do on that thread would end a wait that must end by itself.
@Suite(.serialized, .timeLimit(.minutes(2))) struct WaitingInPlaceTests {
    @Test("another task of the same thread runs while one waits, even one whose work ends the wait")
    func othersRun() async throws {
        try await TestServer.withPool { (pool) async throws in
            let key = Int64.random(in: .min ... .max)
            try await pool.withTransaction { holder in
                try await holder.execute("SELECT pg_advisory_xact_lock(\(key))")
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask(executorPreference: pool.taskExecutor) {
                        // Waits for the lock; the second task has it given back.
                        try await pool.withTransaction { tx in
                            let error = await #expect(throws: PostgresError.self) {
                                try await tx.execute("SELECT pg_advisory_xact_lock(\(key))")
                            }
                            #expect(error?.sqlState == .queryCanceled)
                            throw PostgresError(.cancelled, "that was all")
                        }
                    }
                    group.addTask(executorPreference: pool.taskExecutor) {
                        var isWaiting = false
                        while !isWaiting {
                            try await Task.sleep(for: .milliseconds(5))
                            isWaiting = try await pool.value(
                                """
                                SELECT count(pg_cancel_backend(pid)) > 0 FROM pg_locks
                                WHERE locktype = 'advisory' AND NOT granted
                                    AND (classid::int8 << 32 | objid::int8) = \(key)
                                """)
                        }
                    }
                    while let result = await group.nextResult() {
                        if case .failure(let error) = result, (error as? PostgresError)?.code != .cancelled {
                            throw error
                        }
                    }
                }
            }
        }
    }

    @Test("a task that waits in place hears that it is cancelled, and its deadline")
    func cancelledInPlace() async throws {
        try await TestServer.withPool(PostgresPoolOptions(maximumConnections: 1)) { pool in
            let task = Task {
                try await pool.withConnection { try await $0.execute("SELECT pg_sleep(600)") }
            }
            try await Task.sleep(for: .milliseconds(100))
            task.cancel()
            let error = await #expect(throws: PostgresError.self) { try await task.value }
            #expect(error?.code == .cancelled)
            try await pool.withConnection { (connection) async throws in
                let late = await #expect(throws: PostgresError.self) {
                    try await connection.execute("SELECT pg_sleep(600)", timeout: .milliseconds(100))
                }
                #expect(late?.code == .timeout)
                #expect(try await connection.value("SELECT 1", as: Int.self) == 1)
            }
        }
    }

    @Test("at whatever moment it is cancelled; whoever has the connection next is not")
    func cancelledAnyTime() async throws {
        try await TestServer.withPool(PostgresPoolOptions(maximumConnections: 1)) { pool in
            for round in 0..<100 {
                let task = Task {
                    try await pool.withTransaction { tx in
                        while true { try await tx.execute("SELECT 1") }
                    }
                }
                try await Task.sleep(for: .microseconds(Int.random(in: 0...3_000)))
                task.cancel()
                let error = await #expect(throws: PostgresError.self) { try await task.value }
                #expect(error?.code == .cancelled, "round \(round)")
                #expect(try await pool.withConnection { try await $0.value("SELECT 1", as: Int.self) } == 1)
            }
        }
    }

    @Test("a task that is cancelled sends nothing more, and others on its connection go on")
    func cancelledBefore() async throws {
        try await PostgresConnection.withConnection(TestServer.configuration) { connection in
            let before: Int = try await connection.value("SELECT 1")
            withUnsafeCurrentTask { $0?.cancel() }
            let error = await #expect(throws: PostgresError.self) { try await connection.execute("SELECT 2") }
            #expect(error?.code == .cancelled)
            #expect(error?.safeToRetry == true)
            let after = try await Task { try await connection.value("SELECT 3", as: Int.self) }.value
            #expect(after == before + 2)
        }
    }

    @Test(
        "cancelled behind another task's statement, which cannot be told apart for the server, it does not wait for that"
    )
    func cancelledBehindAnother() async throws {
        let connection = try await PostgresConnection.connect(TestServer.configuration)
        let statement = "SELECT pg_sleep(600) /* \(UInt64.random(in: .min ... .max)) */"
        let first = Task { try await connection.execute(script: statement) }
        try await PostgresConnection.withConnection(TestServer.configuration) { (observer) async throws in
            let isRunning = try await eventually {
                let running: Int = try await observer.value(
                    "SELECT count(*) FROM pg_stat_activity WHERE query = \(statement)")
                return running == 1
            }
            #expect(isRunning)
        }
        let task = Task { try await connection.withConnection { try await $0.execute(script: "SELECT 1") } }
        try await Task.sleep(for: .milliseconds(50))
        task.cancel()
        let error = await #expect(throws: PostgresError.self) { try await task.value }
        #expect(error?.code == .cancelled)
        first.cancel()
        _ = await first.result
        await connection.close()
    }

    /// Where a closure runs, its connection does as anywhere else.
    @Test("a closure on the main actor") func mainActor() async throws {
        try await TestServer.withPool(PostgresPoolOptions(maximumConnections: 1)) { pool in
            for _ in 0..<20 {
                let sum = try await pool.withTransaction { @MainActor tx in
                    let one = try await tx.value("SELECT 1", as: Int.self)
                    let two = try await tx.withTransaction { try await $0.value("SELECT 2", as: Int.self) }
                    return one + two
                }
                #expect(sum == 3)
            }
        }
    }

    @Test("a child is cancelled alone, and its parent, who waits for it, hears nothing of it")
    func children() async throws {
        try await PostgresConnection.withConnection(TestServer.configuration) { connection in
            try await connection.withConnection { connection in
                #expect(try await connection.value("SELECT 1", as: Int.self) == 1)
                let child = try await withThrowingTaskGroup(of: PostgresError?.self) { group in
                    group.addTask {
                        await #expect(throws: PostgresError.self) {
                            try await connection.execute("SELECT pg_sleep(600)")
                        }
                    }
                    try await Task.sleep(for: .milliseconds(50))
                    group.cancelAll()
                    return try await group.next() ?? nil
                }
                #expect(child?.code == .cancelled)
                #expect(try await connection.value("SELECT 2", as: Int.self) == 2)
            }
        }
    }

    @Test("another task on the same thread, which is not the one that is watched, hears that it is cancelled")
    func anotherTask() async throws {
        try await TestServer.withPool(PostgresPoolOptions(maximumConnections: 1)) { pool in
            try await pool.withConnection { connection in
                let other = Task(executorPreference: pool.taskExecutor) {
                    try await connection.execute("SELECT pg_sleep(600)")
                }
                // From outside: whatever came to the thread would end a wait in place.
                let cancelling = Task.detached {
                    try await Task.sleep(for: .milliseconds(100))
                    other.cancel()
                }
                let error = await #expect(throws: PostgresError.self) { try await other.value }
                #expect(error?.code == .cancelled)
                try await cancelling.value
                #expect(try await connection.value("SELECT 1", as: Int.self) == 1)
            }
        }
    }

    /// Asks, and can be asked.
    private actor Asker {
        private var isWaiting = false

        func ask(_ connection: PostgresConnection, _ key: Int64) async throws {
            isWaiting = true
            try await connection.execute("SELECT pg_advisory_xact_lock(\(key))")
            isWaiting = false
        }

        func waits() -> Bool { isWaiting }
    }

    @Test("an actor whose method waits stays open to others, who may hold what it waits for")
    func actors() async throws {
        try await TestServer.withPool { pool in
            let key = Int64.random(in: .min ... .max)
            let asker = Asker()
            try await withThrowingTaskGroup(of: Void.self) { group in
                let isHeld = Signal()
                group.addTask {
                    try await pool.withTransaction { tx in
                        try await tx.execute("SELECT pg_advisory_xact_lock(\(key))")
                        isHeld.set()
                        // Until the other has asked, and through its actor, which is on the other's thread.
                        let other = Task(executorPreference: nil) {
                            while !(await asker.waits()) { try await Task.sleep(for: .milliseconds(1)) }
                            try await Task.sleep(for: .milliseconds(50))
                            return await asker.waits()
                        }
                        #expect(try await other.value)
                    }
                }
                group.addTask {
                    await isHeld.wait()
                    try await pool.withConnection { try await asker.ask($0, key) }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test("work given to the thread from outside runs while a task waits in place")
    func workFromOutside() async throws {
        try await TestServer.withPool { (pool) async throws in
            let asked = Task {
                try await pool.withConnection { try await $0.execute("SELECT pg_sleep(600)") }
            }
            try await Task.sleep(for: .milliseconds(200))
            await Task(executorPreference: pool.taskExecutor) {}.value
            asked.cancel()
            let error = await #expect(throws: PostgresError.self) { try await asked.value }
            #expect(error?.code == .cancelled)
        }
    }
}
