/// What happens because time passes: deadlines, idle timeouts, lifetimes, retries; and the end.
extension PoolMachine {
    /// The time of the last `.scheduleTimer` has come.
    package mutating func timerFired(now: Int64) -> PoolActions {
        timerAt = .max
        var actions = PoolActions()
        let reason = timeoutReason()
        waiters.removeExpired(now: now) { waiter in
            counters.timeouts &+= 1
            actions.append(.fail(waiter, reason))
        }
        closeOldConnections(now: now, &actions)
        if case .shuttingDown(let forceAt) = phase, now >= forceAt { abortAll(&actions) }
        openWhatIsNeeded(now: now, &actions)
        setTimer(notAfter: nextEvent(), &actions)
        return actions
    }

    /// Stops leasing. Those who wait fail, idle connections are closed, leases have `grace` nanoseconds to come back
    /// and are aborted then. `.shutdownComplete` follows when the last connection is closed, once.
    ///
    /// A second call can only shorten the time.
    package mutating func shutDown(grace: Int64, now: Int64) -> PoolActions {
        var actions = PoolActions()
        var forceAt = saturatingSum(now, max(grace, 0))
        switch phase {
        case .closed:
            return actions
        case .shuttingDown(let earlier):
            forceAt = min(forceAt, earlier)
            phase = .shuttingDown(forceAt: forceAt)
        case .running:
            phase = .shuttingDown(forceAt: forceAt)
            while let (waiter, _) = waiters.popFirst() { actions.append(.fail(waiter, .closed)) }
            for slot in idle { close(slot, &actions) }
            for slot in slots.indices where slots[slot].state == .connecting { abort(slot, &actions) }
        }
        if now >= forceAt { abortAll(&actions) } else if leasedCount > 0 { setTimer(notAfter: forceAt, &actions) }
        completeShutdown(&actions)
        return actions
    }

    mutating func completeShutdown(_ actions: inout PoolActions) {
        guard case .shuttingDown = phase, freeSlots.count == slots.count else { return }
        phase = .closed
        actions.append(.shutdownComplete)
    }

    private mutating func abortAll(_ actions: inout PoolActions) {
        for slot in slots.indices where slots[slot].state == .leased { abort(slot, &actions) }
    }

    private mutating func closeOldConnections(now: Int64, _ actions: inout PoolActions) {
        for slot in idle {
            let isSpare = liveCount > configuration.minimum
            let idleEnd = saturatingSum(slots[slot].idleSince, configuration.idleTimeout)
            if slots[slot].expiresAt <= now {
                counters.retirements &+= 1
                close(slot, &actions)
            } else if isSpare && idleEnd <= now {
                counters.idleClosures &+= 1
                close(slot, &actions)
            }
        }
    }

    /// When something will have to happen if nothing else does.
    func nextEvent() -> Int64 {
        var next = waiters.earliestDeadline
        let hasSpare = liveCount > configuration.minimum
        for slot in idle {
            next = min(next, slots[slot].expiresAt)
            if hasSpare { next = min(next, saturatingSum(slots[slot].idleSince, configuration.idleTimeout)) }
        }
        switch phase {
        case .running:
            let awaitsRetry = consecutiveFailures > 0 && connectingCount == 0 && needsConnection && hasRoom
            if awaitsRetry { next = min(next, retryAt) }
        case .shuttingDown(let forceAt):
            if leasedCount > 0 { next = min(next, forceAt) }
        case .closed: break
        }
        return next
    }
}
