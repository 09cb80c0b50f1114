import Postgres

/// How many allocations an operation of a workload, or a row, may take. More is a mistake or a decision: then the number
/// here goes up in the same commit, and the commit says why. Fewer: it goes down.
///
/// Each is what was counted and some half more, so that one more fails; for rows, a tenth. The two of a row of `drain` and
/// `copyout` are its strings: nothing else is made for a row, and what is above two is for the batches that rows come in.
struct Threshold {
    let workload: Workload
    /// So many operations or rows are enough: what is only made once must not count.
    let number: Int
    let debug: Double
    let release: Double

    static let all = [
        Threshold(workload: .ping, number: 3000, debug: 16.4, release: 4.4),
        Threshold(workload: .point, number: 3000, debug: 17.4, release: 5.4),
        Threshold(workload: .insert, number: 3000, debug: 16.8, release: 4.4),
        Threshold(workload: .insertBatch, number: 10_000, debug: 28.6, release: 3.4),
        Threshold(workload: .pool16, number: 5000, debug: 21.7, release: 7.5),
        Threshold(workload: .pipeline, number: 10_000, debug: 23.4, release: 4.4),
        Threshold(workload: .drain, number: 50_000, debug: 2.3, release: 2.1),
        Threshold(workload: .copyin, number: 50_000, debug: 0.05, release: 0.05),
        Threshold(workload: .copyout, number: 50_000, debug: 2.3, release: 2.1),
    ]

    /// What holds for this build.
    private var limit: Double {
        #if DEBUG
        debug
        #else
        release
        #endif
    }

    /// Another compiler leaves other allocations away: these numbers are of Swift 6.3.
    #if compiler(>=6.3) && compiler(<6.4)
    private static let holds = true
    #else
    private static let holds = false
    #endif

    /// The least of up to three counts. Where a machine is busy, more tasks find no connection free or have to suspend, which
    /// takes allocations; nothing takes them away.
    private func count(_ configuration: PostgresConfiguration, _ options: Options) async throws -> Double {
        var least = Double.infinity
        for _ in 0..<3 where least > limit {
            least = min(least, try await workload.run(configuration, options).allocations ?? .infinity)
        }
        return least
    }

    /// Counts each workload of the list, makes the tables that it needs, and prints a line for each.
    /// - Returns: false when there was too much of anything.
    static func check(_ configuration: PostgresConfiguration, _ options: Options) async throws -> Bool {
        try await Tables.make(configuration, events: 1000)
        var isFine = true
        for threshold in all {
            var options = options
            options.number = threshold.number
            let allocations = try await threshold.count(configuration, options)
            let isWithin = allocations <= threshold.limit
            isFine = isFine && isWithin
            print(
                "\(isWithin ? "ok       " : "TOO MANY ") \(threshold.workload.rawValue):",
                "\((allocations * 1000).rounded() / 1000) allocations, at most \(threshold.limit)")
        }
        if !holds { print("not compared: the limits were counted with Swift 6.3") }
        return isFine || !holds
    }
}
