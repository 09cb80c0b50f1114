import Postgres

/// A million rows out of the server.
enum Streams {
    static func drain(_ connection: PostgresConnection, _ report: Report) async throws {
        let start = Report.Moment()
        var count = 0
        var sink = Sink()
        let rows = try await connection.query("SELECT * FROM events_1m")
        for try await event in rows.decode({ (row) throws(PostgresError) in try Event(&row) }) {
            event.use(&sink)
            count += 1
        }
        report.print(count, since: start)
    }

    static func drainRaw(_ connection: PostgresConnection, _ report: Report) async throws {
        let start = Report.Moment()
        var count = 0
        for try await _ in try await connection.query("SELECT * FROM events_1m") { count += 1 }
        report.print(count, since: start)
    }

    static func copyOut(_ connection: PostgresConnection, _ report: Report) async throws {
        let start = Report.Moment()
        var count = 0
        var sink = Sink()
        let rows = try await connection.copy(from: .table("events_1m"))
        for try await event in rows.decode({ (row) throws(PostgresError) in try Event(&row) }) {
            event.use(&sink)
            count += 1
        }
        report.print(count, since: start)
    }

    static func range100(_ connection: PostgresConnection, _ report: Report) async throws {
        let range = PostgresStatement("SELECT * FROM events_1m WHERE id BETWEEN $1::int4 AND $1::int4+99")
        var start = Report.Moment()
        var count = 0
        var sink = Sink()
        for number in -100..<5000 {
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
        report.print(count, since: start)
    }
}
