/// One connection of a pool. Never the same for two connections, though they may follow each other in one place.
package struct PoolConnectionID: Sendable, Hashable {
    /// Below the largest maximum that the pool has had, and unlike that of every other connection at the same time: an
    /// index into a table of the owner's.
    package let index: Int
    let generation: UInt32
}

/// One waiter, in the order of asking.
package struct PoolWaiterID: Sendable, Hashable, Comparable {
    package let rawValue: UInt64

    package static func < (left: PoolWaiterID, right: PoolWaiterID) -> Bool { left.rawValue < right.rawValue }
}

/// Why a waiter gets no connection.
package enum PoolFailure: Sendable, Hashable {
    /// All connections were in use until the deadline.
    case timedOut
    /// There is no connection because none can be made; the owner knows the error of the last attempt.
    case connectFailed
    /// Attempts to connect have failed for so long that nobody is kept waiting for one.
    case unavailable
    /// The waiter's task was cancelled.
    case cancelled
    /// The pool is shutting down.
    case closed
}

/// What the owner of a `PoolMachine` has to do, after it has released the lock.
package enum PoolAction: Sendable, Hashable {
    /// Open a connection, then report `connected` or `connectFailed`.
    case connect(PoolConnectionID)
    /// Close a connection that nobody uses, then report `closed`.
    case close(PoolConnectionID)
    /// Stop what the connection is doing, or its opening, and close it; then report `closed`.
    case abort(PoolConnectionID)
    /// Resume the waiter with a lease.
    case deliver(PoolWaiterID, PoolConnectionID)
    /// Resume the waiter with an error.
    case fail(PoolWaiterID, PoolFailure)
    /// Set the one timer to this time; what it was set to before is void.
    case scheduleTimer(at: Int64)
    /// The last connection is closed after `shutDown`.
    case shutdownComplete
}

/// A few actions in order. The first two need no memory of their own, and most events have no more.
package struct PoolActions: Sendable, Sequence {
    private var first: PoolAction?
    private var second: PoolAction?
    private var others: [PoolAction] = []

    init() {}

    /// Nothing to do.
    package static let none = PoolActions()

    init(_ action: PoolAction) { first = action }

    package var isEmpty: Bool { first == nil }

    mutating func append(_ action: PoolAction) {
        if first == nil {
            first = action
        } else if second == nil {
            second = action
        } else {
            others.append(action)
        }
    }

    package struct Iterator: IteratorProtocol {
        fileprivate let actions: PoolActions
        fileprivate var position = 0

        package mutating func next() -> PoolAction? {
            defer { position += 1 }
            switch position {
            case 0: return actions.first
            case 1: return actions.second
            default: return position - 2 < actions.others.count ? actions.others[position - 2] : nil
            }
        }
    }

    /// As a loop over them does, without copying them.
    package func forEach(_ body: (PoolAction) -> Void) {
        guard let first else { return }
        body(first)
        guard let second else { return }
        body(second)
        for other in others { body(other) }
    }

    package func makeIterator() -> Iterator { Iterator(actions: self) }
}
