/// Connections that come up, fail to, end, and are replaced.
extension PoolMachine {
    /// The connection that `.connect` asked for is ready for use.
    package mutating func connected(_ connection: PoolConnectionID, now: Int64) -> PoolActions {
        guard let slot = slot(of: connection) else { return PoolActions() }
        // Aborted at the same moment: what has come up has to go down again.
        if slots[slot].state == .closing { return PoolActions(.close(connection)) }
        guard slots[slot].state == .connecting else { return PoolActions() }
        connectingCount -= 1
        consecutiveFailures = 0
        circuit.connected()
        counters.connects &+= 1
        // Shortened at random, so that connections opened together do not end together.
        let shortening = configuration.lifetimeJitter * random.nextFraction()
        let lifetime = configuration.maximumLifetime
        let jittered = lifetime == .max ? lifetime : lifetime - Int64(Double(lifetime) * shortening)
        slots[slot].expiresAt = saturatingSum(now, jittered)
        slots[slot].idleSince = now

        var actions = PoolActions()
        if let (waiter, shares) = waiters.popFirst() {
            markLeased(slot, shares)
            actions.append(.deliver(waiter, connection))
        } else {
            makeIdle(slot, now: now, &actions)
        }
        // After failures there is one attempt at a time; now that one has succeeded, the others may follow.
        openWhatIsNeeded(now: now, &actions)
        return actions
    }

    /// The connection that `.connect` asked for did not come up.
    ///
    /// With `isRetryable` (nobody listens, the server is starting or full) waiters keep waiting while attempts go on.
    /// Without (wrong password, no such database) those who wait fail at once, unless a connection that others hold
    /// will serve them.
    package mutating func connectFailed(
        _ connection: PoolConnectionID, isRetryable: Bool, now: Int64
    ) -> PoolActions {
        guard let slot = slot(of: connection) else { return PoolActions() }
        guard slots[slot].state == .connecting else { return closed(connection, now: now) }
        free(slot)
        counters.connectFailures &+= 1
        // Attempts that were under way together and fail together are one failure.
        if consecutiveFailures == 0 || now >= retryAt {
            consecutiveFailures += 1
            retryAt = saturatingSum(now, nextBackoff())
        }
        let isAlone = idle.isEmpty && leasedCount == 0
        circuit.failed(isRetryable: isRetryable, isAlone: isAlone, consecutiveFailures, configuration, now: now)
        var actions = PoolActions()
        if isAlone, circuit.isOpen || !isRetryable {
            let reason: PoolFailure = circuit.isOpen ? .unavailable : .connectFailed
            while let (waiter, _) = waiters.popFirst() { actions.append(.fail(waiter, reason)) }
        }
        openWhatIsNeeded(now: now, &actions)
        return actions
    }

    /// The connection has ended, by itself or because it was asked to.
    package mutating func closed(_ connection: PoolConnectionID, now: Int64) -> PoolActions {
        guard let slot = slot(of: connection) else { return PoolActions() }
        if slots[slot].state == .connecting { return connectFailed(connection, isRetryable: true, now: now) }
        free(slot)
        var actions = PoolActions()
        completeShutdown(&actions)
        openWhatIsNeeded(now: now, &actions)
        return actions
    }

    /// Starts connections for those who wait and for the minimum, as far as the maximum and the backoff allow.
    mutating func openWhatIsNeeded(now: Int64, _ actions: inout PoolActions) {
        guard case .running = phase else { return }
        while needsConnection, hasRoom, let slot = freeSlots.last {
            if consecutiveFailures > 0 {
                guard connectingCount == 0 else { return }
                guard now >= retryAt else {
                    setTimer(notAfter: retryAt, &actions)
                    return
                }
            }
            freeSlots.removeLast()
            slots[slot].generation &+= 1
            slots[slot].state = .connecting
            connectingCount += 1
            actions.append(.connect(identifier(of: slot)))
        }
    }

    /// Whether there are more waiters than attempts under way, or fewer connections than the minimum; or nobody knows
    /// whether the server is back.
    var needsConnection: Bool {
        waiters.count > connectingCount || liveCount < configuration.minimum || (circuit.isOpen && connectingCount == 0)
    }

    /// Whether the maximum allows another one; what is being closed counts until it is.
    var hasRoom: Bool { slots.count - freeSlots.count < configuration.maximum }

    /// Asks the owner to close a connection that is idle or comes back.
    mutating func close(_ slot: Int, _ actions: inout PoolActions) {
        leave(slot)
        slots[slot].state = .closing
        closingCount += 1
        actions.append(.close(identifier(of: slot)))
    }

    /// Asks the owner to interrupt and close a connection that is in use, or in the making.
    mutating func abort(_ slot: Int, _ actions: inout PoolActions) {
        leave(slot)
        slots[slot].state = .closing
        closingCount += 1
        actions.append(.abort(identifier(of: slot)))
    }

    private mutating func free(_ slot: Int) {
        leave(slot)
        slots[slot].state = .free
        slots[slot].expiresAt = .max
        freeSlots.append(slot)
    }

    /// Takes a connection out of the count of the state it is in.
    private mutating func leave(_ slot: Int) {
        switch slots[slot].state {
        case .free: break
        case .connecting: connectingCount -= 1
        case .idle: idle.removeAll { $0 == slot }
        case .leased: leasedCount -= 1
        case .closing: closingCount -= 1
        }
    }

    /// Doubles with every failure up to its bound; the half of it is random, so that many clients of one server that
    /// has come back do not knock at the same moment.
    private mutating func nextBackoff() -> Int64 {
        let doublings = min(consecutiveFailures - 1, 40)
        let (product, overflow) = configuration.initialBackoff.multipliedReportingOverflow(by: 1 << doublings)
        let bounded = overflow ? configuration.maximumBackoff : min(product, configuration.maximumBackoff)
        return bounded / 2 + Int64(Double(bounded / 2) * random.nextFraction())
    }
}
