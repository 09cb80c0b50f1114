import Postgres

/// Small questions: one at a time, pipelined, through a pool; and connecting.
enum Reads {
    private static let point = PostgresStatement("SELECT id,payload,data FROM kv WHERE id=$1")

    @inline(__always)
    private static func use(_ rows: PostgresRows, _ sink: inout Sink) async throws {
        for try await (id, payload, data) in rows.decode(as: (Int64, String, String).self) {
            sink.use(Int(id) &+ payload.utf8.count &+ data.utf8.count)
        }
    }

    static func ping(_ connection: PostgresConnection, _ report: Report) async throws -> Figures {
        let ping = PostgresStatement("SELECT $1::int4")
        var sink = Sink()
        let count = report.number(20_000)
        var start = Report.Moment()
        for number in -1000..<count {
            if number == 0 { start = Report.Moment() }
            let answer = try await connection.query(ping(Int32(number)), as: Int32.self).first()
            sink.use(Int(answer ?? 0))
        }
        return report.figures(count, since: start)
    }

    static func point(_ connection: PostgresConnection, _ report: Report) async throws -> Figures {
        var ids = RandomIDs()
        var sink = Sink()
        let count = report.number(20_000)
        var start = Report.Moment()
        for number in -1000..<count {
            if number == 0 { start = Report.Moment() }
            try await use(try await connection.query(point(ids.next())), &sink)
        }
        return report.figures(count, since: start)
    }

    static func pipeline(_ connection: PostgresConnection, _ report: Report) async throws -> Figures {
        var ids = RandomIDs()
        var sink = Sink()
        let count = report.number(50_000)
        var start = Report.Moment()
        for number in stride(from: -1000, to: count, by: 100) {
            if number == 0 { start = Report.Moment() }
            let queries = (0..<100).map { _ in point(ids.next()) }
            for try await rows in try await connection.pipeline(queries) { try await use(rows, &sink) }
        }
        return report.figures(count, since: start)
    }

    static func any100(_ connection: PostgresConnection, _ report: Report) async throws -> Figures {
        let any = PostgresStatement("SELECT id,payload,data FROM kv WHERE id=ANY($1::int8[])")
        var ids = RandomIDs()
        var sink = Sink()
        let count = report.number(50_000)
        var start = Report.Moment()
        for number in stride(from: -1000, to: count, by: 100) {
            if number == 0 { start = Report.Moment() }
            try await use(try await connection.query(any((0..<100).map { _ in ids.next() })), &sink)
        }
        return report.figures(count, since: start)
    }

    /// 64 tasks share 16 connections.
    static func pool16(
        _ configuration: PostgresConfiguration, queriesPerConnection: Int, _ report: Report
    ) async throws -> Figures {
        let pool = try PostgresPool(
            configuration,
            options: PostgresPoolOptions(
                maximumConnections: 16, minimumConnections: 16, queriesPerConnection: queriesPerConnection))
        let total = report.number(50_000)
        try await questions(1008, of: pool)
        let start = Report.Moment()
        try await questions(total, of: pool)
        let figures = report.figures(total, since: start)
        await pool.close()
        return figures
    }

    private static func questions(_ total: Int, of pool: PostgresPool) async throws {
        try await withThrowingTaskGroup(of: Int.self) { group in
            for worker in 0..<64 {
                let share = total / 64 + (worker < total % 64 ? 1 : 0)
                group.addTask(executorPreference: pool.taskExecutor) {
                    var ids = RandomIDs()
                    var sink = Sink()
                    for _ in 0..<share { try await use(try await pool.query(point(ids.next())), &sink) }
                    return sink.sum
                }
            }
            try await group.waitForAll()
        }
    }

    /// From the thread that connections live on, where a pool opens them as well.
    static func connect(_ configuration: PostgresConfiguration, _ report: Report) async throws -> Figures {
        let count = report.number(200)
        let pool = try PostgresPool(configuration)
        let figures = try await Task(executorPreference: pool.taskExecutor) {
            let start = Report.Moment()
            for _ in 0..<count {
                let connection = try await PostgresConnection.connect(configuration)
                await connection.close()
            }
            return report.figures(count, since: start)
        }.value
        await pool.close()
        return figures
    }
}
