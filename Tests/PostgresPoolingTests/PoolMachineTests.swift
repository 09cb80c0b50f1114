import Testing

@testable import PostgresPooling

/// One behaviour each, with time counted in single nanoseconds.
struct PoolMachineTests {
    @Test("The maximum is reached by demand and never passed; the others wait in order")
    func maximum() throws {
        var pool = PoolDriver(maximum: 2)
        let first = try pool.wait()
        let second = try pool.wait()
        let third = try pool.wait()
        let fourth = try pool.wait()
        #expect(pool.connects.count == 2)
        #expect(pool.connected(0) == [.deliver(first, pool.connects[0])])
        #expect(pool.connected(1) == [.deliver(second, pool.connects[1])])
        #expect(pool.release(1) == [.deliver(third, pool.connects[1])])
        #expect(pool.release(0) == [.deliver(fourth, pool.connects[0])])
        #expect(pool.release(0).isEmpty)
        #expect(pool.release(1).isEmpty)
        #expect(pool.machine.statistics.idle == 2)
        // The one released last is used next.
        #expect(pool.machine.lease() == .leased(pool.connects[1]))
        #expect(pool.machine.lease() == .leased(pool.connects[0]))
    }

    @Test("Who is at a place gets the connection that was used last there; one of another place where there is none")
    func near() {
        var pool = PoolDriver(maximum: 5, minimum: 5, places: 2)
        _ = pool.run(pool.machine.start(now: 0))
        for index in 0..<5 { _ = pool.connected(index) }
        #expect(pool.machine.lease(near: 1) == .leased(pool.connects[3]))
        #expect(pool.machine.lease(near: 0) == .leased(pool.connects[4]))
        #expect(pool.machine.lease() == .leased(pool.connects[2]))
        #expect(pool.machine.lease(near: 1) == .leased(pool.connects[1]))
        #expect(pool.machine.lease(near: 1) == .leased(pool.connects[0]))
        #expect(pool.release(3).isEmpty)
        #expect(pool.machine.lease(near: 0) == .leased(pool.connects[3]))
    }

    @Test("The minimum is opened at the start, and again when one of it dies")
    func minimum() {
        var pool = PoolDriver(maximum: 4, minimum: 2)
        _ = pool.run(pool.machine.start(now: 0))
        #expect(pool.connects.count == 2)
        _ = pool.connected(0)
        _ = pool.connected(1)
        #expect(pool.connects.count == 2)
        _ = pool.run(pool.machine.closed(pool.connects[0], now: 1))
        #expect(pool.connects.count == 3)
    }

    @Test("trap 47: a waiter cancelled before its connection arrives leaves the connection idle")
    func cancelledBeforeDelivery() throws {
        var pool = PoolDriver(maximum: 1)
        let waiter = try pool.wait()
        #expect(Array(pool.machine.cancel(waiter)) == [.fail(waiter, .cancelled)])
        #expect(pool.connected(0).isEmpty)
        #expect(pool.machine.statistics.idle == 1)
        #expect(pool.machine.lease() == .leased(pool.connects[0]))
    }

    @Test("trap 47: a cancellation or deadline after delivery changes nothing; the lease is to be released")
    func cancelledAfterDelivery() throws {
        var pool = PoolDriver(maximum: 1)
        let waiter = try pool.wait(deadline: 10)
        #expect(pool.connected(0) == [.deliver(waiter, pool.connects[0])])
        #expect(pool.machine.cancel(waiter).isEmpty)
        #expect(pool.timerFired(10).isEmpty)
        #expect(pool.machine.statistics.leased == 1)
        #expect(pool.release(0).isEmpty)
        #expect(pool.machine.statistics.idle == 1)
    }

    @Test("trap 48: cancelled, then shut down: answered once, and the shutdown ends")
    func cancelledThenShutDown() throws {
        var pool = PoolDriver(maximum: 1)
        let waiter = try pool.wait()
        let other = try pool.wait()
        _ = pool.machine.cancel(waiter)
        let actions = pool.run(pool.machine.shutDown(grace: 0, now: 1))
        #expect(actions == [.fail(other, .closed), .abort(pool.connects[0])])
        #expect(
            pool.run(pool.machine.connectFailed(pool.connects[0], isRetryable: true, now: 2)) == [.shutdownComplete])
        #expect(pool.machine.lease() == .closed)
    }

    @Test("trap 49: a connection may end in every state, and twice")
    func endsInEveryState() throws {
        var pool = PoolDriver(maximum: 1, idleTimeout: 100)
        // Connecting.
        let waiter = try pool.wait()
        _ = pool.closed(0, now: 1)
        #expect(pool.machine.statistics.waiting == 1)
        pool.retry()
        // Leased.
        #expect(pool.connected(1) == [.deliver(waiter, pool.connects[1])])
        #expect(pool.closed(1).isEmpty)
        #expect(pool.release(1).isEmpty)
        #expect(pool.closed(1).isEmpty)
        // Idle, and its idle timer fires after it has gone.
        _ = try pool.wait()
        _ = pool.connected(2)
        _ = pool.release(2)
        #expect(pool.closed(2).isEmpty)
        #expect(pool.timerFired(1_000).isEmpty)
        // Closing.
        _ = try pool.wait()
        _ = pool.connected(3)
        #expect(pool.release(3, isReusable: false) == [.close(pool.connects[3])])
        #expect(pool.closed(3).isEmpty)
        #expect(pool.closed(3).isEmpty)
        #expect(pool.machine.statistics.total == 0)
    }

    @Test("A connection that comes back broken is closed, and replaced only when it is gone")
    func brokenConnection() throws {
        var pool = PoolDriver(maximum: 1)
        _ = try pool.wait()
        _ = pool.connected(0)
        let next = try pool.wait()
        #expect(pool.release(0, isReusable: false) == [.close(pool.connects[0])])
        #expect(pool.machine.statistics.closing == 1)
        #expect(pool.connects.count == 1)
        #expect(pool.closed(0).isEmpty)
        #expect(pool.connects.count == 2)
        #expect(pool.connected(1) == [.deliver(next, pool.connects[1])])
        // They follow each other in one place, under different names.
        #expect(pool.connects[0].index == pool.connects[1].index)
        #expect(pool.connects[0] != pool.connects[1])
    }

    @Test("trap 52: a nested lease with a maximum of one times out at its deadline")
    func nestedLease() throws {
        var pool = PoolDriver(maximum: 1)
        _ = try pool.wait(deadline: 50)
        _ = pool.connected(0)
        let nested = try pool.wait(deadline: 60)
        #expect(pool.timerFired(50).isEmpty)
        #expect(pool.timerAt == 60)
        #expect(pool.timerFired(60) == [.fail(nested, .timedOut)])
        #expect(pool.machine.statistics.counters.timeouts == 1)
        let late = try pool.wait(deadline: 60, now: 60)
        #expect(pool.last == [.fail(late, .timedOut)])
    }

    @Test("Who asked first is first, though another was quicker to wait; a connection freed between is taken at once")
    func ticketsKeepTheirOrder() throws {
        var pool = PoolDriver(maximum: 1)
        _ = try pool.wait()
        _ = pool.connected(0)
        guard case .wait(let early) = pool.machine.lease() else { throw Unexpected() }
        let late = try pool.wait()
        _ = pool.run(pool.machine.enqueue(early, deadline: nil, now: 0))
        #expect(pool.release(0) == [.deliver(early, pool.connects[0])])
        #expect(pool.release(0) == [.deliver(late, pool.connects[0])])

        guard case .wait(let between) = pool.machine.lease() else { throw Unexpected() }
        #expect(pool.release(0).isEmpty)
        let actions = pool.run(pool.machine.enqueue(between, deadline: nil, now: 0))
        #expect(actions == [.deliver(between, pool.connects[0])])
    }

    @Test("Idle connections beyond the minimum are closed when their time is up, the longest idle first")
    func idleTimeout() throws {
        var pool = PoolDriver(maximum: 3, minimum: 1, idleTimeout: 100)
        for _ in 0..<3 { _ = try pool.wait() }
        for index in 0..<3 { _ = pool.connected(index) }
        for index in 0..<3 { _ = pool.release(index, now: Int64(index) * 10) }
        #expect(pool.timerAt == 100)
        #expect(pool.timerFired(100) == [.close(pool.connects[0])])
        #expect(pool.timerAt == 110)
        #expect(pool.timerFired(115) == [.close(pool.connects[1])])
        #expect(pool.timerFired(1_000).isEmpty)
        #expect(pool.timerAt == .max)
        #expect(pool.machine.statistics.counters.idleClosures == 2)
    }

    @Test("trap 59: a lifetime that ends during a lease retires the connection on its return")
    func lifetimeEndsWhileLeased() throws {
        var pool = PoolDriver(maximum: 1, maximumLifetime: 100, lifetimeJitter: 0)
        _ = try pool.wait()
        _ = pool.connected(0)
        #expect(pool.timerFired(100).isEmpty)
        #expect(pool.release(0, now: 100) == [.close(pool.connects[0])])
        #expect(pool.machine.statistics.counters.retirements == 1)
    }

    @Test("trap 59: connections opened together do not end together, and idle ones are replaced")
    func lifetimeJitter() {
        var pool = PoolDriver(maximum: 10, minimum: 10, maximumLifetime: 1_000, lifetimeJitter: 0.5)
        _ = pool.run(pool.machine.start(now: 0))
        for index in 0..<10 { _ = pool.connected(index) }
        var ends: Set<Int64> = []
        while let end = Optional(pool.timerAt), end <= 1_000 {
            #expect(end > 500 && ends.insert(end).inserted)
            for action in pool.timerFired(end) {
                if case .close(let connection) = action { _ = pool.run(pool.machine.closed(connection, now: end)) }
            }
        }
        #expect(ends.count >= 5)
        #expect(pool.connects.count == 20)
    }

    @Test("trap 50: with the network down attempts go on, one at a time and ever more rarely; then all is restored")
    func networkDown() throws {
        var pool = PoolDriver(maximum: 3, minimum: 3)
        _ = pool.run(pool.machine.start(now: 0))
        for index in 0..<3 { _ = pool.fail(index, now: 0) }
        var pauses: [Int64] = []
        var now: Int64 = 0
        for attempt in 3..<10 {
            pauses.append(pool.timerAt - now)
            now = pool.timerAt
            #expect(pool.timerFired(now).isEmpty)
            #expect(pool.connects.count == attempt + 1)
            _ = pool.fail(attempt, now: now)
        }
        // Three that failed together are one failure: 100, 200, 400, 800 and then the bound, each halved at most.
        for (pause, bound) in zip(pauses, [100, 200, 400, 800, 1_000, 1_000, 1_000] as [Int64]) {
            #expect(pause >= bound / 2 && pause <= bound)
        }
        let waiter = try pool.wait(now: now)
        _ = pool.timerFired(pool.timerAt)
        #expect(pool.connected(10, now: now) == [.deliver(waiter, pool.connects[10])])
        #expect(pool.connects.count == 13)
    }

    @Test("While nothing can be reached, a waiter's deadline brings the error of connecting")
    func deadlineWhileConnectingFails() throws {
        var pool = PoolDriver(maximum: 1)
        let waiter = try pool.wait(deadline: 500)
        _ = pool.fail(0, now: 1)
        #expect(pool.machine.statistics.waiting == 1)
        #expect(pool.timerFired(500).contains(.fail(waiter, .connectFailed)))
    }

    @Test("A failure that trying again cannot mend is told at once, unless a lease will serve the waiters")
    func permanentFailure() throws {
        var pool = PoolDriver(maximum: 2)
        let first = try pool.wait()
        let second = try pool.wait()
        let actions = pool.fail(0, isRetryable: false)
        #expect(actions == [.fail(first, .connectFailed), .fail(second, .connectFailed)])
        _ = pool.connected(1)

        #expect(pool.machine.lease() == .leased(pool.connects[1]))
        let third = try pool.wait()
        #expect(pool.fail(2, isRetryable: false).isEmpty)
        #expect(pool.release(1) == [.deliver(third, pool.connects[1])])
    }

    @Test("trap 57: shutdown waits for leases until its bound, then aborts them, and ends once")
    func shutdown() throws {
        var pool = PoolDriver(maximum: 4)
        for _ in 0..<3 { _ = try pool.wait() }
        for index in 0..<3 { _ = pool.connected(index) }
        _ = pool.release(2)
        let actions = pool.run(pool.machine.shutDown(grace: 100, now: 0))
        #expect(actions == [.close(pool.connects[2])])
        #expect(pool.timerAt == 100)
        #expect(pool.machine.lease() == .closed)
        #expect(pool.release(0) == [.close(pool.connects[0])])
        #expect(pool.closed(0).isEmpty)
        #expect(pool.closed(2).isEmpty)
        #expect(pool.timerFired(99).isEmpty)
        #expect(pool.timerFired(100) == [.abort(pool.connects[1])])
        #expect(pool.release(1).isEmpty)
        #expect(pool.closed(1) == [.shutdownComplete])
        #expect(pool.run(pool.machine.shutDown(grace: 0, now: 200)).isEmpty)
        let waiter = PoolWaiterID(rawValue: 99)
        #expect(pool.run(pool.machine.enqueue(waiter, deadline: nil, now: 200)) == [.fail(waiter, .closed)])
    }

    @Test("A second shutdown shortens the time; one of an unused pool ends at once")
    func shutdownTwice() throws {
        var pool = PoolDriver(maximum: 1)
        _ = try pool.wait()
        _ = pool.connected(0)
        #expect(pool.run(pool.machine.shutDown(grace: 1_000, now: 0)).isEmpty)
        #expect(pool.run(pool.machine.shutDown(grace: 2_000, now: 1)).isEmpty)
        #expect(pool.timerAt == 1_000)
        #expect(pool.run(pool.machine.shutDown(grace: 0, now: 2)) == [.abort(pool.connects[0])])
        #expect(pool.closed(0) == [.shutdownComplete])

        var unused = PoolDriver(maximum: 1)
        #expect(unused.run(unused.machine.shutDown(grace: 1_000, now: 0)) == [.shutdownComplete])
    }

    @Test("A connection that comes up while it is being aborted is closed again")
    func connectedWhileAborted() throws {
        var pool = PoolDriver(maximum: 1)
        _ = try pool.wait()
        _ = pool.run(pool.machine.shutDown(grace: 1_000, now: 0))
        #expect(pool.connected(0) == [.close(pool.connects[0])])
        #expect(pool.closed(0) == [.shutdownComplete])
    }

    @Test("Retiring all closes idle connections now and leased ones on their return")
    func retireAll() throws {
        var pool = PoolDriver(maximum: 2)
        for _ in 0..<2 { _ = try pool.wait() }
        for index in 0..<2 { _ = pool.connected(index) }
        _ = pool.release(0)
        #expect(pool.run(pool.machine.retireAll(now: 0)) == [.close(pool.connects[0])])
        #expect(pool.release(1) == [.close(pool.connects[1])])
    }

    @Test("Configurations out of range are brought into it")
    func configuration() {
        let configuration = PoolConfiguration(
            maximum: 0, minimum: 9, idleTimeout: -1, maximumLifetime: -1, lifetimeJitter: .nan, initialBackoff: -1,
            maximumBackoff: -1, seed: 0)
        #expect(configuration.maximum == 1 && configuration.minimum == 1)
        #expect(configuration.idleTimeout == 0 && configuration.maximumLifetime == 0)
        #expect(configuration.lifetimeJitter == 0 && configuration.maximumBackoff == 0)
    }

    @Test(
        "traps 49, 53, 58: at random, nobody is forgotten, overtaken or answered twice",
        arguments: 0..<100 as Range<UInt64>)
    func randomSchedules(seed: UInt64) throws {
        var simulation = PoolSimulation(seed: seed)
        try simulation.play(12_000)
    }

    @Test("The schedules come to what they are to show")
    func schedulesReachTheirGoals() throws {
        var reached = PoolSimulation.Coverage()
        for seed in 0..<10 as Range<UInt64> {
            var simulation = PoolSimulation(seed: seed)
            try simulation.play(12_000)
            reached.refusals += simulation.coverage.refusals
            reached.shrinkings += simulation.coverage.shrinkings
            reached.retirements += simulation.coverage.retirements
            reached.recoveries += simulation.coverage.recoveries
        }
        #expect(reached.refusals > 100 && reached.recoveries > 20)
        #expect(reached.shrinkings > 30 && reached.retirements > 30)
    }

    @Test("trap 53: 50 waiters share 10 connections for 1,000 rounds each, and none is overtaken")
    func fairness() throws {
        var pool = PoolDriver(maximum: 10)
        var expected: [PoolWaiterID] = []
        for _ in 0..<50 { expected.append(try pool.wait()) }
        var held: [PoolConnectionID] = []
        var served = 0
        for index in 0..<10 {
            #expect(pool.connected(index) == [.deliver(expected[index], pool.connects[index])])
            held.append(pool.connects[index])
        }
        var next = 10
        while served < 50_000 {
            let connection = held[served % 10]
            guard
                Array(pool.machine.release(connection, isReusable: true, now: 0)) == [
                    .deliver(expected[next], connection)
                ]
            else { throw Unexpected() }
            served += 1
            next += 1
            expected.append(try pool.wait())
        }
        #expect(pool.connects.count == 10)
    }
}
