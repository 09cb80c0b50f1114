import Postgres
import Synchronization

/// Rows into `events_in`: by COPY, by INSERT, by batches of INSERTs.
enum Writes {
    private static let insert = PostgresStatement("INSERT INTO events_in VALUES ($1,$2,$3,$4,$5,$6,$7,$8)")

    static func copyIn(_ connection: PostgresConnection, _ report: Report) async throws -> Figures {
        try await connection.execute("TRUNCATE events_in")
        let source = EventSource()
        let rows = report.number(1_000_000)
        let taken = Mutex(ResidentMemory?.none)
        let start = Report.Moment()
        let count = try await connection.copy(into: "events_in") { copy in
            var memory = report.memory(rows: rows)
            for number in 1...rows {
                let event = source.event(number)
                try await copy.writeRow { (row) throws(PostgresError) in try event.append(to: &row) }
                memory.passed(number)
            }
            taken.withLock { [memory] in $0 = memory }
        }
        return report.figures(count, since: start, memory: taken.withLock { $0 })
    }

    @inline(__always)
    private static func statement(_ event: Event) -> PostgresQuery {
        insert(event.id, event.account, event.amount, event.name, event.at, event.active, event.uid, event.data)
    }

    static func insert(_ connection: PostgresConnection, _ report: Report) async throws -> Figures {
        try await connection.execute("TRUNCATE events_in")
        let source = EventSource()
        let count = report.number(10_000)
        let start = Report.Moment()
        try await connection.withTransaction { transaction in
            for number in 1...count { try await transaction.execute(statement(source.event(number))) }
        }
        return report.figures(count, since: start)
    }

    private static let batchSize = 250

    static func insertBatch(_ connection: PostgresConnection, _ report: Report) async throws -> Figures {
        try await connection.execute("TRUNCATE events_in")
        let source = EventSource()
        let count = report.number(10_000)
        let start = Report.Moment()
        try await connection.withTransaction { transaction in
            try await withThrowingTaskGroup { group in
                for first in stride(from: 1, through: count, by: batchSize) {
                    // While the server works at one batch, the next is made.
                    let batch = (first..<min(first + batchSize, count + 1)).map { statement(source.event($0)) }
                    group.addTask { _ = try await transaction.batch(batch) }
                    // It is sent before the next is made: both have the same thread.
                    await Task.yield()
                    if first > batchSize { try await group.next() }
                }
                try await group.waitForAll()
            }
        }
        return report.figures(count, since: start)
    }
}
