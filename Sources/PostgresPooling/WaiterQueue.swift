/// Those who wait, in the order they asked.
///
/// One array sorted by identifier, taken from the front. Who gives up is only marked, and found by binary search, so
/// that a thousand timeouts do not move a thousand others each.
struct WaiterQueue: Sendable {
    private struct Entry: Sendable {
        var waiter: PoolWaiterID
        /// It may have a connection together with others who agree to it.
        var shares: Bool
        var deadline: Int64
        var isWaiting = true
    }

    /// Everything before `head` has been taken; the entry at `head`, if there is one, is waiting.
    private var entries: [Entry] = []
    private var head = 0
    /// How many are waiting.
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    /// The earliest deadline, `.max` when there is none. Looks at every entry.
    var earliestDeadline: Int64 {
        var earliest = Int64.max
        for entry in entries[head...] where entry.isWaiting { earliest = min(earliest, entry.deadline) }
        return earliest
    }

    /// Adds a waiter at its place, which is nearly always the end: who asked first may enqueue a moment later.
    mutating func insert(_ waiter: PoolWaiterID, sharing: Bool, deadline: Int64) {
        let entry = Entry(waiter: waiter, shares: sharing, deadline: deadline)
        if let last = entries.last, waiter < last.waiter {
            entries.insert(entry, at: position(of: waiter))
        } else {
            entries.append(entry)
        }
        count += 1
    }

    /// Takes the one who has waited longest.
    mutating func popFirst() -> (waiter: PoolWaiterID, shares: Bool)? {
        guard count > 0 else { return nil }
        let first = entries[head]
        head += 1
        count -= 1
        tidy()
        return (first.waiter, first.shares)
    }

    /// The one who has waited longest may share.
    var firstShares: Bool { count > 0 && entries[head].shares }

    /// Removes a waiter; false when it is not waiting (any more).
    mutating func remove(_ waiter: PoolWaiterID) -> Bool {
        let position = position(of: waiter)
        guard position < entries.count, entries[position].waiter == waiter, entries[position].isWaiting else {
            return false
        }
        entries[position].isWaiting = false
        count -= 1
        tidy()
        return true
    }

    /// Removes those whose deadline is not after `now`, in order.
    mutating func removeExpired(now: Int64, _ body: (PoolWaiterID) -> Void) {
        for position in head..<entries.count where entries[position].isWaiting && entries[position].deadline <= now {
            entries[position].isWaiting = false
            count -= 1
            body(entries[position].waiter)
        }
        tidy()
    }

    /// The position of the first entry, not yet taken, that is not before `waiter`.
    private func position(of waiter: PoolWaiterID) -> Int {
        var low = head
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].waiter < waiter { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Restores the rule about `head`, and gives up memory of those gone once they are more than those waiting.
    private mutating func tidy() {
        while head < entries.count, !entries[head].isWaiting { head += 1 }
        if head == entries.count {
            // One by one keeps the memory, as `removeAll(keepingCapacity:)` does by way of a general replacement.
            while entries.popLast() != nil {}
            head = 0
        } else if entries.count - count > count + 32 {
            entries.removeSubrange(..<head)
            entries.removeAll { !$0.isWaiting }
            head = 0
        }
    }
}
