import Postgres
import PostgresLocks
import PostgresTestKit
import Testing

/// What a pool sends beside its users' statements, and what it makes of what the server says.
@Suite(.timeLimit(.minutes(2))) struct PoolScriptedTests {
    private func pool(
        _ server: ScriptedServer, _ options: PostgresPoolOptions = PostgresPoolOptions(maximumConnections: 1),
        _ hooks: PostgresPoolHooks = PostgresPoolHooks(), tracers: [any PostgresTracer] = []
    ) throws -> PostgresPool {
        var configuration = PostgresConfiguration(server)
        configuration.tracers = tracers
        return try PostgresPool(configuration, options: options, hooks: hooks)
    }

    // MARK: Holders

    @Test("trap 52: who waits too long is told who holds the connection, and for how long") func holders() async throws
    {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.expectEnd()
        }
        let pool = try pool(
            server, PostgresPoolOptions(maximumConnections: 1, acquireTimeout: .milliseconds(300)))
        try await pool.warmUp(timeout: .seconds(60))
        let line: UInt = #line + 1
        try await pool.withConnection { _ in
            let holders = pool.holders
            #expect(holders.map(\.caller) == ["PostgresTests/PoolScriptedTests.swift:\(line)"])
            #expect(holders.first?.serverProcessID == 4711)
            let error = try await failure { try await pool.execute("SELECT 1") }
            #expect(error.code == .poolTimeout)
            #expect(error.message.contains("1 of 1 are in use"))
            #expect(error.message.contains("held by PostgresTests/PoolScriptedTests.swift:\(line) for "))
        }
        #expect(pool.holders.isEmpty)
        await pool.close()
        try await server.finished()
    }

    /// Keeps what it is told of leases.
    private final class Recorder: PostgresTracer {
        private let told = Mutex<[PostgresPoolHolder]>([])
        var holders: [PostgresPoolHolder] { told.withLock { $0 } }
        func begin(_ operation: PostgresOperation) -> (any PostgresSpan)? { nil }
        func event(_ event: PostgresTraceEvent) {
            if case .poolLeaseHeld(let holder) = event { told.withLock { $0.append(holder) } }
        }
    }

    @Test("a lease that is held for too long is told once, with its place") func leaks() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.expectEnd()
        }
        let recorder = Recorder()
        let lines = Mutex<[String]>([])
        let log = PostgresStatementLog { line in lines.withLock { $0.append(line) } }
        let pool = try pool(
            server, PostgresPoolOptions(maximumConnections: 1, leaseReportedAfter: .milliseconds(50)),
            tracers: [recorder, log])
        for _ in 0..<2 {
            try await pool.withConnection { _ in try await Task.sleep(for: .milliseconds(300)) }
        }
        #expect(recorder.holders.count == 2 && pool.statistics.longLeases == 2)
        #expect(recorder.holders.allSatisfy { $0.caller.hasPrefix("PostgresTests/") && $0.seconds >= 0.05 })
        #expect(
            lines.withLock { $0 }.allSatisfy {
                $0.hasPrefix("connection held by PostgresTests/PoolScriptedTests.swift:")
            })
        #expect(lines.withLock { $0.count } == 2)
        await pool.close()
        try await server.finished()
    }

    // MARK: Validation

    @Test("a connection that was idle for long is asked first; one that does not answer is replaced, unnoticed")
    func validation() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerCheck()
            // Alive.
            try s.expect(.query(""))
            try s.send(.emptyQueryResponse, .readyForQuery())
            try s.answerExecute([.row(42)])
            // As a firewall leaves it that has forgotten the connection.
            try s.expect(.query(""))
            try s.acceptSession()
            try s.answerCheck()
        }
        let pool = try pool(
            server,
            PostgresPoolOptions(
                maximumConnections: 1, acquireTimeout: .seconds(60), validatesAfter: .milliseconds(1)))
        for _ in 0..<3 {
            #expect(try await pool.query("SELECT 42", as: Int32.self).collect() == [42])
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(pool.statistics.connects == 2)
        try await server.finished()
        await pool.close()
    }

    // MARK: Hooks

    @Test("hooks run for each connection, each lease and each return, in their order") func hooks() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerQuery("connect", tag: "SET")
            for _ in 0..<2 {
                try s.answerQuery("lease", tag: "SET")
                try s.answerQuery("body", tag: "SELECT")
                try s.answerQuery("release", tag: "SET")
            }
            // It stays until the pool goes: what is said of a closed connection is not what is looked for.
            try s.expectEnd()
        }
        let kept = Mutex<PostgresConnection?>(nil)
        var hooks = PostgresPoolHooks()
        hooks.onConnect = { try await $0.execute(script: "connect") }
        hooks.beforeLease = { connection in
            try await connection.execute(script: "lease")
            kept.withLock { $0 = connection }
        }
        hooks.onRelease = { try await $0.execute(script: "release") }
        let pool = try pool(server, hooks)
        for _ in 0..<2 { try await pool.withConnection { try await $0.execute(script: "body") } }
        let connection = try #require(kept.withLock { $0 })
        #expect(try await failure { try await connection.execute("SELECT 1") }.code == .invalidUse)
        await pool.close()
        try await server.finished()
    }

    private func pool(_ server: ScriptedServer, _ hooks: PostgresPoolHooks) throws -> PostgresPool {
        try pool(server, PostgresPoolOptions(maximumConnections: 1), hooks)
    }

    private struct Refusal: Error {}

    @Test("a connection that a hook refuses is closed; after three its caller is told") func refusals() async throws {
        let server = try ScriptedServer { s in
            for _ in 0..<3 {
                try s.acceptSession()
                try s.expectEnd()
            }
        }
        var hooks = PostgresPoolHooks()
        hooks.beforeLease = { _ in throw Refusal() }
        let pool = try pool(server, hooks)
        let error = try await failure { try await pool.execute("SELECT 1") }
        #expect(error.cause is Refusal)
        try await server.finished()
        await pool.close()
    }

    @Test("what onConnect throws is why no connection comes about") func refusedConnect()
        async throws
    {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.expectEnd()
        }
        var hooks = PostgresPoolHooks()
        hooks.onConnect = { _ in throw Refusal() }
        let pool = try pool(server, hooks)
        let error = try await failure { try await pool.execute("SELECT 1") }
        #expect(error.cause is Refusal)
        try await server.finished()
        await pool.close()
    }

    // MARK: Reset

    private static let reset = """
        SET SESSION AUTHORIZATION DEFAULT; RESET ALL; CLOSE ALL; UNLISTEN *; \
        SELECT pg_catalog.pg_advisory_unlock_all(); DISCARD TEMP; DISCARD SEQUENCES
        """

    @Test("trap 54: a session is reset where a statement may have left something, and only there") func reset()
        async throws
    {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerQuery("SET a.b = 1", tag: "SET")
            try s.expect(.query(Self.reset))
            try s.send(.commandComplete("RESET"), .readyForQuery())
            try s.answerQuery("SELECT 1", tag: "SELECT 1")
            try s.answerQuery("SET LOCAL a.b = 1", tag: "SET")
            try s.answerQuery("SELECT 2", tag: "SELECT 1")
        }
        let pool = try pool(server)
        for sql in ["SET a.b = 1", "SELECT 1", "SET LOCAL a.b = 1", "SELECT 2"] { try await pool.execute(script: sql) }
        try await server.finished()
        await pool.close()
    }

    @Test("trap 54: a transaction that has failed is rolled back, with nothing before") func rolledBack() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerQuery("BEGIN", tag: "BEGIN", status: "T")
            try s.expect(.query("SELEC"))
            try s.send(.error(.syntaxError, "syntax error"), .readyForQuery("E"))
            try s.answerQuery("ROLLBACK", tag: "ROLLBACK")
            try s.answerCheck()
        }
        let pool = try pool(server)
        try await pool.withConnection { connection in
            try await connection.execute(script: "BEGIN")
            try await failure { try await connection.execute(script: "SELEC") }
        }
        #expect(try await pool.query("SELECT 42", as: Int32.self).collect() == [42])
        #expect(pool.statistics.connects == 1)
        await pool.close()
        try await server.finished()
    }

    @Test(
        "trap 54: an empty statement that is refused, as Pgpool-II does in a failed transaction, is no reason to close")
    func refusedEmptyStatement() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerQuery("BEGIN", tag: "BEGIN", status: "T")
            try s.answerPrepare(status: "T")
            try s.expect("B", "E", "S")
            _ = try s.acceptCancelRequest()
            try s.send(.error(.queryCanceled, "canceling statement due to user request"), .readyForQuery("E"))
            try s.expect(.query(""))
            try s.send(.error(.inFailedSQLTransaction, "current transaction is aborted"), .readyForQuery("E"))
            try s.answerQuery("ROLLBACK", tag: "ROLLBACK")
            try s.answerCheck()
        }
        let pool = try pool(server)
        let task: Task<Void, any Error> = try await pool.withConnection { connection in
            try await connection.execute(script: "BEGIN")
            let task = Task { _ = try await connection.execute("SELECT pg_sleep(100)") }
            try await server.received("E")
            return task
        }
        try await failure { try await task.value }
        #expect(try await pool.query("SELECT 42", as: Int32.self).collect() == [42])
        #expect(pool.statistics.connects == 1)
        await pool.close()
        try await server.finished()
    }

    @Test("the policy decides: nothing beyond a rollback, or a statement each time") func policies() async throws {
        for policy in [PostgresSessionReset.rollbackOnly, .discardAll] {
            let server = try ScriptedServer { s in
                try s.acceptSession()
                for sql in ["SET a.b = 1", "SELECT 1"] {
                    try s.answerQuery(sql, tag: "SET")
                    if policy == .discardAll { try s.answerQuery("DISCARD ALL", tag: "DISCARD ALL") }
                }
            }
            let pool = try pool(server, PostgresPoolOptions(maximumConnections: 1, reset: policy))
            for sql in ["SET a.b = 1", "SELECT 1"] { try await pool.execute(script: sql) }
            try await server.finished()
            await pool.close()
        }
    }

    @Test("a session that cannot be reset is closed") func resetFails() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerQuery("LISTEN a", tag: "LISTEN")
            try s.expect(.query(Self.reset))
            try s.send(.error(.insufficientPrivilege, "no"), .readyForQuery())
            try s.expectEnd()
            try s.acceptSession()
            try s.answerCheck()
        }
        let pool = try pool(server)
        try await pool.execute(script: "LISTEN a")
        #expect(try await pool.query("SELECT 42", as: Int32.self).collect() == [42])
        try await server.finished()
        await pool.close()
    }

    // MARK: Errors understood

    @Test(
        "an error that says that the way to the server is broken, or the server going, has the connection replaced",
        arguments: [SQLState.connectionFailure, .adminShutdown, .cannotConnectNow, .readOnlySQLTransaction])
    func evicted(state: SQLState) async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.expect("Q")
            // Said without ending the session, as a pooler may.
            try s.send(.error(state, "no"), .readyForQuery())
            try s.expectEnd()
            try s.acceptSession()
            try s.answerCheck()
        }
        let pool = try pool(server)
        let error = try await failure { try await pool.execute(script: "INSERT INTO t VALUES (1)") }
        #expect(error.sqlState == state)
        #expect(try await pool.query("SELECT 42", as: Int32.self).collect() == [42])
        try await server.finished()
        await pool.close()
    }

    @Test("an error of the statement leaves the connection where it is") func kept() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.expect("Q")
            try s.send(.error(.uniqueViolation, "no"), .readyForQuery())
            try s.answerCheck()
        }
        let pool = try pool(server)
        _ = try await failure { try await pool.execute(script: "INSERT INTO t VALUES (1)") }
        #expect(try await pool.query("SELECT 42", as: Int32.self).collect() == [42])
        try await server.finished()
        await pool.close()
    }

    @Test("trap 55: a server that says that it takes no writes any more loses all of its connections") func demoted()
        async throws
    {
        let server = try ScriptedServer { s in
            let startup: [BackendMessage] = [
                .authenticationOk, .parameterStatus("in_hot_standby", "off"),
                .parameterStatus("default_transaction_read_only", "off"), .readyForQuery(),
            ]
            try s.acceptStartup()
            let first = try s.newest()
            try s.send(startup)
            try s.acceptStartup()
            let second = try s.newest()
            try s.send(startup)
            // The one that came back last.
            try first.expect("Q")
            try first.send([
                .error(.readOnlySQLTransaction, "no"), .parameterStatus("default_transaction_read_only", "on"),
                .readyForQuery(),
            ])
            try first.expectEnd()
            try second.expectEnd()
            try s.acceptStartup()
            try s.send(startup)
            try s.answerCheck()
        }
        let pool = try pool(server, PostgresPoolOptions(maximumConnections: 2))
        try await pool.withConnection { _ in try await pool.withConnection { _ in } }
        #expect(pool.statistics.connects == 2)
        _ = try await failure { try await pool.execute(script: "INSERT INTO t VALUES (1)") }
        #expect(try await pool.query("SELECT 42", as: Int32.self).collect() == [42])
        #expect(pool.statistics.connects == 3 && pool.statistics.retirements == 2)
        try await server.finished()
        await pool.close()
    }

    // MARK: Attempts

    @Test(
        "53300 and 57P03 are waited out, with pauses in between",
        arguments: [SQLState.tooManyConnections, .cannotConnectNow])
    func crowded(state: SQLState) async throws {
        let server = try ScriptedServer { s in
            for _ in 0..<3 {
                try s.acceptStartup()
                try s.send(.error(state, "not now", severity: "FATAL"))
                s.close()
            }
            try s.acceptSession()
            try s.answerCheck()
        }
        let pool = try pool(server)
        let start = ContinuousClock.now
        #expect(try await pool.query("SELECT 42", as: Int32.self).collect() == [42])
        // At least half of 100, 200 and 400 ms.
        #expect(ContinuousClock.now - start >= .milliseconds(350))
        try await server.finished()
        await pool.close()
    }

    @Test(
        "a server, or a proxy without one, that hangs up before it is ready is tried again", arguments: [true, false])
    func hangsUp(isReset: Bool) async throws {
        let server = try ScriptedServer { s in
            for _ in 0..<2 {
                try s.acceptStartup()
                if isReset { s.cut() } else { s.close() }
            }
            try s.acceptSession()
            try s.answerCheck()
        }
        let pool = try pool(server)
        #expect(try await pool.query("SELECT 42", as: Int32.self).collect() == [42])
        try await server.finished()
        await pool.close()
    }

    @Test("trap 50: warming up waits for a server that is starting, and opens the minimum") func warmUp() async throws {
        let server = try ScriptedServer { s in
            for _ in 0..<2 {
                try s.acceptStartup()
                try s.send(.error(.cannotConnectNow, "the database system is starting up", severity: "FATAL"))
                s.close()
            }
            for _ in 0..<2 { try s.acceptSession() }
            try s.expectEnd()
        }
        let pool = try pool(server, PostgresPoolOptions(maximumConnections: 3, minimumConnections: 2))
        try await pool.warmUp()
        #expect(pool.statistics.idle == 2)
        await pool.close()
        try await server.finished()
    }

    @Test("warming up tells at once what no further attempt would mend, and the last reason at its deadline")
    func warmUpFails() async throws {
        let refusing = try ScriptedServer { s in
            try s.acceptStartup()
            try s.send(.error(.invalidPassword, "no", severity: "FATAL"))
            s.close()
        }
        let pool = try pool(refusing)
        let error = try await promptly { try await failure { try await pool.warmUp(timeout: .seconds(60)) } }
        #expect(error.code == .authenticationFailed)
        await pool.close()
        try await refusing.finished()

        // Nobody listens there any more.
        let late = try self.pool(refusing)
        let reason = try await failure { try await late.warmUp(timeout: .seconds(3)) }
        #expect(reason.code == .connectionFailed)
        let health = await late.health(timeout: .milliseconds(100))
        #expect(health.status == .unavailable && health.lastFailures.first?.code == "connectionFailed")
        await late.close()
        #expect(await late.health().status == .closed)
    }

    @Test(
        "the database is unavailable: told at once after a loss and several failures, and over with the first success")
    func unavailable() async throws {
        let mayComeBack = Mutex(false)
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerCheck()
            s.cut()
            while !mayComeBack.withLock({ $0 }) {
                try s.acceptStartup()
                try s.send(.error(.cannotConnectNow, "shutting down", severity: "FATAL"))
                s.close()
            }
            try s.acceptSession()
            try s.answerCheck()
        }
        let pool = try pool(
            server, PostgresPoolOptions(maximumConnections: 2, unavailableAfter: .milliseconds(200)))
        #expect(try await pool.query("SELECT 42", as: Int32.self).collect() == [42])
        // Those who wait are told, and whoever asks then is told at once.
        let error = try await failure { while true { try await pool.execute("SELECT 1") } }
        if error.code != .databaseUnavailable { _ = try await failure { try await pool.execute("SELECT 1") } }
        #expect(pool.statistics.isUnavailable)
        let first = try await failure { try await pool.execute("SELECT 1") }
        #expect(first.code == .databaseUnavailable && first.sqlState == .cannotConnectNow && first.safeToRetry)
        #expect(await pool.health().status == .unavailable)
        #expect(pool.statistics.refusals >= 1)
        mayComeBack.withLock { $0 = true }
        // Without anybody asking.
        try await wait(until: { !pool.statistics.isUnavailable }, otherwise: "it has not come back by itself")
        #expect(try await pool.query("SELECT 42", as: Int32.self).collect() == [42])
        try await server.finished()
        await pool.close()
    }
}
