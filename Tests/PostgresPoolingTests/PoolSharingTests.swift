import Testing

@testable import PostgresPooling

/// Connections that several use at a time.
struct PoolSharingTests {
    /// A full pool, each of whose connections is used by one who shares it.
    private func full(maximum: Int, sharing: Int, maximumLifetime: Int64 = .max) throws -> PoolDriver {
        var pool = PoolDriver(
            maximum: maximum, sharing: sharing, maximumLifetime: maximumLifetime, lifetimeJitter: 0)
        for index in 0..<maximum {
            let waiter = try pool.wait(sharing: true)
            #expect(pool.connected(index) == [.deliver(waiter, pool.connects[index])])
        }
        return pool
    }

    @Test("The pool grows before anybody shares; then those with the fewest users are joined, up to the limit")
    func fewestFirst() throws {
        var pool = try full(maximum: 2, sharing: 3)
        #expect(pool.machine.lease(sharing: true) == .leased(pool.connects[0]))
        #expect(pool.machine.lease(sharing: true) == .leased(pool.connects[1]))
        #expect(pool.machine.lease(sharing: true) == .leased(pool.connects[0]))
        #expect(pool.machine.lease(sharing: true) == .leased(pool.connects[1]))
        let waiter = try pool.wait(sharing: true)
        #expect(pool.leave(1) == [.deliver(waiter, pool.connects[1])])
        #expect(pool.machine.statistics.leased == 2)
        #expect(pool.machine.statistics.counters.leases == 7)
    }

    @Test("Who wants a connection for itself is not joined, and does not join")
    func exclusive() throws {
        var pool = PoolDriver(maximum: 1, sharing: 4)
        let alone = try pool.wait()
        #expect(pool.connected(0) == [.deliver(alone, pool.connects[0])])
        let sharer = try pool.wait(sharing: true)
        #expect(pool.leave(0) == nil)
        #expect(pool.release(0) == [.deliver(sharer, pool.connects[0])])
        _ = try pool.wait()
        #expect(pool.machine.statistics.waiting == 1)
    }

    @Test("Nobody joins while another waits, who would wait for ever; the connection empties and is his")
    func fairToTheOneAlone() throws {
        var pool = try full(maximum: 1, sharing: 4)
        #expect(pool.machine.lease(sharing: true) == .leased(pool.connects[0]))
        let alone = try pool.wait()
        let sharer = try pool.wait(sharing: true)
        #expect(pool.leave(0) == [])
        #expect(pool.leave(0) == nil)
        #expect(pool.release(0) == [.deliver(alone, pool.connects[0])])
        #expect(pool.release(0) == [.deliver(sharer, pool.connects[0])])
    }

    @Test("Nobody joins the last user once he is leaving: the connection is looked at, and goes back, without a lock")
    func nobodyJoinsTheLeaving() throws {
        var pool = try full(maximum: 1, sharing: 4)
        #expect(pool.leave(0) == nil)
        let late = try pool.wait(sharing: true)
        #expect(pool.release(0) == [.deliver(late, pool.connects[0])])
        // Open to others again.
        #expect(pool.machine.lease(sharing: true) == .leased(pool.connects[0]))
    }

    @Test("A connection that is old, or retired, is not joined any more and closes when it is empty")
    func oldConnections() throws {
        var old = try full(maximum: 1, sharing: 4, maximumLifetime: 100)
        #expect(old.machine.lease(sharing: true) == .leased(old.connects[0]))
        #expect(old.machine.lease(sharing: true) == .leased(old.connects[0]))
        #expect(old.leave(0, now: 100) == [])
        _ = try old.wait(sharing: true, now: 100)
        #expect(old.leave(0, now: 100) == [])
        #expect(old.leave(0, now: 100) == nil)
        #expect(old.release(0, now: 100) == [.close(old.connects[0])])

        var retired = try full(maximum: 1, sharing: 4)
        _ = retired.run(retired.machine.retireAll(now: 1))
        _ = try retired.wait(sharing: true, now: 1)
        #expect(retired.release(0, now: 1) == [.close(retired.connects[0])])
    }

    @Test("Nobody joins a connection that one has left blocked, until all have left it")
    func blocked() throws {
        var pool = try full(maximum: 1, sharing: 4)
        for _ in 0..<2 { #expect(pool.machine.lease(sharing: true) == .leased(pool.connects[0])) }
        #expect(pool.leave(0, isBlocked: true) == [])
        let waiter = try pool.wait(sharing: true)
        #expect(pool.leave(0) == [])
        #expect(pool.leave(0) == nil)
        #expect(pool.release(0) == [.deliver(waiter, pool.connects[0])])
        #expect(pool.machine.lease(sharing: true) == .leased(pool.connects[0]))

        // Nor does its place go to one who waits.
        var crowded = try full(maximum: 1, sharing: 2)
        #expect(crowded.machine.lease(sharing: true) == .leased(crowded.connects[0]))
        let late = try crowded.wait(sharing: true)
        #expect(crowded.leave(0, isBlocked: true) == [])
        #expect(crowded.leave(0) == nil)
        #expect(crowded.release(0) == [.deliver(late, crowded.connects[0])])
    }

    @Test("Leaving a connection that is gone is nothing; the pool that shuts down lets nobody in")
    func gone() throws {
        var pool = try full(maximum: 1, sharing: 2)
        #expect(pool.machine.lease(sharing: true) == .leased(pool.connects[0]))
        #expect(pool.closed(0) == [])
        #expect(pool.leave(0) == nil)
        #expect(pool.release(0) == [])

        var ending = try full(maximum: 1, sharing: 4)
        #expect(ending.machine.lease(sharing: true) == .leased(ending.connects[0]))
        _ = ending.run(ending.machine.shutDown(grace: 100, now: 0))
        #expect(ending.machine.lease(sharing: true) == .closed)
        #expect(ending.leave(0) == [])
        #expect(ending.leave(0) == nil)
    }
}
