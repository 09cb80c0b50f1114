import Postgres
import Synchronization

/// Many tasks over few connections: who has waited longest is next.
///
/// Each task asks without a pause, so that nearly all of them wait at any time: with N tasks over 10 connections an
/// answer takes N / 10 times as long as one alone, and the same for everybody if the pool is fair.
enum Fairness {
    /// How a task comes to a connection.
    private enum Way: String, CaseIterable {
        case query, lease
    }

    /// What one task has had: how long each answer took, and how many answers others got meanwhile.
    private struct Share: Sendable {
        var times: [Int64] = []
        var others: [Int] = []
    }

    private static let answers = Atomic<Int>(0)

    private static let statement = PostgresStatement("SELECT $1::int4")

    static func run(_ configuration: PostgresConfiguration, _ options: Options) async throws -> Bool {
        var isFair = true
        for way in Way.allCases {
            for tasks in options.number.map({ [$0] }) ?? [50, 200, 1000] {
                let shares = try await shares(way, tasks, configuration, .seconds(options.seconds ?? 5))
                let times = Times(shares.flatMap(\.times))
                let ratio = times.percentile(0.99) / max(times.percentile(0.5), 0.001)
                // The order alone, whatever the machine does.
                let others = shares.flatMap(\.others).sorted()
                let turns = (others[others.count / 2], others[others.count * 99 / 100])
                let counts = shares.map(\.times.count)
                let (least, most) = (counts.min() ?? 0, counts.max() ?? 0)
                // Who came last to the first round has one less; half of what others have is to be left behind.
                let holds = ratio <= 5 && least > 0 && least * 2 + 2 >= most
                isFair = isFair && holds
                let fields =
                    [
                        "\"trial\":\"fairness\"", "\"way\":\"\(way.rawValue)\"", "\"tasks\":\(tasks)",
                        "\"connections\":10", "\"operations\":\(times.count)",
                    ] + times.fields + [
                        "\"p99_to_p50\":\(ratio.thousandths)", "\"p50_turns\":\(turns.0)",
                        "\"p99_turns\":\(turns.1)", "\"least_per_task\":\(least)",
                        "\"most_per_task\":\(most)", "\"holds\":\(holds)",
                    ]
                printNow("{\(fields.joined(separator: ","))}")
            }
        }
        return isFair
    }

    private static func shares(
        _ way: Way, _ tasks: Int, _ configuration: PostgresConfiguration, _ duration: Duration
    ) async throws -> [Share] {
        let pool = try PostgresPool(
            configuration, options: PostgresPoolOptions(maximumConnections: 10, minimumConnections: 10))
        try await pool.warmUp()
        // Ten statements to parse and a thousand tasks to start are not what is measured.
        let begin = ContinuousClock.now + .milliseconds(500)
        let end = begin + duration
        let shares = try await withThrowingTaskGroup(of: Share.self) { group in
            for _ in 0..<tasks {
                group.addTask {
                    var share = Share()
                    while true {
                        let asked = ContinuousClock.now
                        if asked >= end { return share }
                        let before = answers.load(ordering: .relaxed)
                        switch way {
                        case .query: _ = try await pool.query(statement(1), as: Int32.self).first()
                        case .lease:
                            _ = try await pool.withConnection {
                                try await $0.query(statement(1), as: Int32.self).first()
                            }
                        }
                        let after = answers.wrappingAdd(1, ordering: .relaxed).oldValue
                        guard asked >= begin else { continue }
                        share.times.append(Times.since(asked))
                        share.others.append(after - before)
                    }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        await pool.close()
        return shares
    }
}
