import Postgres
import Synchronization

/// Everything that a pool does, at once and without a pause: what memory and descriptors do meanwhile.
enum Endurance {
    private static let table = "egret_endurance"

    static func run(_ configuration: PostgresConfiguration, _ options: Options) async throws -> Bool {
        let duration = Duration.seconds(options.seconds ?? 600)
        let descriptorsBefore = try await PostgresConnection.withConnection(configuration) { connection in
            try await connection.execute(
                script: "DROP TABLE IF EXISTS \(table); CREATE UNLOGGED TABLE \(table) (id int8, note text)")
            return ProcessUse.descriptors - 1
        }
        // Young connections: thousands are replaced on the way.
        let pool = try PostgresPool(
            configuration, options: PostgresPoolOptions(maximumConnections: 10, maximumLifetime: .seconds(2)))
        let counts = Counts()
        let end = ContinuousClock.now + duration
        let uses = try await withThrowingTaskGroup(of: [ProcessUse].self) { group in
            for work in Work.allCases {
                for _ in 0..<work.tasks {
                    group.addTask {
                        while ContinuousClock.now < end {
                            do {
                                try await work.once(pool, table)
                                counts.add(work)
                            } catch let error as PostgresError where error.isLoss {
                                counts.addLoss()
                            }
                        }
                        return []
                    }
                }
            }
            group.addTask { try await watch(duration, counts, pool) }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        try await pool.execute(PostgresQuery(raw: "DROP TABLE \(table)"))
        let replaced = pool.statistics.connects
        await pool.close()
        // Sockets are closed on their loop's next turn.
        try await Task.sleep(for: .milliseconds(500))
        return report(uses, counts, replaced: replaced, descriptorsBefore: descriptorsBefore)
    }

    /// A line for each tenth of the time; the peaks of all tenths.
    private static func watch(_ duration: Duration, _ counts: Counts, _ pool: PostgresPool) async throws -> [ProcessUse]
    {
        let start = ContinuousClock.now
        var peaks: [ProcessUse] = []
        for tenth in 1...10 {
            var peak = ProcessUse()
            while ContinuousClock.now < start + duration / 10 * tenth {
                peak.raise()
                try await Task.sleep(for: .milliseconds(200))
            }
            peaks.append(peak)
            printNow(
                "{\"trial\":\"endurance\",\"part\":\(Double(tenth) / 10),\"resident_mb\":\(peak.megabytes.thousandths),"
                    + "\"descriptors\":\(peak.descriptors),\"connects\":\(pool.statistics.connects),\(counts.fields)}")
        }
        return peaks
    }

    /// The second half may peak a twentieth above the first three tenths, and two megabytes, which are the allocator's.
    private static func report(
        _ uses: [ProcessUse], _ counts: Counts, replaced: UInt64, descriptorsBefore: Int
    ) -> Bool {
        let early = ProcessUse(peakOf: uses.prefix(3))
        let late = ProcessUse(peakOf: uses.suffix(5))
        let left = ProcessUse.descriptors - descriptorsBefore
        let isFlat = late.megabytes <= early.megabytes * 1.05 + 2
        // Ten connections, and one for each statement that is being cancelled.
        let areFew = late.descriptors <= early.descriptors + 5 && left <= 0
        printNow(
            "{\"trial\":\"endurance\",\"early_peak_mb\":\(early.megabytes.thousandths),"
                + "\"late_peak_mb\":\(late.megabytes.thousandths),\"early_descriptors\":\(early.descriptors),"
                + "\"late_descriptors\":\(late.descriptors),\"descriptors_left\":\(left),\"connects\":\(replaced),"
                + "\(counts.fields),\"holds\":\(isFlat && areFew)}")
        return isFlat && areFew
    }
}

/// How often each kind of work has been done.
private final class Counts: Sendable {
    private let counts = Mutex<[Endurance.Work: Int]>([:])
    private let losses = Atomic(0)

    func add(_ work: Endurance.Work) { counts.withLock { $0[work, default: 0] += 1 } }

    func addLoss() { losses.wrappingAdd(1, ordering: .relaxed) }

    /// Fields of a JSON object.
    var fields: String {
        let counts = counts.withLock { $0 }
        let fields = Endurance.Work.allCases.filter { $0 != .loss }.map { "\"\($0.rawValue)\":\(counts[$0] ?? 0)" }
        return (fields + ["\"lost\":\(losses.load(ordering: .relaxed))"]).joined(separator: ",")
    }
}
