import Postgres
import Synchronization

/// What a connection that nobody uses takes in this process: new, after small statements, and after large ones.
enum Idle {
    private static let limit = 64.0

    static func run(_ configuration: PostgresConfiguration, _ options: Options) async throws -> Bool {
        let count = options.number ?? 1000
        // What first connections take once for all: authorities, tables of the libraries, stacks of threads.
        let first = try PostgresPool(configuration, options: PostgresPoolOptions(maximumConnections: 10))
        try await useAll(of: first, 10, Self.useLightly)
        try await useAll(of: first, 10, Self.useHeavily)
        await first.close()
        let pool = try PostgresPool(
            configuration,
            options: PostgresPoolOptions(maximumConnections: count, acquireTimeout: .seconds(120), idleTimeout: nil))
        let before = ResidentMemory.current
        pool.resize(maximum: count, minimum: count)
        try await pool.warmUp(timeout: .seconds(120))
        var holds = try await report("new", before, count, options)
        try await useAll(of: pool, count, Self.useLightly)
        holds = try await report("after 10 statements", before, count, options) && holds
        try await useAll(of: pool, count, Self.useHeavily)
        holds = try await report("after 400 KB each way", before, count, options) && holds
        await pool.close()
        return holds
    }

    private static func report(
        _ state: String, _ before: Double, _ count: Int, _ options: Options
    ) async throws -> Bool {
        // Idle is what nobody has used for a while.
        try await Task.sleep(for: .seconds(options.seconds ?? 4))
        let now = ResidentMemory.current
        let each = (now - before) * 1024 / Double(count)
        let fields = [
            "\"trial\":\"idle\"", "\"state\":\"\(state)\"", "\"connections\":\(count)",
            "\"before_mb\":\(before.thousandths)", "\"after_mb\":\(now.thousandths)",
            "\"kb_per_connection\":\(each.thousandths)", "\"holds\":\(each < limit)",
        ]
        printNow("{\(fields.joined(separator: ","))}")
        return each < limit
    }

    /// Each connection once, a few at a time: as many tasks as connections hold one until all have one.
    private static func useAll(
        of pool: PostgresPool, _ count: Int, _ use: @escaping @Sendable (PostgresConnection) async throws -> Void
    ) async throws {
        let missing = Countdown(from: count)
        let turns = Turns(4)
        try await withThrowingTaskGroup { group in
            for _ in 0..<count {
                group.addTask {
                    try await pool.withConnection { connection in
                        missing.lower()
                        while !missing.isOver { try await Task.sleep(for: .milliseconds(20)) }
                        await turns.take()
                        try await use(connection)
                        await turns.give()
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// 10 statements of 7 columns, as an application has them: each is kept with its columns, and takes nearly a kilobyte.
    private static func useLightly(_ connection: PostgresConnection) async throws {
        for number in 0..<10 {
            let text =
                "SELECT oid, relname, relkind, reltuples, relpages, relhasindex, relfilenode AS file_\(number) "
                + "FROM pg_catalog.pg_class WHERE oid > $1 ORDER BY oid LIMIT 30"
            for try await _ in try await connection.query(PostgresStatement(text)(Int32(0))) {}
        }
    }

    private static func useHeavily(_ connection: PostgresConnection) async throws {
        for try await _ in try await connection.query("SELECT repeat('x', 400) FROM generate_series(1, 1000)") {}
        let large = String(repeating: "x", count: 400_000)
        _ = try await connection.query("SELECT length(\(large))", as: Int.self).first()
    }
}

private final class Countdown: Sendable {
    private let number: Atomic<Int>

    init(from number: Int) { self.number = Atomic(number) }

    var isOver: Bool { number.load(ordering: .relaxed) <= 0 }

    func lower() { number.wrappingSubtract(1, ordering: .relaxed) }
}

/// So many at a time: what a thousand statements hold while they run is not what a thousand idle connections take.
private actor Turns {
    private var free: Int
    private var waiters: [CheckedContinuation<Void, Never>] = []

    init(_ free: Int) { self.free = free }

    func take() async {
        if free > 0 { free -= 1 } else { await withCheckedContinuation { waiters.append($0) } }
    }

    func give() {
        if waiters.isEmpty { free += 1 } else { waiters.removeFirst().resume() }
    }
}
