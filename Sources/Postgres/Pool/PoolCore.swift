import PostgresLocks
import PostgresPooling
import PostgresTransport
import PostgresWire

/// The pool machine with what it must not know: sessions, waiting tasks, a clock.
///
/// The machine decides under the lock; its actions run after the lock is released.
final class PoolCore: Sendable {
    /// Who waits for a connection. One word, since it is moved about for every query that waits.
    enum Waiter {
        case lease(LeaseWaiter)
        case query(PooledQuery)
    }

    /// A task that waits for a connection of its own.
    final class LeaseWaiter: @unchecked Sendable {
        // Unchecked: `task` is set before anybody else has the waiter, `result` is guarded by the pool's mutex.
        let caller: PostgresCaller
        @exclusivity(unchecked) var task: UnsafeContinuation<Void, Never>?
        @exclusivity(unchecked) var result: Result<PoolLeased, PostgresError>?

        init(_ caller: PostgresCaller) { self.caller = caller }
    }

    /// A connection, and who has it or had it last.
    struct Member {
        let session: Session
        let id: PoolConnectionID
        var caller = PostgresCaller()
        var leasedAt: Int64 = 0
        /// It has been held for too long, which was told.
        var isReported = false
    }

    struct State {
        var machine: PoolMachine
        var configuration: PostgresConfiguration
        /// By the index of the machine's identifiers.
        var members: [Member?]
        /// Connections in the making, to be cancelled.
        var connecting: [Task<Void, Never>?]
        var waiters = WaiterTable<Waiter>()
        var connectError: PostgresError?
        /// Connections that could not be made or were lost, the latest last.
        var errors: [(time: Int64, error: PostgresError)] = []
        /// No further server is taken for demoted before this.
        var nextDemotion = Int64.min
        /// Leases that were held for too long.
        var longLeases: UInt64 = 0
        var leaseTimer: EventLoop.Timer?
        var timer: EventLoop.Timer?
        var closing: [UnsafeContinuation<Void, Never>] = []
        var isClosed = false

        /// The session of a connection that is still there; its place may be another's by now.
        func session(of id: PoolConnectionID) -> Session? {
            guard let member = members[id.index], member.id == id else { return nil }
            return member.session
        }

        /// Keeps the last few.
        mutating func note(_ error: PostgresError, _ now: Int64) {
            if errors.count >= 5 { errors.removeFirst() }
            errors.append((now, error))
        }
    }

    /// Where the connections live, each on one of them.
    let loops: EventLoopGroup
    /// The place among them of the pool's first connection; the others follow in turn.
    private let firstPlace: Int
    /// Nil without tracers.
    let tracing: Tracing?
    let options: PostgresPoolOptions
    let hooks: PostgresPoolHooks
    /// How long a connection may have been idle to be handed out without a look at it, in nanoseconds.
    let validatesAfter: Int64
    /// In nanoseconds.
    let acquireTimeout: Int64
    let state: Mutex<State>

    init(
        _ configuration: PostgresConfiguration, _ options: PostgresPoolOptions, _ hooks: PostgresPoolHooks
    ) throws(PostgresError) {
        loops = try EventLoops.shared.group()
        firstPlace = loops.nextPlace()
        var configuration = configuration
        configuration.statementNews = StatementNews()
        self.options = options
        self.hooks = hooks
        validatesAfter = options.validatesAfter?.nanoseconds ?? .max
        acquireTimeout = options.acquireTimeout.nanoseconds
        tracing = Tracing(configuration)
        let machine = PoolMachine(
            PoolConfiguration(
                maximum: options.maximumConnections, minimum: options.minimumConnections,
                sharing: options.queriesPerConnection, places: loops.loops.count,
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
                machine: machine, configuration: configuration, members: Array(repeating: nil, count: count),
                connecting: Array(repeating: nil, count: count)))
    }

    /// Where the pool's timers are, and its listener.
    var loop: EventLoop { loops.loops[firstPlace] }

    /// Where a connection lives.
    private func loop(of id: PoolConnectionID) -> EventLoop {
        loops.loops[(id.index + firstPlace) % loops.loops.count]
    }

    /// Which connections live on the calling thread.
    var nearPlace: Int? {
        loops.currentPlace.map { ($0 + loops.loops.count - firstPlace) % loops.loops.count }
    }

    /// Changes the machine under the lock, then does what it asks for.
    func step(_ event: (inout State, Int64) -> PoolActions) {
        let now = monotonicNanoseconds()
        perform(state.withLock { event(&$0, now) }, now: now)
    }

    func start() {
        step { $0.machine.start(now: $1) }
        if let limit = options.leaseReportedAfter { watchLeases(limit.nanoseconds) }
    }

    // MARK: Actions

    func perform(_ actions: PoolActions, now: Int64) {
        actions.forEach { action in
            switch action {
            case .connect(let id): connect(id)
            case .close(let id):
                tracing?.event(.poolRetired)
                state.withLock { $0.session(of: id) }?.terminate()
            case .abort(let id): abort(id)
            case .deliver(let waiter, let id): deliver(waiter, id, now: now)
            case .fail(let waiter, let reason): fail(waiter, reason)
            case .scheduleTimer(let time): schedule(at: time)
            case .shutdownComplete: shutdownCompleted()
            }
        }
    }

    private func connect(_ id: PoolConnectionID) {
        // Made under the lock, so that it is noted before it can be through.
        state.withLock { $0.connecting[id.index] = Task(executorPreference: loop(of: id)) { await self.open(id) } }
    }

    private func open(_ id: PoolConnectionID) async {
        do throws(PostgresError) {
            let session = try await connected(on: loop(of: id))
            state.withLock { state in
                state.connecting[id.index] = nil
                state.connectError = nil
                state.members[id.index] = Member(session: session, id: id)
            }
            tracing?.event(.poolOpened)
            let isOpen = session.onClose { [self] in
                closed(id, session)
            } onSign: { [self] sign in
                heard(sign, from: session, id)
            }
            step { $0.machine.connected(id, now: $1) }
            if !isOpen { closed(id, session) }
        } catch {
            step { state, now in
                state.connecting[id.index] = nil
                // The pool itself gave it up, which says nothing of the server.
                if error.code != .cancelled {
                    state.connectError = error
                    state.note(error, now)
                }
                return state.machine.connectFailed(id, isRetryable: error.safeToRetry, now: now)
            }
        }
    }

    /// A session that is ready for the pool. The host's name is looked up, the kind of server and the password asked for,
    /// each time anew.
    private func connected(on loop: EventLoop) async throws(PostgresError) -> Session {
        let session = try await Connector(state.withLock { $0.configuration }, loop: loop).connect()
        guard let onConnect = hooks.onConnect else { return session }
        do throws(PostgresError) {
            try await session.lend(to: onConnect, "onConnect")
            // What it has set is what the connection is to be like.
            session.change { state, _ in state.hasLeftovers = false }
            return session
        } catch {
            session.terminate()
            throw error
        }
    }

    private func closed(_ id: PoolConnectionID, _ session: Session) {
        tracing?.event(.poolClosed)
        let reason = session.change { state, _ in state.closeReason }
        step { state, now in
            if let reason, state.machine.isLive(id) { state.note(reason, now) }
            if state.members[id.index]?.session === session { state.members[id.index] = nil }
            return state.machine.closed(id, now: now)
        }
    }

    /// The server has said something that concerns more than one statement.
    private func heard(_ sign: ServerSign, from session: Session, _ id: PoolConnectionID) {
        var isDemoted = false
        step { state, now in
            // A server that never took writes is said to be so by every statement that tries: once in a second will do.
            guard case .readOnly = sign, now >= state.nextDemotion else { return state.machine.retire(id, now: now) }
            isDemoted = true
            state.nextDemotion = saturatingSum(now, 1_000_000_000)
            let others = state.members.compactMap { $0 }.filter { $0.session.address == session.address }
            return state.machine.retire(others.map(\.id), now: now)
        }
        if isDemoted { tracing?.event(.poolServerDemoted(host: session.host.description)) }
    }

    private func abort(_ id: PoolConnectionID) {
        let (session, task) = state.withLock { ($0.session(of: id), $0.connecting[id.index]) }
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
        let useless = state.withLock { state -> EventLoop.Timer? in
            // Another thread has set it for what was decided since.
            guard state.machine.timerAt == time else { return timer }
            defer { state.timer = timer }
            return state.timer
        }
        if let useless { loop.cancel(useless) }
    }

    // MARK: The end

    func shutDown(grace: Duration) {
        step { $0.machine.shutDown(grace: grace.nanoseconds, now: $1) }
    }

    func close(grace: Duration) async {
        shutDown(grace: grace)
        await withUnsafeContinuation { waiter in
            let isClosed = state.withLock { state in
                if !state.isClosed { state.closing.append(waiter) }
                return state.isClosed
            }
            if isClosed { waiter.resume() }
        }
    }

    private func shutdownCompleted() {
        let (waiters, timers) = state.withLock { state in
            state.isClosed = true
            defer {
                state.closing = []
                state.timer = nil
                state.leaseTimer = nil
            }
            return (state.closing, [state.timer, state.leaseTimer])
        }
        for case let timer? in timers { loop.cancel(timer) }
        for waiter in waiters { waiter.resume() }
    }
}
