import Postgres

/// A million rows out of the server: those of a table, or as many as were asked for, made by the server.
enum Streams {
    private static func events(_ report: Report) -> String {
        report.options.number.map(Tables.events) ?? "SELECT * FROM events_1m"
    }

    static func drain(_ connection: PostgresConnection, _ report: Report) async throws -> Figures {
        var memory = report.memory(rows: report.number(1_000_000))
        let start = Report.Moment()
        var count = 0
        var sink = Sink()
        let rows = try await connection.query(PostgresQuery(raw: events(report)))
        for try await event in rows.decode({ (row) throws(PostgresError) in try Event(&row) }) {
            event.use(&sink)
            count += 1
            memory.passed(count)
        }
        return report.figures(count, since: start, memory: memory)
    }

    static func drainRaw(_ connection: PostgresConnection, _ report: Report) async throws -> Figures {
        let start = Report.Moment()
        var count = 0
        for try await _ in try await connection.query(PostgresQuery(raw: events(report))) { count += 1 }
        return report.figures(count, since: start)
    }

    static func copyOut(_ connection: PostgresConnection, _ report: Report) async throws -> Figures {
        var memory = report.memory(rows: report.number(1_000_000))
        let start = Report.Moment()
        var count = 0
        var sink = Sink()
        let source: PostgresCopySource = report.options.number == nil ? .table("events_1m") : .query(events(report))
        let rows = try await connection.copy(from: source)
        for try await event in rows.decode({ (row) throws(PostgresError) in try Event(&row) }) {
            event.use(&sink)
            count += 1
            memory.passed(count)
        }
        return report.figures(count, since: start, memory: memory)
    }

    static func range100(_ connection: PostgresConnection, _ report: Report) async throws -> Figures {
        let range = PostgresStatement("SELECT * FROM events_1m WHERE id BETWEEN $1::int4 AND $1::int4+99")
        var start = Report.Moment()
        var count = 0
        var sink = Sink()
        for number in -100..<report.number(5000) {
            if number == 0 {
                count = 0
                start = Report.Moment()
            }
            let rows = try await connection.query(range(Int32.random(in: 1...999_900)))
            for try await event in rows.decode({ (row) throws(PostgresError) in try Event(&row) }) {
                event.use(&sink)
                count += 1
            }
        }
        return report.figures(count, since: start)
    }
}
