/// Deadlines and what to do when they pass: a binary heap.
///
/// What a cancelled timer would have done is dropped at once, with all that it held; its place in the heap goes when it
/// comes to the top. Queries that end in time cost one push and no search. A cancellation may overtake its timer, which
/// another thread has sent to the loop: it is remembered until that comes.
struct TimerQueue {
    private struct Entry {
        var deadline: Int64
        var id: UInt64
    }

    private var heap: [Entry] = []
    /// What the living timers of the heap are to do.
    private var actions: [UInt64: @Sendable () -> Void] = [:]
    /// Cancelled and not in the heap: on their way to it, or fired already.
    private var absent: Set<UInt64> = []
    /// How many of them are remembered: the newest, since timers that have fired are older than those on their way.
    private static let remembered = 32

    /// The earliest deadline, or nil when there is none.
    mutating func nextDeadline() -> Int64? {
        dropCancelled()
        return heap.first?.deadline
    }

    mutating func add(id: UInt64, deadline: Int64, action: @escaping @Sendable () -> Void) {
        guard absent.isEmpty || absent.remove(id) == nil else { return }
        actions[id] = action
        heap.append(Entry(deadline: deadline, id: id))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].deadline < heap[parent].deadline else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    mutating func cancel(id: UInt64) {
        guard actions.removeValue(forKey: id) != nil else {
            absent.insert(id)
            if absent.count > 2 * Self.remembered { absent = Set(absent.sorted().suffix(Self.remembered)) }
            return
        }
        // A long-lived deadline above many short ones would keep the places of them all: sweep when most are dead.
        guard heap.count > 64, heap.count > 2 * actions.count else { return }
        // A sorted array is a heap.
        heap = heap.filter { actions[$0.id] != nil }.sorted { $0.deadline < $1.deadline }
    }

    /// Removes and returns the action of one timer that is due.
    mutating func popDue(now: Int64) -> (@Sendable () -> Void)? {
        dropCancelled()
        guard let first = heap.first, first.deadline <= now else { return nil }
        return actions.removeValue(forKey: removeFirst().id)
    }

    private mutating func dropCancelled() {
        while let first = heap.first, actions[first.id] == nil { _ = removeFirst() }
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
