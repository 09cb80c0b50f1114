/// Connections that several use at a time, each of whom has agreed to it.
extension PoolMachine {
    /// The connection with the fewest users who share it, where a further one may join them.
    ///
    /// Only when the pool cannot grow, and when nobody waits: who asked first comes first, and one who wants a connection
    /// for himself would wait for ever if others kept joining.
    mutating func join() -> Int? {
        guard configuration.sharing > 1, leasedCount >= configuration.maximum, waiters.isEmpty else { return nil }
        var found: Int?
        var fewest = configuration.sharing
        for slot in slots.indices
        where slots[slot].state == .leased && slots[slot].isShared && slots[slot].users < fewest {
            found = slot
            fewest = slots[slot].users
            if fewest == 1 { break }
        }
        guard let found else { return nil }
        slots[found].users += 1
        counters.leases &+= 1
        return found
    }

    /// One of several users is through; nil when it is the only one, who releases the connection and whom nobody joins
    /// any more: between this and the release it looks at the connection, and may end what it finds running. Its place
    /// goes to the one who has waited longest, if that one shares.
    ///
    /// `isBlocked`: what the user leaves behind is in the way of whoever would come, so that nobody joins any more.
    package mutating func leave(
        _ connection: PoolConnectionID, isBlocked: Bool = false, now: Int64
    ) -> PoolActions? {
        guard let slot = slot(of: connection), slots[slot].state == .leased else { return nil }
        guard slots[slot].users > 1 else {
            slots[slot].isShared = false
            return nil
        }
        slots[slot].users -= 1
        guard case .running = phase, now < slots[slot].expiresAt, !isOverfull, !isBlocked else {
            // Nobody joins any more, so that it comes free and can be looked at, or closed.
            slots[slot].isShared = false
            return PoolActions()
        }
        guard slots[slot].isShared, waiters.firstShares, let (waiter, _) = waiters.popFirst() else {
            return PoolActions()
        }
        slots[slot].users += 1
        counters.leases &+= 1
        return PoolActions(.deliver(waiter, connection))
    }
}
