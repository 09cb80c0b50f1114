@testable import PostgresPooling

/// A machine and the bookkeeping that every test wants.
struct PoolDriver {
    var machine: PoolMachine
    /// Every connection asked for, in order.
    var connects: [PoolConnectionID] = []
    var timerAt = Int64.max
    /// What the last event answered, without timers and new connections.
    var last: [PoolAction] = []

    init(
        maximum: Int, minimum: Int = 0, sharing: Int = 1, places: Int = 1, idleTimeout: Int64 = .max,
        maximumLifetime: Int64 = .max, lifetimeJitter: Double = 0.1, unavailableAfter: Int64 = .max,
        unavailableAfterStart: Int64 = .max
    ) {
        machine = PoolMachine(
            PoolConfiguration(
                maximum: maximum, minimum: minimum, sharing: sharing, places: places, idleTimeout: idleTimeout,
                maximumLifetime: maximumLifetime, lifetimeJitter: lifetimeJitter, initialBackoff: 100,
                maximumBackoff: 1_000, unavailableAfter: unavailableAfter,
                unavailableAfterStart: unavailableAfterStart, seed: 7))
    }

    /// Notes timers and connects, and returns the other actions.
    @discardableResult
    mutating func run(_ actions: PoolActions) -> [PoolAction] {
        last = []
        for action in actions {
            switch action {
            case .connect(let connection): connects.append(connection)
            case .scheduleTimer(let time): timerAt = time
            default: last.append(action)
            }
        }
        return last
    }

    /// Asks where nothing is idle, and waits.
    mutating func wait(sharing: Bool = false, deadline: Int64? = nil, now: Int64 = 0) throws -> PoolWaiterID {
        guard case .wait(let waiter) = machine.lease(sharing: sharing) else { throw Unexpected() }
        run(machine.enqueue(waiter, sharing: sharing, deadline: deadline, now: now))
        return waiter
    }

    /// What leaving a connection that others use as well leads to; nil for the last one.
    mutating func leave(_ index: Int, isBlocked: Bool = false, now: Int64 = 0) -> [PoolAction]? {
        machine.leave(connects[index], isBlocked: isBlocked, now: now).map { run($0) }
    }

    mutating func connected(_ index: Int, now: Int64 = 0) -> [PoolAction] {
        run(machine.connected(connects[index], now: now))
    }

    mutating func fail(_ index: Int, isRetryable: Bool = true, now: Int64 = 0) -> [PoolAction] {
        run(machine.connectFailed(connects[index], isRetryable: isRetryable, now: now))
    }

    mutating func release(_ index: Int, isReusable: Bool = true, now: Int64 = 0) -> [PoolAction] {
        run(machine.release(connects[index], isReusable: isReusable, now: now))
    }

    mutating func closed(_ index: Int, now: Int64 = 0) -> [PoolAction] {
        run(machine.closed(connects[index], now: now))
    }

    mutating func timerFired(_ now: Int64) -> [PoolAction] {
        timerAt = .max
        return run(machine.timerFired(now: now))
    }

    /// Lets the pause after a failure pass.
    mutating func retry() { _ = timerFired(timerAt) }
}

struct Unexpected: Error {}
