import PostgresLocks
import PostgresTransport
import PostgresTypes
import PostgresWire

/// The servers of a cluster, their pools, the tasks that watch them, and the tasks that wait for a primary.
///
/// A pool is retired when its server stops being what it was used for: those who wait for one of its connections get
/// `poolClosed` at once, and are sent to the server that has taken over.
final class ClusterCore: Sendable {
    struct State {
        var standings: ClusterStandings
        var pools: [PostgresPool?]
        /// The server that writes went to last.
        var reigning: Int?
        /// Raised when an error casts doubt on what is known.
        var doubts: UInt64 = 0
        /// Interrupts the pauses between checks.
        var pauses: [Int: Task<Void, Never>] = [:]
        var watchers: [Task<Void, Never>] = []
        var waiters: [UInt64: UnsafeContinuation<Void, Never>] = [:]
        var lastWaiter: UInt64 = 0
        var isClosed = false
    }

    let hosts: [PostgresHost]
    let configuration: PostgresConfiguration
    let options: PostgresClusterOptions
    private let loop: EventLoop
    private let state: Mutex<State>

    init(_ configuration: PostgresConfiguration, _ options: PostgresClusterOptions) throws(PostgresError) {
        try configuration.validate()
        hosts = configuration.hosts
        self.configuration = configuration
        self.options = options
        loop = try EventLoops.shared.group().loop()
        state = Mutex(
            State(
                standings: ClusterStandings(servers: hosts.count), pools: Array(repeating: nil, count: hosts.count)))
    }

    /// The same settings for one of the servers.
    func configuration(of server: Int) -> PostgresConfiguration {
        var configuration = configuration
        configuration.hosts = [hosts[server]]
        configuration.targetSession = .any
        return configuration
    }

    func start() {
        let watchers = hosts.indices.map { server in Task { await ClusterWatch(self, server).run() } }
        let isClosed = state.withLock { state in
            state.watchers = watchers
            return state.isClosed
        }
        if isClosed { for watcher in watchers { watcher.cancel() } }
    }

    // MARK: What is known

    func note(_ report: ClusterStandings.Report, of server: Int) {
        change { state in
            state.standings.note(report, of: server)
            return Self.retireOutdated(&state)
        }
    }

    func note(_ failure: PostgresError, of server: Int) {
        change { state in
            // A server that is full is still what it was.
            if failure.sqlState == .tooManyConnections, state.standings.report(of: server) != nil { return [] }
            state.standings.note(failure, of: server)
            var retired = Self.retireOutdated(&state)
            // Whoever writes has nowhere else to go yet; whoever reads has.
            if server != state.reigning, let pool = state.pools[server] {
                state.pools[server] = nil
                retired.append(pool)
            }
            return retired
        }
    }

    /// An error of a server that others may not have: all are asked again, and at once.
    func doubt() {
        let pauses = state.withLock { state in
            state.doubts &+= 1
            let pauses = state.pauses
            state.pauses = [:]
            return pauses
        }
        for pause in pauses.values { pause.cancel() }
    }

    private func change(_ body: (inout State) -> [PostgresPool]) {
        let (retired, waiters) = state.withLock { state -> ([PostgresPool], [UnsafeContinuation<Void, Never>]) in
            let retired = body(&state)
            guard state.standings.primary != nil || state.isClosed else { return (retired, []) }
            let waiters = Array(state.waiters.values)
            state.waiters = [:]
            return (retired, waiters)
        }
        for waiter in waiters { waiter.resume() }
        for pool in retired { Task { await pool.close() } }
    }

    /// Takes the pool away from a primary that is none any more.
    private static func retireOutdated(_ state: inout State) -> [PostgresPool] {
        guard let primary = state.standings.primary, primary != state.reigning else { return [] }
        defer { state.reigning = primary }
        guard let former = state.reigning, let pool = state.pools[former] else { return [] }
        state.pools[former] = nil
        return [pool]
    }

    /// How long a watcher pauses: less while there is doubt, or nobody takes writes.
    func pause(of server: Int, since doubts: UInt64) async {
        let isUrgent = state.withLock { $0.standings.primary == nil || $0.doubts != doubts }
        let length = isUrgent ? min(options.checkInterval, .milliseconds(50)) : options.checkInterval
        let pause = Task { _ = try? await Task.sleep(for: length) }
        let isOver = state.withLock { state in
            guard !state.isClosed, isUrgent || state.doubts == doubts else { return true }
            state.pauses[server] = pause
            return false
        }
        if isOver { pause.cancel() }
        await pause.value
    }

    var doubts: UInt64 { state.withLock { $0.doubts } }

    var members: [PostgresClusterMember] {
        let now = monotonicNanoseconds()
        return state.withLock { state in
            hosts.indices.map { server in
                var member = PostgresClusterMember(
                    host: hosts[server], role: state.standings.role(of: server),
                    lag: state.standings.lag(of: server, now: now).map { .nanoseconds($0) },
                    pool: state.pools[server]?.statistics)
                switch state.standings.answers[server] {
                case .none: break
                case .report(let report):
                    member.position = report.position
                    member.latency = .nanoseconds(report.answeredAt - report.askedAt)
                case .failure(let failure): member.failure = failure
                }
                return member
            }
        }
    }

    // MARK: Where to go

    /// The pool of the server that takes writes; waits until there is one, `acquireTimeout` at most.
    func primary(until deadline: Int64) async throws(PostgresError) -> PostgresPool {
        while true {
            let found = try state.withLock { (state) throws(PostgresError) in
                if state.isClosed { throw Self.closed }
                guard let primary = state.standings.primary else { return PostgresPool?.none }
                return try pool(of: primary, &state)
            }
            if let found { return found }
            if Task.isCancelled { throw Session.cancelled }
            guard monotonicNanoseconds() < deadline else { throw nobody("takes writes") }
            await waitForPrimary(until: deadline)
        }
    }

    /// The pool of a server that may answer a read.
    func reader(_ bounds: PostgresReadBounds, until deadline: Int64) async throws(PostgresError) -> PostgresPool {
        let found = try state.withLock { (state) throws(PostgresError) in
            if state.isClosed { throw Self.closed }
            let reader = state.standings.reader(
                maximumLag: bounds.maximumLag?.nanoseconds, after: bounds.position,
                fallsBack: options.readsFallBack, now: monotonicNanoseconds())
            guard let reader else { return PostgresPool?.none }
            return try pool(of: reader, &state)
        }
        if let found { return found }
        guard options.readsFallBack else { throw nobody("may answer this read") }
        return try await primary(until: deadline)
    }

    private func pool(of server: Int, _ state: inout State) throws(PostgresError) -> PostgresPool {
        if let pool = state.pools[server] { return pool }
        let pool = try PostgresPool(configuration(of: server), options: options.pool)
        state.pools[server] = pool
        return pool
    }

    private func waitForPrimary(until deadline: Int64) async {
        let id = state.withLock { state in
            state.lastWaiter &+= 1
            return state.lastWaiter
        }
        @Sendable func wake() { state.withLock { $0.waiters.removeValue(forKey: id) }?.resume() }
        let timer = loop.schedule(at: deadline) { wake() }
        await withTaskCancellationHandler {
            await withUnsafeContinuation { waiter in
                let mustWait = state.withLock { state in
                    guard state.standings.primary == nil, !state.isClosed, !Task.isCancelled,
                        monotonicNanoseconds() < deadline
                    else { return false }
                    state.waiters[id] = waiter
                    return true
                }
                if !mustWait { waiter.resume() }
            }
        } onCancel: {
            wake()
        }
        loop.cancel(timer)
    }

    private static let closed = PostgresError(.poolClosed, "the cluster is closed")

    private func nobody(_ does: String) -> PostgresError {
        let servers = members.map { member in
            if let failure = member.failure { return "\(member.host) is \(member.role.rawValue): \(failure.message)" }
            if member.role == .unreachable { return "\(member.host) has not answered yet" }
            return "\(member.host) is \(member.role.rawValue)"
        }
        return PostgresError(
            .connectionFailed, "no server of the cluster \(does): \(servers.joined(separator: "; "))",
            advice: "Is one of them being promoted? acquireTimeout is how long to wait for it", safeToRetry: true)
    }

    // MARK: The end

    var isClosed: Bool { state.withLock { $0.isClosed } }

    /// Stops watching, and hands over the pools that are to be closed.
    func shutDown() -> [PostgresPool] {
        let (pools, watchers, pauses, waiters) = state.withLock { state in
            state.isClosed = true
            let everything = (
                state.pools.compactMap { $0 }, state.watchers, Array(state.pauses.values), Array(state.waiters.values)
            )
            state.pools = Array(repeating: nil, count: hosts.count)
            state.watchers = []
            state.pauses = [:]
            state.waiters = [:]
            return everything
        }
        for task in watchers + pauses { task.cancel() }
        for waiter in waiters { waiter.resume() }
        return pools
    }
}
