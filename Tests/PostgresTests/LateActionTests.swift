import PostgresLocks
import PostgresPooling
import PostgresTestKit
import PostgresTransport
import Testing

@testable import Postgres

/// The pool's machine decides under a lock, and what it asks for is done after it: by then another thread may have decided
/// further, and have done what that asked for.
@Suite(.timeLimit(.minutes(2))) struct LateActionTests {
    /// Somebody who waits for a connection, and what is to be done for it.
    private func enqueue(
        on core: PoolCore, for seconds: Int64
    ) throws -> (waiter: PoolCore.LeaseWaiter, actions: PoolActions) {
        let waiter = PoolCore.LeaseWaiter(PostgresCaller())
        let now = monotonicNanoseconds()
        let actions = core.state.withLock { state -> PoolActions? in
            guard case .wait(let id) = state.machine.lease() else { return nil }
            state.waiters.insert(.lease(waiter), as: id)
            return state.machine.enqueue(id, deadline: now + seconds * 1_000_000_000, now: now)
        }
        return (waiter, try #require(actions))
    }

    private func answer(
        to waiter: PoolCore.LeaseWaiter, of core: PoolCore
    ) async throws -> Result<PoolLeased, PostgresError> {
        func result() -> Result<PoolLeased, PostgresError>? { core.state.withLock { _ in waiter.result } }
        try await wait(until: { result() != nil }, otherwise: "there is no answer")
        return try #require(result())
    }

    @Test("the timer is not put off by an order that was given before, and is carried out after, another")
    func timer() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.expectEnd()
        }
        let pool = try PostgresPool(
            PostgresConfiguration(server),
            options: PostgresPoolOptions(maximumConnections: 1, acquireTimeout: .seconds(300)))
        try await pool.withConnection { _ in
            let (_, late) = try enqueue(on: pool.core, for: 120)
            let (first, early) = try enqueue(on: pool.core, for: 1)
            #expect(!late.isEmpty && !early.isEmpty)
            pool.core.perform(early, now: monotonicNanoseconds())
            pool.core.perform(late, now: monotonicNanoseconds())
            guard case .failure(let error) = try await answer(to: first, of: pool.core) else {
                Issue.record("there is no connection for it")
                return
            }
            #expect(error.code == .poolTimeout)
        }
        // The one who waits on would keep the connection.
        await pool.close(grace: .zero)
        try await server.finished()
    }

    /// Two connections that follow each other in one place; the first is cut once `mayCut` is set.
    private func server(_ mayCut: Signal) throws -> ScriptedServer {
        try ScriptedServer { s in
            try s.acceptSession()
            while !mayCut.isSet { s.delay(.milliseconds(1)) }
            s.cut()
            try s.acceptSession()
            try s.answerCheck()
            try s.expectEnd()
        }
    }

    private func isEmpty(_ pool: PostgresPool) async throws {
        try await wait(
            until: { pool.statistics.leased + pool.statistics.idle == 0 }, otherwise: "the connection is still there")
    }

    private func onlyMember(of pool: PostgresPool) throws -> PoolConnectionID {
        try #require(pool.core.state.withLock { $0.members[0]?.id })
    }

    @Test("a connection that was lost on its way to a waiter is not taken for the one in its place") func delivery()
        async throws
    {
        let mayCut = Signal()
        let server = try server(mayCut)
        let pool = try PostgresPool(PostgresConfiguration(server), options: PostgresPoolOptions(maximumConnections: 1))
        let first = try await pool.core.lease(for: pool, from: PostgresCaller())
        let id = try onlyMember(of: pool)
        let (waiter, nothing) = try enqueue(on: pool.core, for: 60)
        pool.core.perform(nothing, now: monotonicNanoseconds())
        let delivery = pool.core.state.withLock {
            $0.machine.release(id, isReusable: true, now: monotonicNanoseconds())
        }
        #expect(Array(delivery).count == 1)
        mayCut.set()
        try await isEmpty(pool)
        first.lease?.end()
        try await pool.withConnection { second in
            pool.core.perform(delivery, now: monotonicNanoseconds())
            guard case .failure(let error) = try await answer(to: waiter, of: pool.core) else {
                Issue.record("two have one connection")
                return
            }
            #expect(error.code == .connectionClosed && error.safeToRetry)
            await second.check()
        }
        await pool.close()
        try await server.finished()
    }

    @Test("a connection that was to be closed and has ended by itself is not taken for the one in its place")
    func closing() async throws {
        let mayCut = Signal()
        let server = try server(mayCut)
        let pool = try PostgresPool(PostgresConfiguration(server), options: PostgresPoolOptions(maximumConnections: 1))
        try await pool.warmUp()
        let closing = pool.core.state.withLock { $0.machine.retireAll(now: monotonicNanoseconds()) }
        #expect(!closing.isEmpty)
        mayCut.set()
        try await isEmpty(pool)
        try await pool.withConnection { second in
            pool.core.perform(closing, now: monotonicNanoseconds())
            await second.check()
        }
        await pool.close()
        try await server.finished()
    }
}
