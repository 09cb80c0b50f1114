import PostgresLocks
import PostgresTestKit
import PostgresTransport
import Testing

@testable import Postgres

@Suite(.timeLimit(.minutes(3))) struct LeaseTests {
    @Test("trap 54: a statement that is parsed when its lease ends is not sent over somebody else's connection")
    func endedWhileParsing() async throws {
        let isSuspended = Signal()
        let server = try ScriptedServer { s in
            try s.acceptSession()
            // An answer that comes first would let the task go on without a pause.
            while !isSuspended.isSet { s.delay(.milliseconds(1)) }
            // Of the task that is too late; then what the next one asks.
            try s.answerPrepare()
            try s.answerCheck()
            try s.expectEnd()
        }
        let pool = try PostgresPool(
            PostgresConfiguration(server), options: PostgresPoolOptions(maximumConnections: 1))
        let held = HeldExecutor()
        let task = try await pool.withConnection { connection in
            let task = Task(executorPreference: held) { try await connection.execute("SELECT 1") }
            // Away from the connection's thread, where it might have its answer without suspending.
            await Task.detached { held.runNext() }.value
            isSuspended.set()
            // It is to go on, and does not yet.
            try await held.waitForNext()
            return task
        }
        try await pool.withConnection { connection in
            held.runAll()
            let error = try await promptly { try await failure { try await task.value } }
            #expect(error.code == .invalidUse)
            await connection.check()
        }
        await pool.close()
        try await server.finished()
    }

    @Test(
        "connections are spread over the loops; who asks on one gets a connection that lives there, while there is one")
    func spreadOverLoops() async throws {
        let server = try ScriptedServer { s in
            for _ in 0..<4 { try s.acceptSession() }
            try s.expectEnd()
        }
        let pool = try PostgresPool(
            PostgresConfiguration(server), options: PostgresPoolOptions(maximumConnections: 4, minimumConnections: 4))
        try await pool.warmUp()
        let loops = pool.core.loops.loops
        let sessions = pool.core.state.withLock { $0.members.compactMap { $0?.session } }
        #expect(sessions.count == 4)
        #expect(Set(sessions.map { ObjectIdentifier($0.loop) }).count == min(4, loops.count))
        for loop in loops {
            try await Task(executorPreference: loop) {
                let connection = try await pool.core.lease(for: pool, from: PostgresCaller())
                #expect(connection.session.loop === loop)
                connection.lease?.end()
            }.value
        }
        await pool.close()
        try await server.finished()
    }

    @Test("a session that is over is let go of, with all that hears of its end") func nothingIsKept() async throws {
        final class Box: Sendable {
            let value: Mutex<(@Sendable () -> Bool)?> = Mutex(nil)
        }
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.expectEnd()
        }
        let pool = try PostgresPool(PostgresConfiguration(server))
        let box = Box()
        try await pool.withConnection { connection in
            let session = connection.session
            box.value.withLock { $0 = { [weak session] in session == nil } }
        }
        await pool.close()
        let isGone = try #require(box.value.withLock { $0 })
        try await wait(until: { isGone() }, otherwise: "the session is still there")
        try await server.finished()
    }
}

/// Runs nothing until it is told to.
private final class HeldExecutor: TaskExecutor {
    private let state = Mutex<(jobs: [UnownedJob], isOpen: Bool)>(([], false))

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let runs = state.withLock { state in
            if !state.isOpen { state.jobs.append(job) }
            return state.isOpen
        }
        if runs { job.runSynchronously(on: asUnownedTaskExecutor()) }
    }

    func runNext() {
        let job = state.withLock { $0.jobs.isEmpty ? nil : $0.jobs.removeFirst() }
        job?.runSynchronously(on: asUnownedTaskExecutor())
    }

    func runAll() {
        let jobs = state.withLock { state in
            state.isOpen = true
            defer { state.jobs = [] }
            return state.jobs
        }
        for job in jobs { job.runSynchronously(on: asUnownedTaskExecutor()) }
    }

    /// Waits until something is to run.
    func waitForNext() async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while state.withLock({ $0.jobs.isEmpty }) {
            try #require(ContinuousClock.now < deadline)
            try await Task.sleep(for: .milliseconds(1))
        }
    }
}
