import Foundation
import Postgres
import PostgresLocks
import PostgresTestKit

// Faults by the thousand, and a ledger; `Laboratory --help` has the rest. Ends with 1 when something does not hold, with 2
// when it does not offer what is asked for.

func complain(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }

/// Descriptors of this process.
func openDescriptors() -> Int {
    let path = FileManager.default.fileExists(atPath: "/proc/self/fd") ? "/proc/self/fd" : "/dev/fd"
    return (try? FileManager.default.contentsOfDirectory(atPath: path).count) ?? 0
}

func residentMegabytes() -> Int {
    let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
    let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    return pages * Int(sysconf(Int32(_SC_PAGESIZE))) / 1_048_576
}

/// One run; nil where the pool is still there when nobody has it any more.
func experiment(_ options: Options, on server: TemporaryServer, _ progress: ProgressLine) async throws -> (Report, Bool)
{
    weak var pool: PostgresPool?
    let before = openDescriptors()
    let began = ContinuousClock.now
    var report: Report
    do {
        let experiment = try Experiment(options, on: server) { stuck in
            progress.finish()
            complain("hanging, to be run again with --seed \(options.seed):")
            for line in stuck { complain("  " + line) }
            exit(1)
        }
        pool = experiment.pool
        try await experiment.prepare()
        await experiment.run(progress)
        let statistics = experiment.pool.statistics
        let happened = experiment.proxy.faultCount
        await experiment.settle()
        report = experiment.state.withLock { state in
            Report(
                seed: options.seed, tasks: options.tasks, connections: options.connections, seconds: 0,
                faults: state.tally.faults, faultsOnTheWay: happened, operations: state.tally.operations,
                writes: Dictionary(
                    uniqueKeysWithValues: Ledger.Told.allCases.map { ($0.rawValue, state.ledger.count($0)) }),
                errors: state.tally.errors, cancelledAt: state.tally.cancelledAt, poolConnects: statistics.connects,
                poolLeases: statistics.leases, descriptorsBefore: before, descriptorsAfter: 0,
                residentMegabytes: residentMegabytes(), violations: state.violations)
        }
    }
    // Threads that end, and sessions that say goodbye.
    let deadline = ContinuousClock.now + .seconds(20)
    while pool != nil || openDescriptors() > before, ContinuousClock.now < deadline {
        try await Task.sleep(for: .milliseconds(20))
    }
    report.descriptorsAfter = openDescriptors()
    report.seconds = (ContinuousClock.now - began) / .seconds(1)
    return (report, pool != nil)
}

let options: Options
do throws(Options.Misuse) {
    options = try Options(Array(ProcessInfo.processInfo.arguments.dropFirst()))
} catch {
    complain("error: \(error.message)\n       `Laboratory --help` tells what it takes")
    exit(2)
}
if options.wantsHelp {
    print(Options.help, terminator: "")
    exit(0)
}
let progress = ProgressLine(isWanted: !options.isJSON)
do {
    let server = try await TemporaryServer.start(
        TemporaryServer.Options(
            tls: options.isEncrypted ? TemporaryServer.TLS(isRequired: true) : nil,
            settings: ["max_connections": "300", "deadlock_timeout": "50ms"]))
    defer { server.stop() }
    // Whatever is opened once and kept is open before the descriptors are counted.
    try await PostgresConnection.withConnection(server.networkConfiguration) { _ = try await $0.execute("SELECT 1") }
    var (report, isHeld) = try await experiment(options, on: server, progress)
    progress.finish()
    if isHeld {
        report.violations.append("the pool is held by something that has not ended: a lease, a task, an answer")
    }
    if report.descriptorsAfter > report.descriptorsBefore {
        report.violations.append("\(report.descriptorsAfter - report.descriptorsBefore) descriptors are left open")
    }
    print(options.isJSON ? report.json : report.text)
    if !report.violations.isEmpty {
        server.stop()
        exit(1)
    }
} catch {
    progress.finish()
    complain("\(error)")
    exit(1)
}
