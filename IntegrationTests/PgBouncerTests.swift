import Foundation
import Postgres
import PostgresLocks
import PostgresTestKit
import Testing

/// Through a pooler that gives each transaction another server connection.
@Suite(.serialized, .enabled(if: PgBouncer.program != nil, "\(PgBouncer.isMissing)"), .timeLimit(.minutes(3)))
struct PgBouncerTests {
    private static func gather(_ configuration: PostgresConfiguration) -> (PostgresConfiguration, Notices) {
        var configuration = configuration
        let notices = Notices()
        configuration.onNotice = { notice in notices.texts.withLock { $0.append(notice.message) } }
        return (configuration, notices)
    }

    private final class Notices: Sendable {
        let texts = Mutex<[String]>([])
        var count: Int { texts.withLock { $0.count { $0.hasPrefix("egret: a pooler") } } }
    }

    @Test("trap 33: many clients, few servers: the names of statements are given up, by itself and said once")
    func findsThePooler() async throws {
        try await PgBouncer.with(connections: 3) { configuration in
            let (configuration, notices) = Self.gather(configuration)
            let pool = try PostgresPool(configuration, options: PostgresPoolOptions(maximumConnections: 8))
            // Chance may give each client one server all the time; a transaction takes away the one that was used last.
            try await pool.withConnection { one in
                try await one.check()
                try await pool.withTransaction { holder in
                    try await holder.check()
                    try await one.check()
                }
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<16 {
                    group.addTask {
                        for turn in 0..<40 {
                            let number = task * 1_000 + turn
                            let answer = try await pool.query(
                                "SELECT \(number)::int8, \(raw: "'\(turn % 7)'")", as: (Int, String).self
                            ).first()
                            #expect(answer?.0 == number)
                            #expect(answer?.1 == "\(turn % 7)")
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(notices.count == 1)
            await pool.close()
        }
    }

    @Test("trap 33: a transaction is not lost to a name that the pooler's other server does not know")
    func transactionsKeepTheirStatements() async throws {
        try await PgBouncer.with(connections: 2) { configuration in
            let same = PostgresStatement("SELECT $1::int8 + 1")
            try await withConnection(configuration) { one in
                #expect(try await one.value(same(1), as: Int.self) == 2)
                try await withConnection(configuration) { other in
                    // It gets the server that has just become free; for the first one there is another.
                    try await other.withTransaction { holder in
                        try await holder.check()
                        try await one.withTransaction { tx in
                            for number in 1...3 {
                                let answer = try await tx.value(same(number), as: Int.self)
                                #expect(answer == number + 1)
                            }
                        }
                    }
                }
            }
        }
    }

    @Test("trap 33: two clients on one server do not run each other's statements") func namesAreUnique() async throws {
        try await PgBouncer.with(connections: 1) { configuration in
            var configuration = configuration
            configuration.statementMode = .named
            try await withConnection(configuration) { one in
                try await withConnection(configuration) { other in
                    for turn in 0..<10 {
                        let first = try await one.value("SELECT 'one ' || \(turn)::int", as: String.self)
                        let second = try await other.value("SELECT 'other ' || \(turn)::int", as: String.self)
                        #expect([first, second] == ["one \(turn)", "other \(turn)"])
                    }
                }
            }
        }
    }

    @Test(
        "traps 33 and 41: a client that goes while its statements run leaves neither them nor their answers to the next"
    )
    func leavesNothing() async throws {
        try await PgBouncer.with(connections: 1) { configuration in
            for turn in 0..<4 {
                let connection = try await PostgresConnection.connect(configuration)
                if turn % 2 == 0 {
                    let results = try await connection.batchResults(
                        ["SELECT 'first'", "SELECT pg_sleep(600) /* left */", "SELECT 'third'"], isolation: .each,
                        timeout: .milliseconds(300))
                    #expect(try await results[0].get().decode(as: String.self).first() == "first")
                } else {
                    let task = Task { try await connection.execute("SELECT pg_sleep(600) /* left */") }
                    #expect(try await eventually { try await Self.countLeft() > 0 })
                    await connection.close()
                    try await failure { try await task.value }
                }
                try await withConnection(configuration) { next in
                    // The only connection to the server may be a new one by now, but is nobody's else.
                    let answer: PostgresQuery = "SELECT 'of its own'"
                    #expect(
                        try await next.query(answer, as: String.self, timeout: .seconds(60)).first() == "of its own")
                    try await next.check()
                }
                #expect(try await eventually { try await Self.countLeft() == 0 })
            }
        }
    }

    /// How many statements run that nobody waits for, seen past the pooler.
    private static func countLeft() async throws -> Int {
        try await withConnection(TestServer.directConfiguration) { connection in
            try await connection.value(
                "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%600) /* left */' AND state = 'active'")
        }
    }

    @Test("transactions, rows, COPY, batches and cancels", arguments: [PostgresStatementMode.automatic, .unnamed])
    func everythingElse(mode: PostgresStatementMode) async throws {
        try await PgBouncer.with(connections: 2) { configuration in
            var (configuration, notices) = Self.gather(configuration)
            configuration.statementMode = mode
            let pool = try PostgresPool(configuration, options: PostgresPoolOptions(maximumConnections: 4))
            try await pool.execute(script: "CREATE TABLE t (id int PRIMARY KEY, name text, at timestamptz)")
            let copied = try await pool.copy(into: "t") { copy in
                for id in 0..<1_000 { try await copy.write(id, "name \(id)", Date(timeIntervalSince1970: 0)) }
            }
            #expect(copied == 1_000)
            let rename = PostgresStatement("UPDATE t SET name = $2 WHERE id = $1")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<8 {
                    group.addTask {
                        for turn in 0..<10 {
                            let id = task * 10 + turn
                            // A pooler that was not known before its first error may cost one transaction.
                            try await Self.again(mode == .automatic ? 3 : 1) {
                                try await pool.withTransaction { tx in
                                    try await tx.execute("UPDATE t SET name = \("in \(id)") WHERE id = \(id)")
                                    let name = try await tx.value(
                                        "SELECT name FROM t WHERE id = \(id)", as: String.self)
                                    #expect(name == "in \(id)")
                                }
                            }
                            let changes = try await pool.batch([rename(id, "out"), rename(id, "back")])
                            #expect(changes.map { $0.commandResult?.rowCount } == [1, 1])
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await pool.value("SELECT count(*) FROM t WHERE name = \("back")", as: Int.self) == 80)
            let error = try await failure {
                try await pool.execute("SELECT pg_sleep(600)", timeout: .milliseconds(300))
            }
            #expect(error.code == .timeout)
            for try await row in try await pool.query("SELECT generate_series(1, 100000000)") {
                if try row.decode(0, as: Int32.self) == 10 { break }
            }
            let fetched = try await pool.withTransaction { tx in
                try await tx.withCursor("SELECT id FROM t WHERE id < \(100)", fetchSize: 30) { cursor in
                    var count = 0
                    for try await _ in cursor { count += 1 }
                    return count
                }
            }
            #expect(fetched == 100)
            try await pool.withConnection { connection in
                var count = 0
                for try await _ in try await connection.copy(from: .table("t")) { count += 1 }
                #expect(count == 1_000)
                // The table changes under what is known of it.
                let all: PostgresQuery = "SELECT * FROM t LIMIT 1"
                #expect(try await connection.query(all).collect().first?.count == 3)
                try await connection.execute("ALTER TABLE t DROP COLUMN at")
                #expect(try await connection.query(all).collect().first?.count == 2)
            }
            try await pool.check()
            #expect(mode == .automatic || notices.count == 0)
            await pool.close()
        }
    }

    private static func again(_ attempts: Int, _ body: () async throws -> Void) async throws {
        for attempt in 1...attempts {
            do {
                return try await body()
            } catch let error as PostgresError where error.sqlState == .invalidSQLStatementName && attempt < attempts {
            }
        }
    }
}
