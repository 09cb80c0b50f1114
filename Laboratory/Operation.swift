import Postgres

/// One thing that a task does with the pool: what it writes is all there afterwards or not at all, what it reads it can
/// check.
struct Operation: Sendable {
    enum Kind: String, Sendable, CaseIterable {
        case insert, returning, transfer, savepoint, copy, batch, script
        case echo, rows, pipelined, export, cursor, sum, sleep, lease

        /// How many of a hundred.
        var weight: Int {
            switch self {
            case .insert: 18
            case .transfer: 14
            case .returning, .rows, .copy, .echo: 8
            case .savepoint, .batch, .pipelined, .cursor, .sum: 5
            case .export: 4
            case .script, .lease: 3
            case .sleep: 1
            }
        }

        /// One query of the pool itself, which may be sent on a connection that others use.
        var isQuery: Bool {
            switch self {
            case .insert, .returning, .echo, .rows, .sum, .sleep: true
            default: false
            }
        }

        /// What it writes is there or not, and only `outcomeUnknown` leaves it open: PostgresDatabase.withTransaction.
        var isTransaction: Bool { self == .transfer || self == .savepoint }
    }

    /// A row that is not what was asked for.
    struct WrongAnswer: Error {
        var what: String
    }

    private struct Deliberate: Error {}

    static let accounts = 20
    /// The sum of all accounts, which no transfer changes.
    static let total = 20_000

    let number: Int
    let kind: Kind
    /// The rows that it writes, 0 for one that only reads.
    let rows: Int
    private let size: Int
    private let token: String
    private let accounts: (from: Int, to: Int)
    private let isolation: PostgresIsolation?

    init(number: Int, isQuery: Bool = false, _ random: inout Randomness) {
        self.number = number
        kind = random.choose(Kind.allCases.filter { $0.isQuery || !isQuery }.map { ($0, $0.weight) })
        size = 1 + random.size(upTo: 4_000)
        token = "token-\(random.next())"
        let from = Int.random(in: 0..<Self.accounts, using: &random)
        accounts = (from, (from + Int.random(in: 1..<Self.accounts, using: &random)) % Self.accounts)
        isolation = [nil, .repeatableRead, .serializable].randomElement(using: &random) ?? nil
        rows =
            switch kind {
            case .insert: 1
            case .transfer, .savepoint, .script: 2
            case .batch: 1 + size % 16
            case .returning, .copy: size
            default: 0
            }
    }

    private var pad: String { String(repeating: "x", count: 40) }

    /// - Throws: what the driver throws; `WrongAnswer`.
    func run(on pool: PostgresPool, _ trail: Trail) async throws {
        trail.at("a connection")
        switch kind {
        case .insert: try await insert(0, on: pool)
        case .returning: try await returning(pool, trail)
        case .transfer: try await transfer(pool, trail)
        case .savepoint: try await savepoint(pool, trail)
        case .copy: try await copy(pool, trail)
        case .batch:
            try await pool.withConnection { connection in
                trail.at("the answers to a batch")
                try await connection.batch((0..<rows).map { statement($0) })
            }
        case .script:
            try await pool.execute(
                script: (0..<rows).map { "INSERT INTO writes (op, k) VALUES (\(number), \($0))" }.joined(separator: ";")
            )
        case .echo: try await echo(token, on: pool)
        case .rows: try await series(of: pool, trail)
        case .pipelined: try await size % 2 == 0 ? pipeline(pool, trail) : pipelined(pool, trail)
        case .export: try await export(pool, trail)
        case .cursor: try await cursor(pool, trail)
        case .sum: try await sum(pool)
        case .sleep:
            let answer = try await pool.query("SELECT \(token), pg_sleep(0.05)::text", as: (String, String).self)
                .first()
            try check(answer?.0, token)
        case .lease:
            try await pool.withConnection { connection in
                trail.at("an echo")
                try await echo(token, on: connection)
                trail.at("nothing, with a lease")
                try await Task.sleep(for: .milliseconds(10))
                trail.at("another echo")
                try await echo(token, on: connection)
            }
        }
    }

    // MARK: Writing

    private func statement(_ k: Int, account: Int = 0, amount: Int = 0) -> PostgresQuery {
        "INSERT INTO writes (op, k, account, amount, pad) VALUES (\(number), \(k), \(account), \(amount), \(pad))"
    }

    private func insert(_ k: Int, on database: some PostgresDatabase) async throws {
        let result = try await database.execute(statement(k))
        try check(result.tag, "INSERT 0 1")
    }

    private func returning(_ pool: PostgresPool, _ trail: Trail) async throws {
        let query: PostgresQuery = """
            INSERT INTO writes (op, k, pad) SELECT \(number), k, \(pad) FROM generate_series(0, \(rows - 1)::int8) k
            RETURNING k, pad
            """
        var next = 0
        for try await (k, text) in try await pool.query(query, as: (Int, String).self) {
            try check(k, next)
            try check(text, pad)
            next += 1
            if next % 512 == 0 { trail.at("rows of INSERT RETURNING") }
        }
        try check(next, rows)
    }

    private func transfer(_ pool: PostgresPool, _ trail: Trail) async throws {
        try await pool.withTransaction(isolation: isolation, retries: 3) { tx in
            for (k, (account, amount)) in [(accounts.from, -size), (accounts.to, size)].enumerated() {
                trail.at("INSERT in a transaction")
                try await tx.execute(statement(k, account: account, amount: amount))
                trail.at("UPDATE in a transaction")
                try await tx.execute("UPDATE accounts SET balance = balance + \(amount) WHERE id = \(account)")
            }
            trail.at("a query in a transaction")
            try await echo(token, on: tx)
            trail.at("COMMIT")
        }
    }

    private func savepoint(_ pool: PostgresPool, _ trail: Trail) async throws {
        try await pool.withTransaction { tx in
            trail.at("INSERT in a transaction")
            try await insert(0, on: tx)
            trail.at("SAVEPOINT")
            do {
                try await tx.withTransaction { inner in
                    trail.at("INSERT behind a savepoint")
                    try await insert(-1, on: inner)
                    trail.at("ROLLBACK TO SAVEPOINT")
                    throw Deliberate()
                }
            } catch is Deliberate {}
            trail.at("INSERT after a savepoint")
            try await insert(1, on: tx)
            trail.at("COMMIT")
        }
    }

    private func copy(_ pool: PostgresPool, _ trail: Trail) async throws {
        let count = try await pool.copy(into: "writes", columns: ["op", "k", "pad"]) { writer in
            for k in 0..<rows {
                if k % 512 == 0 { trail.at("room for more of a COPY") }
                try await writer.write(number, k, pad)
            }
            trail.at("the end of a COPY")
        }
        try check(count, rows)
    }

    // MARK: Reading

    private func echo(_ token: String, on database: some PostgresDatabase) async throws {
        let rows = try await database.query("SELECT \(token), \(number)::int8", as: (String, Int).self).collect()
        try check(rows.count, 1)
        try check(rows[0].0, token)
        try check(rows[0].1, number)
    }

    private func series(of database: some PostgresDatabase, _ trail: Trail) async throws {
        let query: PostgresQuery = "SELECT k, \(token) || k FROM generate_series(1, \(size * 4)::int8) k"
        var last = 0
        for try await (k, text) in try await database.query(query, as: (Int, String).self) {
            last += 1
            try check(k, last)
            try check(text, "\(token)\(last)")
            if last % 2_048 == 0 { trail.at("rows") }
        }
        try check(last, size * 4)
    }

    private func pipelined(_ pool: PostgresPool, _ trail: Trail) async throws {
        try await pool.withConnection { connection in
            trail.at("answers that are pipelined")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<8 { group.addTask { try await echo("\(token)/\(index)", on: connection) } }
                try await group.waitForAll()
            }
        }
    }

    private func pipeline(_ pool: PostgresPool, _ trail: Trail) async throws {
        try await pool.withConnection { connection in
            let queries = (0..<8).map { index -> PostgresQuery in
                "SELECT \(index)::int8, k, \(token) FROM generate_series(1, \(size)::int8) k"
            }
            trail.at("the first answer of a pipeline")
            var answers = 0
            for try await rows in try await connection.pipeline(queries) {
                var last = 0
                for try await (index, k, text) in rows.decode(as: (Int, Int, String).self) {
                    last += 1
                    try check(index, answers)
                    try check(k, last)
                    try check(text, token)
                }
                try check(last, size)
                answers += 1
                trail.at("the next answer of a pipeline")
            }
            try check(answers, queries.count)
        }
    }

    /// COPYs out beside statements of the same connection.
    private func export(_ pool: PostgresPool, _ trail: Trail) async throws {
        try await pool.withConnection { connection in
            trail.at("COPYs beside statements")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<6 {
                    group.addTask {
                        if index % 2 == 0 { return try await echo("\(token)/\(index)", on: connection) }
                        let source = PostgresCopySource.query("SELECT generate_series(1, \(size)) AS k")
                        var last = 0
                        for try await k in try await connection.copy(from: source).decode(as: Int.self) {
                            last += 1
                            try check(k, last)
                        }
                        try check(last, size)
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    private func cursor(_ pool: PostgresPool, _ trail: Trail) async throws {
        try await pool.withTransaction(readOnly: true) { tx in
            trail.at("a cursor")
            let query: PostgresQuery = "SELECT k, \(token) FROM generate_series(1, \(size)::int8) k"
            try await tx.withCursor(query, fetchSize: 500) { cursor in
                var last = 0
                for try await row in cursor {
                    let (k, text) = try row.decode(as: (Int, String).self)
                    last += 1
                    try check(k, last)
                    try check(text, token)
                    if last % 500 == 0 { trail.at("the next rows of a cursor") }
                }
                try check(last, size)
            }
            trail.at("COMMIT")
        }
    }

    private func sum(_ pool: PostgresPool) async throws {
        let sums = try await pool.query("SELECT sum(balance)::int8, count(*) FROM accounts", as: (Int, Int).self)
            .first()
        try check(sums?.0, Self.total)
        try check(sums?.1, Self.accounts)
    }

    private func check<T: Equatable>(_ answer: T?, _ expected: T) throws {
        guard answer == expected else {
            throw WrongAnswer(what: "\(answer.map { "\($0)" } ?? "nothing") in place of \(expected)")
        }
    }
}
