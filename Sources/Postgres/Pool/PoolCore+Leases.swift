import PostgresLocks
import PostgresPooling
import PostgresTransport
import PostgresWire

/// A connection that is somebody's now.
struct PoolLeased {
    let session: Session
    let id: PoolConnectionID
    /// When it came back last.
    let lastUse: Int64
    /// It has been idle for so long that it is looked at first.
    let isOld: Bool

    init(_ session: Session, _ id: PoolConnectionID, lastUse: Int64, isOld: Bool) {
        self.session = session
        self.id = id
        self.lastUse = lastUse
        self.isOld = isOld
    }
}

/// Connections on their way to those who ask for them, and back.
extension PoolCore {
    static let closed = PostgresError(.poolClosed, "the pool is closed", safeToRetry: true)

    /// A connection that nobody else has and that works, waiting for one. The pool lives at least as long as the lease.
    func lease(
        for pool: PostgresPool, from caller: PostgresCaller, timeout: Int64? = nil
    ) async throws(PostgresError) -> PostgresConnection {
        let trace = tracing?.begin(.acquire)
        do throws(PostgresError) {
            let deadline = saturatingSum(monotonicNanoseconds(), timeout ?? acquireTimeout)
            var refusals = 0
            while true {
                let leased = try await lease(caller, deadline)
                let connection = PostgresConnection(
                    session: leased.session, lease: PoolLease(of: leased.session, leased.id, core: self, pool: pool))
                guard try await isFit(connection, leased), try await isWelcome(connection, &refusals) else { continue }
                trace?.end()
                return connection
            }
        } catch {
            trace?.end(error: error)
            throw error
        }
    }

    private func lease(_ caller: PostgresCaller, _ deadline: Int64) async throws(PostgresError) -> PoolLeased {
        let now = monotonicNanoseconds()
        let near = nearPlace
        let (answer, waiter) = state.withLock { state -> (Result<PoolLeased, PostgresError>, PoolWaiterID?) in
            switch state.machine.lease(near: near) {
            case .leased(let id): (Self.found(leased(id, &state, caller, now, mayBeOld: true)), nil)
            case .wait(let id): (.failure(Self.closed), id)
            case .unavailable: (.failure(Self.unavailable(state.connectError)), nil)
            case .closed: (.failure(Self.closed), nil)
            }
        }
        guard let waiter else { return try answer.get() }
        if let tracing, statistics.isExhausted { tracing.event(.poolExhausted) }
        return try await wait(waiter, caller, deadline).get()
    }

    /// The connection that the machine has decided on; nil where it was lost between the decision and now.
    /// Under the lock.
    private func leased(
        _ id: PoolConnectionID, _ state: inout State, _ caller: PostgresCaller, _ now: Int64, mayBeOld: Bool = false
    ) -> PoolLeased? {
        guard let session = state.session(of: id) else { return nil }
        state.members[id.index]?.caller = caller
        state.members[id.index]?.leasedAt = now
        state.members[id.index]?.isReported = false
        let lastUse = mayBeOld && validatesAfter < .max ? state.machine.lastUse(of: id) : now
        return PoolLeased(session, id, lastUse: lastUse, isOld: now &- lastUse > validatesAfter)
    }

    private static func found(_ leased: PoolLeased?) -> Result<PoolLeased, PostgresError> {
        leased.map { .success($0) } ?? .failure(lost)
    }

    // MARK: A look at it

    /// How often `beforeLease` may refuse connections before its caller is told.
    private static let mostRefusals = 3
    /// How long a connection that has been idle may take to show that the server is still there.
    private static let pingTimeout = Duration.seconds(5)

    /// Looks at a connection that has been idle for long. One that is dead goes back to be closed.
    func isFit(_ connection: PostgresConnection, _ leased: PoolLeased) async throws(PostgresError) -> Bool {
        guard leased.isOld else { return true }
        do throws(PostgresError) {
            try await leased.session.ping(timeout: min(Self.pingTimeout, options.acquireTimeout))
            return true
        } catch {
            defer { connection.lease?.end() }
            if error.code == .cancelled { throw error }
            leased.session.abort(error)
            // Where one is dead without having said so, those that are as old are dead as well.
            step { $0.machine.closeIdle(unusedSince: leased.lastUse, now: $1) }
            return false
        }
    }

    /// Asks the hook. A connection that it refuses goes back to be closed.
    private func isWelcome(
        _ connection: PostgresConnection, _ refusals: inout Int
    ) async throws(PostgresError) -> Bool {
        guard let beforeLease = hooks.beforeLease else { return true }
        do throws(PostgresError) {
            try await connection.session.lend(to: beforeLease, "beforeLease")
            return true
        } catch {
            connection.session.abort(error)
            connection.lease?.end()
            refusals += 1
            if refusals == Self.mostRefusals || error.code == .cancelled { throw error }
            return false
        }
    }

    private func wait(
        _ id: PoolWaiterID, _ caller: PostgresCaller, _ deadline: Int64
    ) async -> Result<PoolLeased, PostgresError> {
        let waiter = LeaseWaiter(caller)
        await withTaskCancellationHandler {
            await withUnsafeContinuation { task in
                waiter.task = task
                step { state, now in
                    state.waiters.insert(.lease(waiter), as: id)
                    let actions = state.machine.enqueue(id, deadline: deadline, now: now)
                    // Cancelled before it was enqueued: the handler found nothing to cancel.
                    return Task.isCancelled && actions.isEmpty ? state.machine.cancel(id) : actions
                }
                if Task.isCancelled { step { state, _ in state.machine.cancel(id) } }
            }
        } onCancel: {
            step { state, _ in state.machine.cancel(id) }
        }
        return state.withLock { _ in waiter.result ?? .failure(Self.closed) }
    }

    /// Sends a query on a connection that is idle, or else on the first that comes back, and waits for its answer's
    /// beginning or end. What is returned ends with the answer; where nothing could be sent, the caller ends it.
    // Inlined: the return to each further async frame costs a look for the task's executor, under a lock.
    @inline(__always)
    func send(_ query: PooledQuery) async throws(PostgresError) -> PoolLease {
        await withTaskCancellationHandler {
            await withUnsafeContinuation { task in begin(query, task) }
        } onCancel: {
            cancel(query)
        }
        return try state.withLock { _ throws(PostgresError) in
            guard let lease = query.lease else { throw query.failure ?? Self.closed }
            return lease
        }
    }

    private func begin(_ query: PooledQuery, _ task: UnsafeContinuation<Void, Never>) {
        query.task = task
        let now = monotonicNanoseconds()
        let near = nearPlace
        let (isSettled, actions) = state.withLock { state -> (Bool, PoolActions) in
            if query.isCancelled {
                query.failure = Self.cancelled
                return (true, .none)
            }
            switch state.machine.lease(sharing: query.shares, near: near) {
            case .leased(let id):
                give(id, to: query, &state, now, mayBeOld: true)
                return (true, .none)
            case .wait(let id):
                query.waiter = id
                state.waiters.insert(.query(query), as: id)
                let deadline = saturatingSum(now, acquireTimeout)
                return (false, state.machine.enqueue(id, sharing: query.shares, deadline: deadline, now: now))
            case .unavailable:
                query.failure = Self.unavailable(state.connectError)
                return (true, .none)
            case .closed:
                query.failure = Self.closed
                return (true, .none)
            }
        }
        if isSettled { query.goOn() } else { perform(actions, now: now) }
    }

    /// Under the lock.
    private func give(
        _ id: PoolConnectionID, to query: PooledQuery, _ state: inout State, _ now: Int64, mayBeOld: Bool = false
    ) {
        if let leased = leased(id, &state, query.caller, now, mayBeOld: mayBeOld) {
            query.lease = PoolLease(of: leased.session, id, core: self, pool: query.pool)
            if leased.isOld { query.doubt = leased }
        } else {
            query.failure = Self.lost
        }
        // The handler came when the decision had been made, and nobody else has the request yet.
        if query.isCancelled { query.request.abandonment = Session.cancelled }
    }

    /// Gives up waiting for a connection; or for the answer, when the query has been sent.
    private func cancel(_ query: PooledQuery) {
        let (session, actions) = state.withLock { state -> (Session?, PoolActions) in
            query.isCancelled = true
            if let lease = query.lease { return (lease.session, .none) }
            guard let waiter = query.waiter else { return (nil, .none) }
            return (nil, state.machine.cancel(waiter))
        }
        perform(actions, now: monotonicNanoseconds())
        session?.abandon(query.request, Session.cancelled)
    }

    /// Takes a session back: at once when it is clean, else after it has been made so.
    func release(_ session: Session, _ id: PoolConnectionID, isBlocked: Bool = false) {
        if options.queriesPerConnection > 1 {
            let now = monotonicNanoseconds()
            let actions = state.withLock { $0.machine.leave(id, isBlocked: isBlocked, now: now) }
            if let actions { return perform(actions, now: now) }
        }
        let cleanliness = session.cleanliness(options.reset)
        switch hooks.onRelease == nil || cleanliness == .closed ? cleanliness : .dirty {
        case .clean: step { $0.machine.release(id, isReusable: true, now: $1) }
        case .closed: step { $0.machine.release(id, isReusable: false, now: $1) }
        case .dirty:
            Task {
                await session.makeClean()
                if let onRelease = hooks.onRelease {
                    do throws(PostgresError) {
                        try await session.lend(to: onRelease, "onRelease")
                        // Whatever it left running, or open.
                        await session.makeClean()
                    } catch {
                        session.abort(error)
                    }
                }
                await session.reset(options.reset)
                let isReusable = session.cleanliness(.rollbackOnly) == .clean
                step { $0.machine.release(id, isReusable: isReusable, now: $1) }
            }
        }
    }

    // MARK: Answers to those who wait

    func deliver(_ waiter: PoolWaiterID, _ id: PoolConnectionID, now: Int64) {
        let found = state.withLock { state in
            let found = state.waiters.remove(waiter)
            switch found {
            case .query(let query): give(id, to: query, &state, now)
            case .lease(let waiting): waiting.result = Self.found(leased(id, &state, waiting.caller, now))
            case nil: break
            }
            return found
        }
        goOn(found)
    }

    func fail(_ waiter: PoolWaiterID, _ reason: PoolFailure) {
        let (found, connectError) = state.withLock { ($0.waiters.remove(waiter), $0.connectError) }
        let error: PostgresError =
            switch reason {
            case .timedOut: timedOut()
            case .connectFailed:
                connectError ?? PostgresError(.connectionFailed, "no connection could be made", safeToRetry: true)
            case .unavailable: Self.unavailable(connectError)
            case .cancelled: Self.cancelled
            case .closed: Self.closed
            }
        state.withLock { _ in
            switch found {
            case .query(let query): query.failure = error
            case .lease(let waiting): waiting.result = .failure(error)
            case nil: break
            }
        }
        goOn(found)
    }

    /// Has a waiter go on that has been answered.
    private func goOn(_ waiter: Waiter?) {
        switch waiter {
        case .query(let query): query.goOn()
        case .lease(let waiting): waiting.task?.resume()
        case nil: break
        }
    }

    /// Names those who have the connections: one of them may be the one who waits.
    private func timedOut() -> PostgresError {
        let now = statistics
        guard now.leased > 0 else {
            return PostgresError(
                .poolTimeout, "no connection came about before the deadline: the server has not answered yet",
                advice: "Is it overloaded, or behind a firewall? Else raise acquireTimeout", safeToRetry: true)
        }
        let holders = holders
        let names = holders.isEmpty ? "" : ", held by \(holders.summary)"
        return PostgresError(
            .poolTimeout,
            "no connection became free before the deadline: \(now.leased) of \(now.maximum) are in use\(names)",
            advice: "Is a connection held while waiting for another one, or for something slow? Else raise "
                + "maximumConnections", safeToRetry: true)
    }

    static let cancelled = PostgresError(
        .cancelled, "the task was cancelled while it waited for a connection", safeToRetry: true)

    /// What the last attempt failed with is the cause, and the server's words are the error's.
    private static func unavailable(_ reason: PostgresError?) -> PostgresError {
        PostgresError(
            .databaseUnavailable,
            "the database is unavailable: attempts to connect keep failing, the last since "
                + (reason?.message ?? "it was lost"),
            advice: reason?.advice, server: reason?.server, safeToRetry: true, cause: reason)
    }

    private static let lost = PostgresError(
        .connectionClosed, "the connection was lost as it was handed over", safeToRetry: true)
}
