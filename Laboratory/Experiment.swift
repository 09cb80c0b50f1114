import Foundation
import Postgres
import PostgresLocks
import PostgresTestKit

/// A server, a proxy before it, a pool, tasks that work, and faults that happen to them.
final class Experiment: Sendable {
    struct State {
        var ledger = Ledger()
        var tally = Tally()
        var violations: [String] = []
        var nextFault = 0
        var nextOperation = 0
        /// What the next new connections have to bear.
        var plansForNew: [FaultPlan] = []
    }

    static let applicationName = "laboratory"
    /// After so many violations no more faults are brought about.
    private static let enough = 50

    let options: Options
    let server: TemporaryServer
    let proxy: FaultProxy
    let pool: PostgresPool
    /// Past the proxy.
    let admin: PostgresPool
    let watchdog: Watchdog
    let state: Mutex<State>
    /// For one process killed at a time: the server must be back before the next.
    private let isKilling = Mutex(false)

    init(_ options: Options, on server: TemporaryServer, _ bark: @escaping @Sendable ([String]) -> Void) throws {
        self.options = options
        self.server = server
        state = Mutex(State())
        proxy = try FaultProxy(port: server.port)
        var configuration = server.networkConfiguration
        admin = try PostgresPool(server.configuration, options: PostgresPoolOptions(maximumConnections: 2))
        configuration.port = proxy.port
        configuration.applicationName = Self.applicationName
        configuration.connectTimeout = .seconds(2)
        configuration.queryTimeout = .seconds(2)
        configuration.cancelTimeout = .milliseconds(500)
        pool = try PostgresPool(
            configuration,
            options: PostgresPoolOptions(
                maximumConnections: options.connections, queriesPerConnection: options.sharing,
                acquireTimeout: .seconds(10), shutdownGrace: .seconds(10)))
        watchdog = Watchdog(bark)
        proxy.plan { [weak self] _ in
            self?.state.withLock { $0.plansForNew.popLast() } ?? FaultPlan()
        }
    }

    /// Makes the tables.
    func prepare() async throws {
        try await admin.execute(
            script: """
                CREATE TABLE writes (op int8 NOT NULL, k int8 NOT NULL, account int8, amount int8, pad text);
                CREATE TABLE accounts (id int8 PRIMARY KEY, balance int8 NOT NULL);
                INSERT INTO accounts SELECT n, \(Operation.total / Operation.accounts)
                    FROM generate_series(0, \(Operation.accounts - 1)) n
                """)
    }

    /// Runs the tasks until there are no faults left.
    func run(_ progress: ProgressLine) async {
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<options.tasks {
                // Half of them on the thread of the connections.
                group.addTask(executorPreference: task % 2 == 0 ? nil : pool.taskExecutor) {
                    await self.work(task, progress)
                }
            }
        }
    }

    private func work(_ task: Int, _ progress: ProgressLine) async {
        var random = Randomness(seed: options.seed, stream: UInt64(task) << 1)
        while var fault = takeFault(progress) {
            if fault.kind == .cancel {
                // An operation that has fewer waits than that ends before: then it is the next one's.
                var tries = 0
                while await !operate(task, cancel: fault, &random), !isHopeless {
                    tries += 1
                    if tries % 50 == 0 { fault.comesSooner() }
                }
                note(fault.kind)
            } else {
                await bring(fault)
                _ = await operate(task, cancel: nil, &random)
            }
            if Bool.random(using: &random) { _ = await operate(task, cancel: nil, &random) }
        }
    }

    private func takeFault(_ progress: ProgressLine) -> Fault? {
        let (number, violations) = state.withLock { state -> (Int?, Int) in
            guard state.nextFault < options.faults, state.violations.count < Self.enough else { return (nil, 0) }
            state.nextFault += 1
            return (state.nextFault - 1, state.violations.count)
        }
        guard let number else { return nil }
        progress.show(number, of: options.faults, violations: violations)
        return Fault(number: number, seed: options.seed, isEncrypted: options.isEncrypted)
    }

    /// Whether to go on would show nothing new.
    private var isHopeless: Bool { state.withLock { $0.violations.count >= Self.enough } }

    func note(_ kind: Fault.Kind) { state.withLock { $0.tally.faults[kind.rawValue, default: 0] += 1 } }

    /// One operation; whether it was cancelled before its end.
    private func operate(_ task: Int, cancel: Fault?, _ random: inout Randomness) async -> Bool {
        let number = state.withLock { state in
            state.nextOperation += 1
            return state.nextOperation
        }
        let operation = Operation(number: number, isQuery: options.isQueriesOnly, &random)
        let trail = Trail(task: task, operation: number, name: operation.kind.rawValue, cancel: cancel)
        watchdog.begin(trail)
        let result = Mutex(Verdict.success)
        let running = Task(executorPreference: task % 2 == 0 ? nil : pool.taskExecutor) {
            do {
                try await operation.run(on: self.pool, trail)
            } catch {
                result.withLock { $0 = Verdict(error, of: operation, isEncrypted: self.options.isEncrypted) }
            }
            self.watchdog.end(trail)
        }
        trail.follow(running)
        await running.value
        let verdict = result.withLock(\.self)
        state.withLock { record(operation, verdict, trail, &$0) }
        // A server that is away is not asked again at once.
        if verdict.code != nil, trail.cancelledAt == nil { try? await Task.sleep(for: .milliseconds(20)) }
        return cancel != nil && trail.cancelledAt != nil
    }

    private func record(_ operation: Operation, _ verdict: Verdict, _ trail: Trail, _ state: inout State) {
        if operation.rows > 0 {
            state.ledger.add(
                operation.number,
                Ledger.Entry(
                    name: operation.kind.rawValue, rows: operation.rows, told: verdict.told, reason: verdict.reason))
        }
        state.tally.operations[operation.kind.rawValue, default: 0] += 1
        if let code = verdict.code { state.tally.errors[code, default: 0] += 1 }
        if let place = trail.cancelledAt { state.tally.cancelledAt[place, default: 0] += 1 }
        if let violation = verdict.violation {
            state.violations.append("operation \(operation.number), \(operation.kind.rawValue): \(violation)")
        }
    }

    // MARK: Faults

    private func bring(_ fault: Fault) async {
        switch fault.kind {
        case .cancel: break
        case .end, .kill: await endProcess(fault)
        default:
            if fault.isForNew {
                state.withLock { $0.plansForNew.append(fault.plan) }
            } else {
                // There may be none now, as while the server is away.
                while !isHopeless {
                    let connections = proxy.connections
                    if !connections.isEmpty {
                        let number = connections[Int(fault.choice % UInt64(connections.count))]
                        if proxy.apply(fault.plan, to: [number]) == 1 { break }
                    }
                    try? await Task.sleep(for: .milliseconds(5))
                }
            }
            note(fault.kind)
        }
    }

    private func endProcess(_ fault: Fault) async {
        if fault.kind == .kill {
            while isKilling.withLock({ state in
                defer { state = true }
                return state
            }) { try? await Task.sleep(for: .milliseconds(20)) }
        }
        while !isHopeless {
            do {
                let ids = try await admin.query(
                    """
                    SELECT pid::int8 FROM pg_stat_activity WHERE application_name = \(Self.applicationName) ORDER BY pid
                    """, as: Int.self
                ).collect()
                if !ids.isEmpty {
                    let id = ids[Int(fault.choice % UInt64(ids.count))]
                    if fault.kind == .kill { try server.kill(backend: id) } else { try server.end(backend: id) }
                    break
                }
            } catch {
                // It has gone by itself, or the server is away.
            }
            try? await Task.sleep(for: .milliseconds(10))
        }
        note(fault.kind)
        if fault.kind == .kill { isKilling.withLock { $0 = false } }
    }
}
