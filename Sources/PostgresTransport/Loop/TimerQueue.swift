/// Deadlines and what to do when they pass: a binary heap.
///
/// A cancelled timer stays in the heap until it comes to the top; queries that end in time cost one push and no search.
/// A cancellation may overtake its timer, which another thread has sent to the loop: it is remembered until that comes.
struct TimerQueue {
    private struct Entry {
        var deadline: Int64
        var id: UInt64
        var action: @Sendable () -> Void
    }

    private var heap: [Entry] = []
    /// Of timers in the heap, on their way to it, or fired already.
    private var cancelled: Set<UInt64> = []
    /// How many cancellations of timers that are not in the heap are remembered: the newest, since timers that have
    /// fired are older than those on their way.
    private static let remembered = 32

    /// The earliest deadline, or nil when there is none.
    mutating func nextDeadline() -> Int64? {
        dropCancelled()
        return heap.first?.deadline
    }

    mutating func add(id: UInt64, deadline: Int64, action: @escaping @Sendable () -> Void) {
        heap.append(Entry(deadline: deadline, id: id, action: action))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].deadline < heap[parent].deadline else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    mutating func cancel(id: UInt64) {
        cancelled.insert(id)
        // A long-lived deadline above many short ones would keep them all: sweep when most are dead.
        if cancelled.count > 2 * Self.remembered, cancelled.count > heap.count / 2 { sweep() }
    }

    /// Removes and returns the action of one timer that is due.
    mutating func popDue(now: Int64) -> (@Sendable () -> Void)? {
        dropCancelled()
        guard let first = heap.first, first.deadline <= now else { return nil }
        return removeFirst().action
    }

    private mutating func dropCancelled() {
        while let first = heap.first, !cancelled.isEmpty, cancelled.remove(first.id) != nil { _ = removeFirst() }
        if heap.isEmpty { forgetFired() }
    }

    private mutating func sweep() {
        let living = heap.filter { cancelled.remove($0.id) == nil }
        forgetFired()
        // A sorted array is a heap.
        heap = living.sorted { $0.deadline < $1.deadline }
    }

    /// What is cancelled is not in the heap here.
    private mutating func forgetFired() {
        guard cancelled.count > Self.remembered else { return }
        cancelled = Set(cancelled.sorted().suffix(Self.remembered))
    }

    private mutating func removeFirst() -> Entry {
        let first = heap[0]
        let last = heap.removeLast()
        guard !heap.isEmpty else { return first }
        heap[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && heap[child].deadline < heap[least].deadline {
                least = child
            }
            guard least != parent else { return first }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
