import Postgres

/// Rows into `events_in`: by COPY, by INSERT, by batches of INSERTs.
enum Writes {
    private static let insert = PostgresStatement("INSERT INTO events_in VALUES ($1,$2,$3,$4,$5,$6,$7,$8)")

    static func copyIn(_ connection: PostgresConnection, _ report: Report) async throws {
        try await connection.execute("TRUNCATE events_in")
        let source = EventSource()
        let start = Report.Moment()
        let count = try await connection.copy(into: "events_in") { copy in
            for number in 1...1_000_000 {
                let event = source.event(number)
                try await copy.writeRow { (row) throws(PostgresError) in try event.append(to: &row) }
            }
        }
        report.print(count, since: start)
    }

    @inline(__always)
    private static func statement(_ event: Event) -> PostgresQuery {
        insert(event.id, event.account, event.amount, event.name, event.at, event.active, event.uid, event.data)
    }

    static func insert(_ connection: PostgresConnection, _ report: Report) async throws {
        try await connection.execute("TRUNCATE events_in")
        let source = EventSource()
        let start = Report.Moment()
        try await connection.withTransaction { transaction in
            for number in 1...10_000 { try await transaction.execute(statement(source.event(number))) }
        }
        report.print(10_000, since: start)
    }

    static func insertBatch(_ connection: PostgresConnection, _ report: Report) async throws {
        try await connection.execute("TRUNCATE events_in")
        let source = EventSource()
        let start = Report.Moment()
        try await connection.withTransaction { transaction in
            for first in stride(from: 1, through: 10_000, by: 1000) {
                try await transaction.batch((first..<(first + 1000)).map { statement(source.event($0)) })
            }
        }
        report.print(10_000, since: start)
    }
}
