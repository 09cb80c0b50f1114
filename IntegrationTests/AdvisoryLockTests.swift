import Postgres
import PostgresTestKit
import Testing

@Suite(.timeLimit(.minutes(5))) struct AdvisoryLockTests {
    struct Stop: Error {}

    /// Runs `body` with a pool in a database of its own: advisory locks are a database's.
    private func withLocks(_ body: (PostgresPool) async throws -> Void) async throws {
        try await TestServer.withPool(PostgresPoolOptions(maximumConnections: 6), body)
    }

    private func held(_ pool: PostgresPool) async throws -> Int {
        try await pool.value(
            """
            SELECT count(*) FROM pg_locks
            WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            """)
    }

    @Test(
        "nobody else runs meanwhile", .needsOwnServerProcess("a lock of the session"),
        arguments: [PostgresAdvisoryLockKey(7), .init(1, 2), "nightly report"])
    func exclusive(key: PostgresAdvisoryLockKey) async throws {
        try await withLocks { pool in
            try await pool.execute(script: "CREATE TABLE t (n int); INSERT INTO t VALUES (0)")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<5 {
                    group.addTask {
                        for _ in 0..<10 {
                            try await pool.withAdvisoryLock(key) { connection in
                                let n: Int = try await connection.value("SELECT n FROM t")
                                await Task.yield()
                                try await connection.execute("UPDATE t SET n = \(n + 1)")
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await pool.value("SELECT n FROM t", as: Int.self) == 50)
            #expect(try await held(pool) == 0)
        }
    }

    @Test(
        "shared by several, or by nobody; taken only if free, or waited for until a deadline",
        .needsOwnServerProcess("a lock of the session")) func ways()
        async throws
    {
        try await withLocks { pool in
            try await pool.withAdvisoryLock("a", shared: true) { _ in
                #expect(try await pool.withAdvisoryLockIfFree("a", shared: true) { _ in 1 } == 1)
                #expect(try await pool.withAdvisoryLockIfFree("a") { _ in 1 } == nil)
                #expect(try await pool.withAdvisoryLockIfFree("b") { _ in 1 } == 1)
                let error = try await failure {
                    try await pool.withAdvisoryLock("a", timeout: .milliseconds(200)) { _ in }
                }
                #expect(error.code == .timeout)
                #expect(error.description.contains("\"a\""))
                #expect(try await held(pool) == 1)
            }
            #expect(try await held(pool) == 0)
            #expect(try await pool.withAdvisoryLockIfFree("a") { _ in 1 } == 1)
        }
    }

    @Test(
        "given back when the work fails, is cancelled, or leaves a transaction behind",
        .needsOwnServerProcess("a lock of the session")) func givenBack() async throws
    {
        try await withLocks { pool in
            await #expect(throws: Stop.self) { try await pool.withAdvisoryLock(1) { _ in throw Stop() } }
            #expect(try await held(pool) == 0)

            let hasBegun = Signal()
            let task = Task {
                try await pool.withAdvisoryLock(1) { connection in
                    hasBegun.set()
                    try await connection.execute("SELECT pg_sleep(600)")
                }
            }
            await hasBegun.wait()
            task.cancel()
            let cancelled = try await failure { try await task.value }
            #expect(cancelled.code == .cancelled)
            #expect(try await held(pool) == 0)

            _ = try? await pool.withAdvisoryLock(1) { connection in
                try await connection.execute(script: "BEGIN")
                try await connection.execute("SELECT 1/0")
            }
            // By the end of the connection: in a failed transaction nothing can be given back.
            #expect(try await eventually { try await held(pool) == 0 })
            #expect(try await pool.withAdvisoryLockIfFree(1) { _ in true } == true)
        }
    }

    @Test(
        "cancelled while it waits, at any moment, nothing is left locked",
        .needsOwnServerProcess("a lock of the session")) func cancelledWaits() async throws
    {
        try await withLocks { pool in
            for round in 0..<40 {
                let task = Task { try await pool.withAdvisoryLock(1) { _ in } }
                try await Task.sleep(for: .microseconds(Int.random(in: 0...1500)))
                task.cancel()
                _ = await task.result
                // A cancel may come when the lock is taken and not yet answered: the pool's reset, or the end of the
                // connection, gives it back after the task has its error.
                let isFree = try await eventually { try await pool.withAdvisoryLockIfFree(1) { _ in true } == true }
                #expect(isFree, "round \(round)")
            }
            try await pool.withAdvisoryLock(1) { _ in
                let task = Task { try await pool.withAdvisoryLock(1) { _ in } }
                try await Task.sleep(for: .milliseconds(50))
                task.cancel()
                let error = try await failure { try await task.value }
                #expect(error.code == .cancelled)
            }
            // Where a cancel was too slow the end of the connection gives it back, which the server notices later.
            #expect(try await eventually { try await held(pool) == 0 })
        }
    }

    @Test(
        "cancelled, or too slow, when the server has the lock already: it does not keep it",
        .needsOwnServerProcess("a lock of the session"),
        arguments: [PostgresAdvisoryLockKey(-7), .init(1, -2), "nightly report"], [true, false])
    func takenAndNotAnswered(key: PostgresAdvisoryLockKey, isCancelled: Bool) async throws {
        try await TestServer.withDatabase { configuration in
            let connection = try await PostgresConnection.connect(configuration)
            let observer = try await PostgresConnection.connect(configuration)
            // The moment between the two, made long.
            try await observer.execute(
                script: """
                    ALTER FUNCTION pg_catalog.pg_advisory_lock(bigint) RENAME TO take;
                    CREATE FUNCTION pg_catalog.pg_advisory_lock(bigint) RETURNS void LANGUAGE plpgsql AS
                    'BEGIN PERFORM take($1); PERFORM pg_sleep(60); END';
                    ALTER FUNCTION pg_catalog.pg_advisory_lock(int, int) RENAME TO take;
                    CREATE FUNCTION pg_catalog.pg_advisory_lock(int, int) RETURNS void LANGUAGE plpgsql AS
                    'BEGIN PERFORM take($1, $2); PERFORM pg_sleep(60); END'
                    """)
            let task = Task {
                try await connection.withAdvisoryLock(key, timeout: isCancelled ? nil : .seconds(1)) { _ in }
            }
            #expect(try await eventually { try await !observer.isFree(key) })
            if isCancelled { task.cancel() }
            let error = try await failure { try await task.value }
            #expect(error.code == (isCancelled ? .cancelled : .timeout))
            #expect(try await eventually { try await observer.isFree(key) })
            await connection.close()
            await observer.close()
        }
    }

    @Test(
        "waiting that was given up leaves a connection of one's own, and what it holds, as they were",
        .needsOwnServerProcess("a lock of the session"), arguments: [PostgresAdvisoryLockKey(-7), .init(1, -2), "a"])
    func givenUp(key: PostgresAdvisoryLockKey) async throws {
        try await TestServer.withDatabase { configuration in
            let connection = try await PostgresConnection.connect(configuration)
            let observer = try await PostgresConnection.connect(configuration)
            try await observer.withAdvisoryLock(key, shared: true) { _ in
                try await connection.withAdvisoryLock(key, shared: true) { connection in
                    let error = try await failure {
                        try await connection.withAdvisoryLock(key, timeout: .milliseconds(200)) { _ in }
                    }
                    #expect(error.code == .timeout)
                    #expect(connection.isOpen)
                }
            }
            #expect(try await observer.isFree(key))
            await connection.close()
            await observer.close()
        }
    }

    @Test(
        "work whose connection is lost has lost the lock, and is told", .needsOwnServerProcess("a lock of the session"))
    func lost() async throws {
        try await withLocks { pool in
            let error = try await failure {
                try await pool.withAdvisoryLock("a") { connection in
                    try await pool.execute("SELECT pg_terminate_backend(\(connection.serverProcessID ?? 0)::int)")
                    #expect(try await eventually { !connection.isOpen })
                }
            }
            #expect(error.code == .connectionClosed)
            #expect(error.message.contains("lost"))
            #expect(try await pool.withAdvisoryLockIfFree("a") { _ in true } == true)
        }
    }

    @Test("a transaction's lock lasts until its end; a deadline that passes leaves the transaction usable")
    func transactionLocks() async throws {
        try await withLocks { pool in
            try await pool.withTransaction { tx in
                try await tx.advisoryLock("a")
                #expect(try await tx.tryAdvisoryLock("b", shared: true))
                try await pool.withTransaction { other in
                    #expect(try await !other.tryAdvisoryLock("a"))
                    #expect(try await other.tryAdvisoryLock("b", shared: true))
                    let error = try await failure { try await other.advisoryLock("a", timeout: .seconds(3)) }
                    #expect(error.code == .timeout)
                    try await other.check()
                    try await other.advisoryLock("c", timeout: .seconds(30))
                    #expect(try await held(pool) == 4)
                }
                let inside = try await failure {
                    try await tx.withConnection { try await $0.withAdvisoryLock("z") { _ in } }
                }
                #expect(inside.code == .invalidUse)
            }
            #expect(try await held(pool) == 0)
            await #expect(throws: Stop.self) {
                try await pool.withTransaction { tx in
                    try await tx.advisoryLock("a")
                    throw Stop()
                }
            }
            #expect(try await held(pool) == 0)
        }
    }

    @Test(
        "names are the same number everywhere: the one that the documentation computes in SQL",
        .needsOwnServerProcess("a lock of the session")) func names()
        async throws
    {
        try await withLocks { pool in
            for name in ["nightly report", "", "über"] {
                try await pool.withAdvisoryLock(PostgresAdvisoryLockKey(name)) { _ in
                    let isHeld: Bool = try await pool.value(
                        """
                        SELECT pg_try_advisory_xact_lock(
                            ('x' || substr(encode(sha256(convert_to(\(name), 'UTF8')), 'hex'), 1, 16))::bit(64)::bigint)
                        """)
                    #expect(!isHeld)
                }
            }
        }
    }
}

extension PostgresConnection {
    /// Whether anybody could take a lock now.
    fileprivate func isFree(_ key: PostgresAdvisoryLockKey) async throws -> Bool {
        try await withTransaction { try await $0.tryAdvisoryLock(key) }
    }
}
