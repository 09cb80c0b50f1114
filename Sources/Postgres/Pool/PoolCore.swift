import PostgresLocks
import PostgresPooling
import PostgresTransport
import PostgresWire

/// The pool machine with what it must not know: sessions, waiting tasks, a clock.
///
/// The machine decides under the lock; its actions run after the lock is released.
final class PoolCore: Sendable {
    /// Who waits for a connection.
    enum Waiter {
        case task(UnsafeContinuation<Result<PoolLeased, PostgresError>, Never>)
        case query(PooledQuery)
    }

    struct State {
        var machine: PoolMachine
        /// By the index of the machine's identifiers.
        var sessions: [Session?]
        /// Connections in the making, to be cancelled.
        var connecting: [Task<Void, Never>?]
        var waiters = WaiterTable<Waiter>()
        var connectError: PostgresError?
        var timer: EventLoop.Timer?
        var closing: [UnsafeContinuation<Void, Never>] = []
        var isClosed = false
    }

    /// Where the connections live.
    let loop: EventLoop
    private let configuration: PostgresConfiguration
    /// Nil without tracers.
    let tracing: Tracing?
    let options: PostgresPoolOptions
    /// In nanoseconds.
    let acquireTimeout: Int64
    let state: Mutex<State>

    init(_ configuration: PostgresConfiguration, _ options: PostgresPoolOptions) throws(PostgresError) {
        loop = try EventLoops.shared.loop()
        var configuration = configuration
        configuration.statementNews = StatementNews()
        self.configuration = configuration
        self.options = options
        acquireTimeout = options.acquireTimeout.nanoseconds
        tracing = Tracing(configuration)
        let machine = PoolMachine(
            PoolConfiguration(
                maximum: options.maximumConnections, minimum: options.minimumConnections,
                sharing: options.queriesPerConnection,
                idleTimeout: options.idleTimeout?.nanoseconds ?? .max,
                maximumLifetime: options.maximumLifetime?.nanoseconds ?? .max,
                unavailableAfter: options.unavailableAfter?.nanoseconds ?? .max,
                // A server may be starting together with its client, whose tasks wait as long as they wait for anything.
                unavailableAfterStart: options.unavailableAfter.map {
                    max($0.nanoseconds, options.acquireTimeout.nanoseconds)
                } ?? .max,
                seed: UInt64.random(in: .min ... .max)))
        let count = max(options.maximumConnections, 1)
        state = Mutex(
            State(
                machine: machine, sessions: Array(repeating: nil, count: count),
                connecting: Array(repeating: nil, count: count)))
    }

    /// Changes the machine under the lock, then does what it asks for.
    func step(_ event: (inout State, Int64) -> PoolActions) {
        let now = monotonicNanoseconds()
        perform(state.withLock { event(&$0, now) })
    }

    func start() { step { $0.machine.start(now: $1) } }

    // MARK: Actions

    func perform(_ actions: PoolActions) {
        actions.forEach { action in
            switch action {
            case .connect(let id): connect(id)
            case .close(let id):
                tracing?.event(.poolRetired)
                state.withLock { $0.sessions[id.index] }?.terminate()
            case .abort(let id): abort(id)
            case .deliver(let waiter, let id): deliver(waiter, id)
            case .fail(let waiter, let reason): fail(waiter, reason)
            case .scheduleTimer(let time): schedule(at: time)
            case .shutdownComplete: shutdownCompleted()
            }
        }
    }

    private func connect(_ id: PoolConnectionID) {
        // Made under the lock, so that it is noted before it can be through.
        state.withLock { $0.connecting[id.index] = Task(executorPreference: loop) { await self.open(id) } }
    }

    private func open(_ id: PoolConnectionID) async {
        do throws(PostgresError) {
            let session = try await Connector(configuration, loop: loop).connect()
            state.withLock { state in
                state.connecting[id.index] = nil
                state.sessions[id.index] = session
            }
            tracing?.event(.poolOpened)
            let isOpen = session.onClose { [self] in closed(id, session) }
            step { $0.machine.connected(id, now: $1) }
            if !isOpen { closed(id, session) }
        } catch {
            step { state, now in
                state.connecting[id.index] = nil
                // The pool itself gave it up, which says nothing of the server.
                if error.code != .cancelled { state.connectError = error }
                return state.machine.connectFailed(id, isRetryable: error.safeToRetry, now: now)
            }
        }
    }

    private func closed(_ id: PoolConnectionID, _ session: Session) {
        tracing?.event(.poolClosed)
        step { state, now in
            if state.sessions[id.index] === session { state.sessions[id.index] = nil }
            return state.machine.closed(id, now: now)
        }
    }

    private func abort(_ id: PoolConnectionID) {
        let (session, task) = state.withLock { ($0.sessions[id.index], $0.connecting[id.index]) }
        task?.cancel()
        guard let session else { return }
        // A server that is only hung up on goes on with the statement.
        Task {
            let error = PostgresError(.poolClosed, "the pool was closed while the statement was running")
            await session.makeClean(error)
            session.abort(error)
        }
    }

    private func schedule(at time: Int64) {
        let timer = loop.schedule(at: time) { [self] in step { $0.machine.timerFired(now: $1) } }
        let old = state.withLock { state in
            defer { state.timer = timer }
            return state.timer
        }
        if let old { loop.cancel(old) }
    }

    // MARK: The end

    func shutDown(grace: Duration) {
        step { $0.machine.shutDown(grace: grace.nanoseconds, now: $1) }
    }

    func close() async {
        shutDown(grace: options.shutdownGrace)
        await withUnsafeContinuation { waiter in
            let isClosed = state.withLock { state in
                if !state.isClosed { state.closing.append(waiter) }
                return state.isClosed
            }
            if isClosed { waiter.resume() }
        }
    }

    private func shutdownCompleted() {
        let (waiters, timer) = state.withLock { state in
            state.isClosed = true
            defer {
                state.closing = []
                state.timer = nil
            }
            return (state.closing, state.timer)
        }
        if let timer { loop.cancel(timer) }
        for waiter in waiters { waiter.resume() }
    }

    var statistics: PostgresPoolStatistics {
        let now = state.withLock { $0.machine.statistics }
        return PostgresPoolStatistics(
            idle: now.idle, leased: now.leased, connecting: now.connecting, waiting: now.waiting, maximum: now.maximum,
            leases: now.counters.leases, waits: now.counters.waits, timeouts: now.counters.timeouts,
            connects: now.counters.connects, connectFailures: now.counters.connectFailures)
    }
}
