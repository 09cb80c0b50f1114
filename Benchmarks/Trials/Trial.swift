import Postgres

/// A promise that is tried out rather than a speed that is measured: it holds or it does not.
enum Trial: String, CaseIterable {
    case fairness, idle, storm, endurance

    /// A line of the help.
    var help: String {
        switch self {
        case .fairness:
            "  fairness    N tasks (50, 200 and 1,000) over 10 connections, for S seconds each: the slowest hundredth waits"
                + "\n              five times as long as the median at most, and nobody is left behind"
        case .idle:
            "  idle        N pooled connections (1,000), new and after use: under 64 KB each, S seconds after they were used (4)"
        case .storm:
            "  storm       N connects at once (200), five times: 99 of 100 in 500 ms; storm-libpq.c does the same"
        case .endurance:
            "  endurance   everything at once for S seconds (600): memory and descriptors stay as they are"
        }
    }

    /// False where it does not hold.
    func run(_ configuration: PostgresConfiguration, _ options: Options) async throws -> Bool {
        switch self {
        case .fairness: try await Fairness.run(configuration, options)
        case .idle: try await Idle.run(configuration, options)
        case .storm: try await Storm.run(configuration, options)
        case .endurance: try await Endurance.run(configuration, options)
        }
    }
}
