/// Who may use which connection, and when connections are opened and closed: a pool without sockets, tasks or a clock.
///
/// Pure: events are methods, what has to be done comes back as actions, and time is passed in as nanoseconds of any
/// clock that only goes forward. The owner keeps the machine under a lock, decides under it and acts after it.
///
/// ## The life of a lease
///
/// 1. `lease()`. `.leased` is the short way: an idle connection, the one used last, changes hands.
/// 2. `.wait(id)` means that none is idle. The caller suspends and, under the lock, first looks whether its task has
///    been cancelled meanwhile, then stores what resumes it under `id`, then calls `enqueue(id, …)`. A cancellation
///    handler calls `cancel(id)` under the same lock: whichever comes first is seen by the other.
/// 3. Every waiter that was enqueued is answered by exactly one action, `.deliver` or `.fail`. Delivery is decided under
///    the lock: a cancellation or a deadline that comes later finds the waiter gone, does nothing, and the receiver has
///    a lease that it must release, whether it still wants it or not.
/// 4. Who agrees to share (`sharing: true`) may get a connection that others use who agreed to it as well. Then `leave`
///    comes before the release: only the last one releases.
/// 5. `release(id, isReusable:, now:)`, once per lease. The connection goes to the waiter that has waited longest, or
///    to the idle ones; or it is closed, when it is not reusable, has reached its lifetime, or the pool shuts down.
///
/// ## What the owner has to do
///
/// - Run the actions in order, after the lock has been released. Another thread may have decided further by then: a
///   connection that is gone is left alone, though its place may be taken again (``PoolConnectionID``), and the timer is set
///   only where `timerAt` is still that time.
/// - `.connect(id)`: open a connection and report `connected(id)` or `connectFailed(id)`, within some bound.
/// - `.close(id)` and `.abort(id)`: close the connection, within some bound, and report `closed(id)`. Until then it
///   counts against the maximum, so the server never sees more than that.
/// - Report `closed(id)` for every connection that ends by itself, in whatever state: idle, leased, connecting. What
///   was already reported is ignored, so is the release of a lease whose connection is gone.
/// - Keep one timer; `.scheduleTimer(at:)` replaces its time. Call `timerFired` when it is reached; a call too early or
///   too often does no harm.
package struct PoolMachine: Sendable {
    enum Phase: Sendable {
        case running
        /// Leases may come back until the time given, then they are aborted.
        case shuttingDown(forceAt: Int64)
        case closed
    }

    struct Slot: Sendable {
        enum State: Sendable {
            case free, connecting, idle, leased, closing
        }
        /// Counts the connections that have been in this slot, so that old identifiers are recognised.
        var generation: UInt32 = 0
        var state = State.free
        /// When the connection has lived long enough; `.min` retires it as soon as it is not in use.
        var expiresAt = Int64.max
        /// When it came back last; stays while it is leased again.
        var idleSince: Int64 = 0
        /// Leased: how many use it.
        var users = 0
        /// Leased: others may join those who use it.
        var isShared = false
    }

    var configuration: PoolConfiguration
    var phase = Phase.running
    var slots: [Slot]
    /// Slots without a connection; the last is used next.
    var freeSlots: [Int]
    /// Slots of idle connections, longest idle first; the last, or the last at hand, is leased next, so that what is not
    /// needed grows old.
    var idle: [Int]
    var waiters = WaiterQueue()
    var connectingCount = 0
    var leasedCount = 0
    var closingCount = 0
    /// Failed attempts to connect since the last success, those counted once that failed together.
    var consecutiveFailures = 0
    /// The circuit between us and a server that is not there.
    var circuit = Circuit()
    /// No attempt before this, while attempts fail.
    var retryAt = Int64.min
    /// The time the owner's timer is set to, or is to be set to by an action that is still to be run.
    package internal(set) var timerAt = Int64.max
    var random: SplitMix64
    var counters = PoolStatistics.Counters()
    private var lastWaiter: UInt64 = 0

    package init(_ configuration: PoolConfiguration) {
        self.configuration = configuration
        slots = Array(repeating: Slot(), count: configuration.maximum)
        freeSlots = Array((0..<configuration.maximum).reversed())
        idle = []
        idle.reserveCapacity(configuration.maximum)
        random = SplitMix64(seed: configuration.seed)
    }

    /// What asking for a connection gave.
    package enum LeaseResult: Sendable, Hashable {
        case leased(PoolConnectionID)
        /// None is idle: `enqueue` under this identifier. The place in the queue is that of this moment.
        case wait(PoolWaiterID)
        /// There is no connection, and none is likely to come about soon.
        case unavailable
        /// The pool is shutting down.
        case closed
    }

    /// Opens the minimum. A pool whose minimum is zero works without.
    package mutating func start(now: Int64) -> PoolActions {
        var actions = PoolActions()
        openWhatIsNeeded(now: now, &actions)
        return actions
    }

    /// Takes an idle connection, or joins others where both agree to it, or takes a place in the queue.
    ///
    /// - Parameter near: the place that the connection had better be at.
    package mutating func lease(sharing: Bool = false, near place: Int? = nil) -> LeaseResult {
        if let slot = takeIdle(near: place) {
            markLeased(slot, sharing)
            return .leased(identifier(of: slot))
        }
        guard case .running = phase else { return .closed }
        if circuit.isOpen {
            counters.refusals &+= 1
            return .unavailable
        }
        if sharing, let slot = join() { return .leased(identifier(of: slot)) }
        lastWaiter &+= 1
        return .wait(PoolWaiterID(rawValue: lastWaiter))
    }

    /// Lets a waiter that `lease` sent away wait until `deadline`, or without end when that is nil.
    package mutating func enqueue(
        _ waiter: PoolWaiterID, sharing: Bool = false, deadline: Int64?, now: Int64
    ) -> PoolActions {
        guard case .running = phase else { return PoolActions(.fail(waiter, .closed)) }
        // One may have come back since `lease` was called.
        if let slot = idle.popLast() {
            markLeased(slot, sharing)
            return PoolActions(.deliver(waiter, identifier(of: slot)))
        }
        if circuit.isOpen {
            counters.refusals &+= 1
            return PoolActions(.fail(waiter, .unavailable))
        }
        if sharing, let slot = join() { return PoolActions(.deliver(waiter, identifier(of: slot))) }
        let deadline = deadline ?? .max
        counters.waits &+= 1
        guard deadline > now else { return PoolActions(.fail(waiter, timeoutReason())) }
        var actions = PoolActions()
        waiters.insert(waiter, sharing: sharing, deadline: deadline)
        setTimer(notAfter: deadline, &actions)
        openWhatIsNeeded(now: now, &actions)
        return actions
    }

    /// Gives up waiting. Empty when the waiter has been answered before, which then stands.
    package mutating func cancel(_ waiter: PoolWaiterID) -> PoolActions {
        guard waiters.remove(waiter) else { return PoolActions() }
        counters.cancellations &+= 1
        return PoolActions(.fail(waiter, .cancelled))
    }

    /// Gives a lease back. `isReusable` is false when the connection is broken, or in a state nobody else should get.
    package mutating func release(_ connection: PoolConnectionID, isReusable: Bool, now: Int64) -> PoolActions {
        // The connection may have been closed under the lease, and its slot be in use again.
        guard let slot = slot(of: connection), slots[slot].state == .leased else { return PoolActions() }
        if isReusable, case .running = phase, now < slots[slot].expiresAt, !isOverfull {
            if let (waiter, shares) = waiters.popFirst() {
                counters.leases &+= 1
                slots[slot].isShared = shares
                return PoolActions(.deliver(waiter, connection))
            }
            leasedCount -= 1
            var actions = PoolActions()
            makeIdle(slot, now: now, &actions)
            return actions
        }
        if isReusable { counters.retirements &+= 1 }
        var actions = PoolActions()
        close(slot, &actions)
        openWhatIsNeeded(now: now, &actions)
        return actions
    }

    /// Who has what, and what has happened so far.
    package var statistics: PoolStatistics {
        PoolStatistics(
            maximum: configuration.maximum, minimum: configuration.minimum, isUnavailable: circuit.isOpen,
            idle: idle.count, leased: leasedCount, connecting: connectingCount,
            closing: closingCount, waiting: waiters.count, counters: counters)
    }

    /// When a connection came back last, or came about.
    package func lastUse(of connection: PoolConnectionID) -> Int64 {
        slot(of: connection).map { slots[$0].idleSince } ?? .max
    }

    /// Somebody has it.
    package func isLeased(_ connection: PoolConnectionID) -> Bool {
        slot(of: connection).map { slots[$0].state == .leased } ?? false
    }

    /// It is idle or leased, and nobody has asked for its end.
    package func isLive(_ connection: PoolConnectionID) -> Bool {
        slot(of: connection).map { slots[$0].state == .leased || slots[$0].state == .idle } ?? false
    }

    // MARK: Shared by the other events

    /// Takes the idle connection that was used last, of those at `place` if there are any.
    private mutating func takeIdle(near place: Int?) -> Int? {
        guard let place, configuration.places > 1 else { return idle.popLast() }
        guard let index = idle.lastIndex(where: { $0 % configuration.places == place }) else { return idle.popLast() }
        return idle.remove(at: index)
    }

    /// Connections that are of use, now or soon.
    var liveCount: Int { idle.count + leasedCount + connectingCount }

    /// There are more than the maximum, which has been lowered.
    var isOverfull: Bool { liveCount > configuration.maximum }

    /// The slot of a connection that is still known.
    func slot(of connection: PoolConnectionID) -> Int? {
        let slot = connection.index
        guard slot < slots.count, slots[slot].generation == connection.generation, slots[slot].state != .free else {
            return nil
        }
        return slot
    }

    func identifier(of slot: Int) -> PoolConnectionID {
        PoolConnectionID(index: slot, generation: slots[slot].generation)
    }

    mutating func markLeased(_ slot: Int, _ sharing: Bool) {
        slots[slot].state = .leased
        slots[slot].users = 1
        slots[slot].isShared = sharing
        leasedCount += 1
        counters.leases &+= 1
    }

    mutating func makeIdle(_ slot: Int, now: Int64, _ actions: inout PoolActions) {
        slots[slot].state = .idle
        slots[slot].idleSince = now
        idle.append(slot)
        let idleEnd = saturatingSum(now, configuration.idleTimeout)
        setTimer(notAfter: min(idleEnd, slots[slot].expiresAt), &actions)
    }

    /// Why a waiter whose time is up gets nothing: the error of connecting says more than "timed out" where there is
    /// no connection because none can be made.
    func timeoutReason() -> PoolFailure {
        consecutiveFailures > 0 && idle.isEmpty && leasedCount == 0 ? .connectFailed : .timedOut
    }

    /// Brings the timer forward when it would fire too late.
    mutating func setTimer(notAfter time: Int64, _ actions: inout PoolActions) {
        guard time < timerAt else { return }
        timerAt = time
        actions.append(.scheduleTimer(at: time))
    }
}

/// `time` + `duration`, where too far away is never.
package func saturatingSum(_ time: Int64, _ duration: Int64) -> Int64 {
    let (sum, overflow) = time.addingReportingOverflow(duration)
    return overflow ? .max : sum
}
