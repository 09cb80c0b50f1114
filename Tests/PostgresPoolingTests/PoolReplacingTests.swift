import Testing

@testable import PostgresPooling

/// Connections that are replaced though they work, pools that change their size, servers that are away for long.
struct PoolReplacingTests {
    /// A pool whose connections are all leased.
    private func leased(_ count: Int, maximum: Int, minimum: Int = 0) throws -> PoolDriver {
        var pool = PoolDriver(maximum: maximum, minimum: minimum)
        for index in 0..<count {
            _ = try pool.wait()
            _ = pool.connected(index)
        }
        return pool
    }

    @Test("trap 55: a connection that is retired is closed, now or on its return, and nobody gets it")
    func retiring() throws {
        var pool = try leased(2, maximum: 2)
        _ = pool.release(0)
        #expect(pool.run(pool.machine.retire(pool.connects[0], now: 1)) == [.close(pool.connects[0])])
        #expect(pool.run(pool.machine.retire(pool.connects[1], now: 1)).isEmpty)
        let waiter = try pool.wait()
        #expect(pool.release(1, now: 2) == [.close(pool.connects[1])])
        _ = pool.closed(0)
        #expect(pool.connected(2) == [.deliver(waiter, pool.connects[2])])
        #expect(pool.machine.statistics.counters.retirements == 2)
    }

    @Test("All are replaced: idle ones now, leased ones on their return, and those in the making, which end at once")
    func replacingAll() throws {
        var pool = try leased(2, maximum: 3)
        _ = pool.release(1)
        _ = pool.machine.lease()
        let waiter = try pool.wait()
        _ = pool.release(0)
        #expect(pool.last == [.deliver(waiter, pool.connects[0])])
        // The third is on its way for nobody any more.
        #expect(pool.connects.count == 3)
        #expect(pool.run(pool.machine.retireAll(now: 1)) == [.abort(pool.connects[2])])
        #expect(pool.release(0, now: 1) == [.close(pool.connects[0])])
        #expect(pool.release(1, now: 1) == [.close(pool.connects[1])])
        for index in 0..<3 { _ = pool.closed(index) }
        #expect(pool.machine.statistics.total == 0 && pool.connects.count == 3)
    }

    @Test("One that was found dead takes those with it that have been idle as long")
    func closingIdle() throws {
        var pool = try leased(3, maximum: 3)
        for index in 0..<3 { _ = pool.release(index, now: Int64(index) * 100) }
        let actions = pool.run(pool.machine.closeIdle(unusedSince: 100, now: 500))
        #expect(actions == [.close(pool.connects[0]), .close(pool.connects[1])])
        #expect(pool.machine.lastUse(of: pool.connects[2]) == 200)
    }

    @Test("A pool that grows serves those who wait at once")
    func growing() throws {
        var pool = try leased(1, maximum: 1)
        let first = try pool.wait()
        let second = try pool.wait()
        _ = pool.run(pool.machine.resize(maximum: 3, minimum: 0, now: 0))
        #expect(pool.connects.count == 3)
        #expect(Set(pool.connects.map(\.index)) == [0, 1, 2])
        #expect(pool.connected(1) == [.deliver(first, pool.connects[1])])
        #expect(pool.connected(2) == [.deliver(second, pool.connects[2])])
        #expect(pool.machine.statistics.maximum == 3)
    }

    @Test("A pool that shrinks closes what is idle, then what is being opened, then what comes back, and no more")
    func shrinking() throws {
        var pool = try leased(4, maximum: 5)
        _ = pool.release(3)
        guard case .leased = pool.machine.lease() else { throw Unexpected() }
        _ = try pool.wait()
        _ = pool.release(3)
        _ = pool.release(3)
        // Three leased, one idle, one in the making.
        #expect(pool.machine.statistics.idle == 1 && pool.machine.statistics.connecting == 1)
        let actions = pool.run(pool.machine.resize(maximum: 2, minimum: 0, now: 0))
        #expect(actions == [.close(pool.connects[3]), .abort(pool.connects[4])])
        let waiter = try pool.wait()
        #expect(pool.release(0) == [.close(pool.connects[0])])
        #expect(pool.release(1) == [.deliver(waiter, pool.connects[1])])
        for index in [0, 3, 4] { _ = pool.closed(index) }
        #expect(pool.machine.statistics.total == 2 && pool.connects.count == 5)
    }

    @Test("A lower minimum lets go of what has been idle for too long, a higher one is opened")
    func changingTheMinimum() {
        var pool = PoolDriver(maximum: 3, minimum: 2, idleTimeout: 100)
        _ = pool.run(pool.machine.start(now: 0))
        for index in 0..<2 { _ = pool.connected(index) }
        // That it was set for the idle ones does not mean that they go.
        #expect(pool.timerFired(100).isEmpty)
        #expect(pool.timerAt == .max)
        _ = pool.run(pool.machine.resize(maximum: 3, minimum: 1, now: 150))
        #expect(pool.timerAt <= 150)
        #expect(pool.timerFired(150) == [.close(pool.connects[0])])
        _ = pool.closed(0)
        _ = pool.run(pool.machine.resize(maximum: 3, minimum: 3, now: 200))
        #expect(pool.connects.count == 4)
    }

    // MARK: The circuit

    @Test("After a loss, and failures for the time that is set, nobody is kept waiting; the first success ends it")
    func failingFast() throws {
        var pool = PoolDriver(maximum: 2, unavailableAfter: 400)
        _ = try pool.wait()
        _ = pool.connected(0)
        _ = pool.closed(0, now: 10)
        let waiter = try pool.wait(now: 10)
        var now: Int64 = 10
        var attempt = 1
        while pool.fail(attempt, now: now).isEmpty {
            #expect(!pool.machine.statistics.isUnavailable)
            guard pool.timerAt < 10_000 else { throw Unexpected() }
            now = pool.timerAt
            _ = pool.timerFired(now)
            attempt += 1
        }
        #expect(pool.last == [.fail(waiter, .unavailable)])
        #expect(attempt >= 3 && now >= 410)
        #expect(pool.machine.lease() == .unavailable)
        #expect(pool.machine.statistics.counters.refusals == 1)
        // Somebody looks whether it is back, though nobody waits.
        now = pool.timerAt
        #expect(now < .max)
        _ = pool.timerFired(now)
        #expect(pool.connects.count == attempt + 2)
        #expect(pool.machine.lease() == .unavailable)
        #expect(pool.connected(attempt + 1, now: now).isEmpty)
        #expect(pool.machine.lease() == .leased(pool.connects[attempt + 1]))
    }

    @Test("At the start a server may take its time: there the other bound holds")
    func patienceAtTheStart() throws {
        var pool = PoolDriver(maximum: 1, unavailableAfter: 10, unavailableAfterStart: 5_000)
        let waiter = try pool.wait()
        var now: Int64 = 0
        var attempt = 0
        while pool.fail(attempt, now: now).isEmpty {
            now = pool.timerAt
            _ = pool.timerFired(now)
            attempt += 1
        }
        #expect(pool.last == [.fail(waiter, .unavailable)] && now >= 5_000)
    }

    @Test(
        "While a connection works, those who wait for it do; a failure that stays is told as it is, and knocks no more")
    func notWithoutReason() throws {
        var pool = PoolDriver(maximum: 2, unavailableAfter: 0)
        _ = try pool.wait()
        _ = pool.connected(0)
        let waiter = try pool.wait()
        for attempt in 1..<6 {
            #expect(pool.fail(attempt, now: pool.timerAt == .max ? 0 : pool.timerAt).isEmpty)
            _ = pool.timerFired(pool.timerAt)
        }
        #expect(pool.release(0, now: 10_000) == [.deliver(waiter, pool.connects[0])])

        var locked = PoolDriver(maximum: 1, unavailableAfter: 0, unavailableAfterStart: 0)
        for attempt in 0..<5 {
            let waiter = try locked.wait(now: locked.timerAt == .max ? 0 : locked.timerAt)
            if locked.connects.count == attempt { _ = locked.timerFired(locked.timerAt) }
            #expect(locked.fail(attempt, isRetryable: false) == [.fail(waiter, .connectFailed)])
            #expect(!locked.machine.statistics.isUnavailable)
        }
    }
}
