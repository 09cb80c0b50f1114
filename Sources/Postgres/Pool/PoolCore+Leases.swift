import PostgresLocks
import PostgresPooling
import PostgresTransport
import PostgresWire

/// A connection that is somebody's now.
typealias PoolLeased = (session: Session, id: PoolConnectionID)

/// Connections on their way to those who ask for them, and back.
extension PoolCore {
    static let closed = PostgresError(.poolClosed, "the pool is closed")

    /// A connection that nobody else has, waiting for one. The pool lives at least as long as the lease.
    func lease(for pool: PostgresPool) async throws(PostgresError) -> PostgresConnection {
        let (session, id) = tracing == nil ? try await lease() : try await tracedLease()
        return PostgresConnection(session: session, lease: PoolLease(of: session, id, core: self, pool: pool))
    }

    private func tracedLease() async throws(PostgresError) -> PoolLeased {
        let trace = tracing?.begin(.acquire)
        do throws(PostgresError) {
            let leased = try await lease()
            trace?.end()
            return leased
        } catch {
            trace?.end(error: error)
            throw error
        }
    }

    private func lease() async throws(PostgresError) -> PoolLeased {
        let (answer, waiter) = state.withLock { state -> (Result<PoolLeased, PostgresError>, PoolWaiterID?) in
            switch state.machine.lease() {
            case .leased(let id): (Self.leased(id, state), nil)
            case .wait(let id): (.failure(Self.closed), id)
            case .unavailable: (.failure(Self.unavailable(state.connectError)), nil)
            case .closed: (.failure(Self.closed), nil)
            }
        }
        guard let waiter else { return try answer.get() }
        if let tracing, statistics.leased >= options.maximumConnections { tracing.event(.poolExhausted) }
        return try await wait(waiter).get()
    }

    /// The connection that the machine has decided on, which may have been lost between the decision and now.
    private static func leased(_ id: PoolConnectionID, _ state: borrowing State) -> Result<PoolLeased, PostgresError> {
        state.sessions[id.index].map { .success(($0, id)) } ?? .failure(lost)
    }

    private func wait(_ id: PoolWaiterID) async -> Result<PoolLeased, PostgresError> {
        let deadline = saturatingSum(monotonicNanoseconds(), acquireTimeout)
        return await withTaskCancellationHandler {
            await withUnsafeContinuation { waiter in
                step { state, now in
                    state.waiters.insert(.task(waiter), as: id)
                    let actions = state.machine.enqueue(id, deadline: deadline, now: now)
                    // Cancelled before it was enqueued: the handler found nothing to cancel.
                    return Task.isCancelled && actions.isEmpty ? state.machine.cancel(id) : actions
                }
                if Task.isCancelled { step { state, _ in state.machine.cancel(id) } }
            }
        } onCancel: {
            step { state, _ in state.machine.cancel(id) }
        }
    }

    /// Sends a query on a connection that is idle, or else on the first that comes back, and waits for its answer's
    /// beginning or end. What is returned ends with the answer; where nothing could be sent, the caller ends it.
    func send(_ query: PooledQuery) async throws(PostgresError) -> PoolLease {
        await withTaskCancellationHandler {
            await withUnsafeContinuation { task in begin(query, task) }
        } onCancel: {
            cancel(query)
        }
        return try state.withLock { _ in query.lease }.get()
    }

    private func begin(_ query: PooledQuery, _ task: UnsafeContinuation<Void, Never>) {
        query.task = task
        let now = monotonicNanoseconds()
        let (isSettled, actions) = state.withLock { state -> (Bool, PoolActions) in
            if query.isCancelled {
                query.lease = .failure(Self.cancelled)
                return (true, .none)
            }
            switch state.machine.lease(sharing: query.shares) {
            case .leased(let id):
                give(id, to: query, state)
                return (true, .none)
            case .wait(let id):
                query.waiter = id
                state.waiters.insert(.query(query), as: id)
                let deadline = saturatingSum(now, acquireTimeout)
                return (false, state.machine.enqueue(id, sharing: query.shares, deadline: deadline, now: now))
            case .unavailable:
                query.lease = .failure(Self.unavailable(state.connectError))
                return (true, .none)
            case .closed:
                query.lease = .failure(Self.closed)
                return (true, .none)
            }
        }
        if isSettled { query.goOn() } else { perform(actions) }
    }

    /// Under the lock.
    private func give(_ id: PoolConnectionID, to query: PooledQuery, _ state: borrowing State) {
        query.lease = Self.leased(id, state).map { PoolLease(of: $0.session, $0.id, core: self, pool: query.pool) }
        // The handler came when the decision had been made, and nobody else has the request yet.
        if query.isCancelled { query.request.abandonment = PostgresError(.cancelled, "the task was cancelled") }
    }

    /// Gives up waiting for a connection; or for the answer, when the query has been sent.
    private func cancel(_ query: PooledQuery) {
        let (session, actions) = state.withLock { state -> (Session?, PoolActions) in
            query.isCancelled = true
            if case .success(let lease) = query.lease { return (lease.session, .none) }
            guard let waiter = query.waiter else { return (nil, .none) }
            return (nil, state.machine.cancel(waiter))
        }
        perform(actions)
        session?.abandon(query.request, PostgresError(.cancelled, "the task was cancelled"))
    }

    /// Takes a session back: at once when it is clean, else after it has been made so.
    func release(_ session: Session, _ id: PoolConnectionID) {
        if options.queriesPerConnection > 1 {
            let now = monotonicNanoseconds()
            if let actions = state.withLock({ $0.machine.leave(id, now: now) }) { return perform(actions) }
        }
        switch session.cleanliness {
        case .clean: step { $0.machine.release(id, isReusable: true, now: $1) }
        case .closed: step { $0.machine.release(id, isReusable: false, now: $1) }
        case .dirty:
            Task {
                await session.makeClean()
                let isReusable = session.cleanliness == .clean
                step { $0.machine.release(id, isReusable: isReusable, now: $1) }
            }
        }
    }

    // MARK: Answers to those who wait

    func deliver(_ waiter: PoolWaiterID, _ id: PoolConnectionID) {
        let (found, leased) = state.withLock { state -> (Waiter?, Result<PoolLeased, PostgresError>) in
            let found = state.waiters.remove(waiter)
            if case .query(let query) = found { give(id, to: query, state) }
            return (found, Self.leased(id, state))
        }
        switch found {
        case .query(let query): query.goOn()
        case .task(let task): task.resume(returning: leased)
        case nil: break
        }
    }

    func fail(_ waiter: PoolWaiterID, _ reason: PoolFailure) {
        let (found, connectError) = state.withLock { ($0.waiters.remove(waiter), $0.connectError) }
        let error: PostgresError =
            switch reason {
            case .timedOut:
                PostgresError(
                    .poolTimeout,
                    "no connection became free within \(options.acquireTimeout): all \(options.maximumConnections) are in use",
                    advice: "Is a connection held while waiting for another one, or for something slow? Else raise "
                        + "maximumConnections", safeToRetry: true)
            case .connectFailed:
                connectError ?? PostgresError(.connectionFailed, "no connection could be made", safeToRetry: true)
            case .unavailable: Self.unavailable(connectError)
            case .cancelled: Self.cancelled
            case .closed: Self.closed
            }
        switch found {
        case .query(let query):
            state.withLock { _ in query.lease = .failure(error) }
            query.goOn()
        case .task(let task): task.resume(returning: .failure(error))
        case nil: break
        }
    }

    private static let cancelled = PostgresError(
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
