import Postgres
import Testing

/// A task on the connection's own thread, where it may poll for its answer in place, keeps nobody waiting.
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
        try await PostgresConnection.withConnection(TestServer.configuration) { (connection) async throws in
            let task = Task(executorPreference: nil) {
                try await connection.withConnection { try await $0.execute("SELECT pg_sleep(600)") }
            }
            try await Task.sleep(for: .milliseconds(100))
            task.cancel()
            let error = await #expect(throws: PostgresError.self) { try await task.value }
            #expect(error?.code == .cancelled)
            let late = await #expect(throws: PostgresError.self) {
                try await connection.execute("SELECT pg_sleep(600)", timeout: .milliseconds(100))
            }
            #expect(late?.code == .timeout)
            #expect(try await connection.value("SELECT 1", as: Int.self) == 1)
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
            try await pool.withConnection { (connection) async throws in
                async let answer: Int = connection.value("SELECT 1 FROM pg_sleep(0.5)")
                let start = ContinuousClock.now
                let other = Task(executorPreference: pool.taskExecutor) { ContinuousClock.now }
                #expect(await other.value - start < .milliseconds(400))
                #expect(try await answer == 1)
            }
        }
    }
}
