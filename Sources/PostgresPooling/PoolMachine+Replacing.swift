/// Connections that are to go although nothing has happened to them, and a pool that changes its size.
extension PoolMachine {
    /// Closes connections, now those that are idle and when they come back those that are leased: the server has said
    /// something that makes them unfit for the next one.
    package mutating func retire(_ connections: PoolConnectionID..., now: Int64) -> PoolActions {
        retire(connections, now: now)
    }

    /// As `retire` of one after the other.
    package mutating func retire(_ connections: [PoolConnectionID], now: Int64) -> PoolActions {
        var actions = PoolActions()
        for connection in connections { if let slot = slot(of: connection) { retire(slot, &actions) } }
        openWhatIsNeeded(now: now, &actions)
        return actions
    }

    /// Closes every idle connection now and every leased one when it comes back, and gives up those in the making, as after
    /// a failover or a change of password, when the server at the other end, or the way there, is no longer the right one.
    package mutating func retireAll(now: Int64) -> PoolActions {
        var actions = PoolActions()
        for slot in slots.indices {
            if slots[slot].state == .connecting { abort(slot, &actions) } else { retire(slot, &actions) }
        }
        openWhatIsNeeded(now: now, &actions)
        return actions
    }

    /// Closes the idle connections that nobody has used since `time`: one of them has been found dead, of which its end
    /// had not told.
    package mutating func closeIdle(unusedSince time: Int64, now: Int64) -> PoolActions {
        var actions = PoolActions()
        for slot in idle where slots[slot].idleSince <= time { retire(slot, &actions) }
        openWhatIsNeeded(now: now, &actions)
        return actions
    }

    /// Changes the bounds. Where there are more connections than are allowed now, idle ones are closed, then those in the
    /// making; those in use when they come back.
    package mutating func resize(maximum: Int, minimum: Int, now: Int64) -> PoolActions {
        configuration.setSize(maximum: maximum, minimum: minimum)
        if slots.count < configuration.maximum {
            // Used last.
            freeSlots.insert(contentsOf: (slots.count..<configuration.maximum).reversed(), at: 0)
            slots.append(contentsOf: repeatElement(Slot(), count: configuration.maximum - slots.count))
        }
        var actions = PoolActions()
        while isOverfull, let longestIdle = idle.first { retire(longestIdle, &actions) }
        for slot in slots.indices where isOverfull && slots[slot].state == .connecting { abort(slot, &actions) }
        guard case .running = phase else { return actions }
        openWhatIsNeeded(now: now, &actions)
        // With a lower minimum, connections that were needed may be idle for too long.
        setTimer(notAfter: nextEvent(), &actions)
        return actions
    }

    private mutating func retire(_ slot: Int, _ actions: inout PoolActions) {
        switch slots[slot].state {
        case .idle:
            counters.retirements &+= 1
            close(slot, &actions)
        case .leased:
            slots[slot].expiresAt = .min
            slots[slot].isShared = false
        case .free, .connecting, .closing: break
        }
    }
}
