import PostgresORM

/// A row of `kv`.
struct KeyValue: Model {
    var id: Int64
    var payload: String
    var data: String

    static let schema = Schema(
        "kv", KeyValue.init, Column("id", \.id, .primaryKey), Column("payload", \.payload),
        Column("data", \.data, .type("jsonb")))
}

/// Rows looked up by their key by tasks that run side by side.
enum Lookups {
    /// 64 tasks over 16 connections; with `gathers`, what they ask for in one turn is one statement.
    static func find64(
        _ configuration: PostgresConfiguration, gathers: Bool, _ report: Report
    ) async throws -> Figures {
        let options = PostgresPoolOptions(maximumConnections: 16, minimumConnections: 16)
        let pool = try PostgresPool(configuration, options: options)
        let total = report.number(100_000)
        try await find(1_024, of: pool, gathers)
        let start = Report.Moment()
        try await find(total, of: pool, gathers)
        let figures = report.figures(total, since: start)
        await pool.close()
        return figures
    }

    private static func find(_ total: Int, of pool: PostgresPool, _ gathers: Bool) async throws {
        if gathers {
            try await find(total, in: CoalescingPool(pool), on: pool.taskExecutor)
        } else {
            try await find(total, in: pool, on: pool.taskExecutor)
        }
    }

    private static func find(
        _ total: Int, in database: some PostgresDatabase, on executor: any TaskExecutor
    ) async throws {
        try await withThrowingTaskGroup(of: Int.self) { group in
            for worker in 0..<64 {
                let share = total / 64 + (worker < total % 64 ? 1 : 0)
                group.addTask(executorPreference: executor) {
                    var ids = RandomIDs()
                    var sink = Sink()
                    for _ in 0..<share {
                        guard let row = try await KeyValue.find(ids.next(), in: database) else { continue }
                        sink.use(Int(row.id) &+ row.payload.utf8.count &+ row.data.utf8.count)
                    }
                    return sink.sum
                }
            }
            try await group.waitForAll()
        }
    }
}
