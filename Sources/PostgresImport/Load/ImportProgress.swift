import PostgresLocks

/// How far an import has come.
public struct ImportProgress: Sendable {
    /// What is being done.
    public enum Phase: String, Sendable {
        /// Rows go in.
        case loading
        /// Keys and indexes are made.
        case indexing
        /// The tables are moved to their schema, foreign keys are added.
        case publishing
        /// Both sides are read again and compared.
        case verifying
    }

    /// What is being done.
    public var phase: Phase
    /// The table last worked on.
    public var table: String
    /// Rows done in this phase.
    public var rows: Int
    /// Rows there are, as the plan counted them.
    public var totalRows: Int
    /// Bytes sent to the server.
    public var bytes: Int
    /// Since the phase began.
    public var elapsed: Duration

    /// Rows a second since the phase began.
    public var rowsPerSecond: Double { elapsed.seconds > 0 ? Double(rows) / elapsed.seconds : 0 }
}

/// Adds up what several jobs report.
final class ProgressBoard: Sendable {
    private struct Sums {
        var rows = 0
        var bytes = 0
    }

    private let sums = Mutex(Sums())
    private let phase: ImportProgress.Phase
    private let totalRows: Int
    private let start = ContinuousClock.now
    private let report: @Sendable (ImportProgress) -> Void

    init(
        _ phase: ImportProgress.Phase, totalRows: Int, report: @escaping @Sendable (ImportProgress) -> Void
    ) {
        self.phase = phase
        self.totalRows = totalRows
        self.report = report
    }

    var elapsed: Duration { ContinuousClock.now - start }

    func add(table: String, rows: Int, bytes: Int) {
        let now = sums.withLock { sums in
            sums.rows += rows
            sums.bytes += bytes
            return sums
        }
        report(
            ImportProgress(
                phase: phase, table: table, rows: now.rows, totalRows: totalRows, bytes: now.bytes, elapsed: elapsed))
    }
}
