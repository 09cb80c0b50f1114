import PostgresTransport
import PostgresWire

/// What a change of the session's state asks for, done once its lock is released, since it may call back.
struct Effects: ~Copyable {
    /// The task to wake. More than one is rare.
    private(set) var waiter: UnsafeContinuation<Void, Never>?
    /// Of a request that is over: whoever waits for the connection gets it before the answer is looked at.
    var endedLease: PoolLease?
    /// The thread may be parked in a task's place, which is to go on.
    private(set) var wakesLoop = false
    /// The socket's interest may have to change.
    var updatesInterest = false
    var sendsCancel = false
    /// The reader has room again.
    var resumesReading = false
    /// The timer that is of no use any more. More than one is rare.
    private(set) var timer: EventLoop.Timer?
    /// What most changes do not ask for.
    private(set) var rareIfAny: RareEffects?

    var rare: RareEffects {
        mutating get {
            if let rareIfAny { return rareIfAny }
            let rare = RareEffects()
            rareIfAny = rare
            return rare
        }
    }
}

/// Kept apart, so that a query does not pay for making and clearing away what it does not have.
final class RareEffects {
    var moreWaiters: [UnsafeContinuation<Void, Never>] = []
    var moreTimers: [EventLoop.Timer] = []
    /// Queries that share a connection may be answered at once. A lease that went here, under the lock, would end under it.
    var moreLeases: [PoolLease] = []
    /// Of a request that is passed over: who shares the connection goes on, and the last one's end has it looked at.
    var blockedLease: PoolLease?
    /// The socket is to be closed.
    var tearsDown = false
    /// The server works at a statement that nobody waits for any more, or at the first of several.
    var leftBehind: (processID: Int32, secretKey: [UInt8])?
    var leavesSeveral = false
    /// When to read on, where no event will come for what there is to read.
    var readsOn: Int64?
    var connected: (@Sendable (PostgresError?) -> Void)?
    var connectError: PostgresError?
    /// The server wants what only somebody outside has.
    var wants: Authentication.Want?
    /// Nobody waits for its answer any more.
    var uselessTask: Task<Void, Never>?
    var closed: (@Sendable () -> Void)?
    /// What the server has said that concerns the pool.
    var sign: (tell: @Sendable (ServerSign) -> Void, ServerSign)?
    var notices: [PostgresServerError] = []
    var notifications: [PostgresNotification] = []
    var notified: (@Sendable ([PostgresNotification]) -> Void)?
    /// Operations that have ended.
    var traces: [(Trace, tag: CommandTag?, PostgresError?)] = []
}

extension Effects {
    /// Wakes the task that waits for the request, if one does.
    mutating func wake(_ request: Request) {
        if request.isAwaitedInPlace { wakesLoop = true }
        guard let waiter = request.waiter else { return }
        request.waiter = nil
        wake(waiter)
    }

    mutating func wake(_ waiter: UnsafeContinuation<Void, Never>) {
        if self.waiter == nil { self.waiter = waiter } else { rare.moreWaiters.append(waiter) }
    }

    mutating func cancel(_ timer: EventLoop.Timer?) {
        guard let timer else { return }
        if self.timer == nil { self.timer = timer } else { rare.moreTimers.append(timer) }
    }

    /// A request is over: its deadline, its traces and its lease end with it.
    mutating func end(_ request: Request) {
        cancel(request.timer)
        traceEnds(request)
        guard let lease = request.lease else { return }
        request.lease = nil
        if endedLease == nil { endedLease = lease } else { rare.moreLeases.append(lease) }
    }
}
