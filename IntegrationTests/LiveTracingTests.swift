import Foundation
import Postgres
import PostgresLocks
import PostgresTestKit
import Testing

/// Remembers what it is told.
private final class Recorder: PostgresTracer {
    private struct State {
        var ended: [(PostgresOperation, PostgresOutcome)] = []
        var events: [PostgresTraceEvent] = []
    }

    private let state = Mutex(State())
    let showsParameters: Bool

    init(showsParameters: Bool = false) { self.showsParameters = showsParameters }

    var events: [PostgresTraceEvent] { state.withLock { $0.events } }
    func ended(_ kind: PostgresOperation.Kind) -> [(operation: PostgresOperation, outcome: PostgresOutcome)] {
        state.withLock { $0.ended.filter { $0.0.kind == kind }.map { ($0.0, $0.1) } }
    }
    var text: String {
        var text = ""
        state.withLock { _ = dump($0, to: &text) }
        return text
    }

    private struct Span: PostgresSpan {
        let operation: PostgresOperation
        let recorder: Recorder
        func end(_ outcome: PostgresOutcome) { recorder.state.withLock { $0.ended.append((operation, outcome)) } }
    }

    func begin(_ operation: PostgresOperation) -> (any PostgresSpan)? { Span(operation: operation, recorder: self) }
    func event(_ event: PostgresTraceEvent) { state.withLock { $0.events.append(event) } }
}

@Suite(.timeLimit(.minutes(3))) struct TracingTests {
    private func withPool(
        _ tracers: [any PostgresTracer], _ options: PostgresPoolOptions = PostgresPoolOptions(),
        _ body: (PostgresPool) async throws -> Void
    ) async throws {
        try await TestServer.withDatabase { configuration in
            var configuration = configuration
            configuration.tracers = tracers
            let pool = try PostgresPool(configuration, options: options)
            do {
                try await body(pool)
                await pool.close()
            } catch {
                await pool.close()
                throw error
            }
        }
    }

    @Test func everyOperationIsTold() async throws {
        let recorder = Recorder()
        try await withPool([recorder], PostgresPoolOptions(maximumConnections: 1)) { pool in
            try await pool.execute("CREATE TABLE t (id int)")
            #expect(try await pool.copy(into: "t") { copy in for id in 1...1000 { try await copy.write(id) } } == 1000)
            try await pool.withConnection { connection in
                var count = 0
                for try await _ in try await connection.copy(from: .table("t")) { count += 1 }
                #expect(count == 1000)
            }
            _ = try await PostgresTags.with(operation: "count them") {
                try await pool.query("SELECT count(*) FROM t WHERE id > \(5)", as: Int.self).collect()
            }
            _ = try await pool.query("SELECT repeat('x', 1000) FROM generate_series(1, 5000)", as: String.self)
                .collect()
            try await pool.batch([PostgresQuery("SELECT 1"), PostgresQuery("SELECT 2")])
            try await pool.withConnection { connection in
                let several = PostgresStatement("SELECT generate_series(1, $1::int)")
                let counts: [Int32] = [2000, 1, 30]
                for try await _ in try await connection.pipeline(counts.map { several($0) }) {}
            }
            await #expect(throws: PostgresError.self) { try await pool.execute("SELECT 1 / (id - id) FROM t") }
            await #expect(throws: PostgresError.self) { try await pool.execute("SELEC") }
            struct Stop: Error {}
            await #expect(throws: Stop.self) { try await pool.withTransaction { _ in throw Stop() } }
            try await pool.withTransaction { tx in
                try await tx.execute("DO $$ BEGIN RAISE NOTICE 'look'; END $$")
            }
            // One connection, two tasks: the second waits.
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<2 { group.addTask { try await pool.execute("SELECT pg_sleep(0.1)") } }
                try await group.waitForAll()
            }
            for (rows, _) in try await pool.query(
                "SELECT n, repeat('x', 1000) FROM generate_series(1, 1000000) n", as: (Int, String).self
            ).prefixed(3) {
                #expect(rows > 0)
            }
        }
        #expect(recorder.ended(.connect).count == 1)
        #expect(recorder.ended(.connect)[0].outcome.error == nil)
        #expect(!recorder.ended(.acquire).isEmpty)
        let copyIn = try #require(recorder.ended(.copyIn).first)
        #expect(copyIn.outcome.rows == 1000 && copyIn.outcome.bytesSent >= 10_000)
        let copyOut = try #require(recorder.ended(.copyOut).first)
        #expect(copyOut.outcome.rows == 1000 && copyOut.outcome.bytesReceived >= 10_000)
        let batch = try #require(recorder.ended(.batch).first)
        #expect(batch.operation.batchSize == 2 && batch.outcome.error == nil)
        let pipeline = try #require(recorder.ended(.batch).last)
        #expect(pipeline.operation.batchSize == 3 && pipeline.outcome.rows == 2031)
        #expect(pipeline.outcome.bytesReceived > 20_000 && pipeline.outcome.timeToFirstRows != nil)

        let queries = recorder.ended(.query)
        let counting = try #require(queries.first { $0.operation.name == "count them" })
        #expect(counting.operation.statement == "SELECT count(*) FROM t WHERE id > $1")
        #expect(counting.operation.parameters == nil)
        #expect(counting.outcome.rows == 1 && counting.outcome.wasCached == false && counting.outcome.bytesReceived > 0)
        let long = try #require(queries.first { $0.operation.statement?.contains("repeat('x', 1000) FROM") == true })
        #expect(long.outcome.rows == 5000 && long.outcome.bytesReceived > 5_000_000)
        #expect(long.outcome.timeToFirstRows.map { $0 <= long.outcome.duration } == true)
        #expect(queries.contains { $0.outcome.sqlState == .divisionByZero })
        #expect(queries.contains { $0.outcome.sqlState == .syntaxError })
        let stopped = try #require(queries.first { $0.operation.statement?.contains("1000000") == true })
        #expect(stopped.outcome.error?.code == .cancelled)

        let transactions = recorder.ended(.transaction)
        #expect(transactions.count == 2)
        #expect(transactions.count { $0.outcome.error != nil } == 1)
        #expect(recorder.ended(.script).contains { $0.operation.statement == "COMMIT" })
        #expect(
            recorder.events.contains { if case .notice(let notice) = $0 { notice.message == "look" } else { false } })
        #expect(recorder.events.contains { if case .poolOpened = $0 { true } else { false } })
        #expect(recorder.events.contains { if case .poolClosed = $0 { true } else { false } })
        #expect(recorder.events.contains { if case .poolExhausted = $0 { true } else { false } })
        #expect(recorder.events.contains { if case .cancelSent = $0 { true } else { false } })
    }

    @Test("002-17: no parameter, row value or literal is told, unless it is asked for")
    func nothingSecretIsTold() async throws {
        let secret = "s3cret-\(UInt64.random(in: 0 ... .max))"
        let recorder = Recorder()
        let lines = Recorded()
        let log = PostgresStatementLog { lines.add($0) }
        let slow = PostgresStatementLog(slowerThan: .zero) { lines.add($0) }
        let metrics = PostgresMetrics()
        try await withPool([recorder, log, slow, metrics, PostgresCommenter(["app": "shop"])]) { pool in
            try await pool.execute("CREATE TABLE t (s text UNIQUE, n int)")
            try await pool.execute("INSERT INTO t VALUES (\(secret), 1)")
            #expect(try await pool.query("SELECT s FROM t", as: String.self).collect() == [secret])
            try await pool.copy(into: "t") { copy in try await copy.write(secret + "2", 2) }
            await #expect(throws: PostgresError.self) { try await pool.execute("INSERT INTO t VALUES (\(secret), 1)") }
            await #expect(throws: PostgresError.self) {
                try await pool.copy(into: "t") { copy in try await copy.write(secret, 2) }
            }
            let text = recorder.ended(.query).compactMap(\.outcome.error).map(\.description).joined()
            #expect(!text.contains(secret))
            try await pool.execute("SELECT '\(raw: secret)'")
            await #expect(throws: PostgresError.self) { try await pool.execute("SELECT '\(raw: secret)'::int") }
            try await pool.execute(script: "SELECT '\(secret)', $$\(secret)$$ -- \(secret)")
            #expect(!pool.metricsText().contains(secret))
        }
        #expect(lines.all.contains { $0.contains("INSERT INTO t VALUES ($1, ?)") })
        #expect(lines.all.contains { $0.contains("failed=23505") })
        #expect(lines.all.contains { $0.contains("ms connect") })
        for line in lines.all { #expect(!line.contains(secret), "\(line)") }
        for kind in PostgresOperation.Kind.allCases {
            for (operation, outcome) in recorder.ended(kind) {
                #expect(!"\(operation.attributes) \(outcome.attributes)".contains(secret))
            }
        }
        #expect(metrics.snapshot.errors["23"] == 2)

        let shown = Recorder(showsParameters: true)
        let hidden = Recorder()
        try await withPool([shown, hidden]) { pool in
            let rows = try await pool.query(
                """
                SELECT \(secret), \(42)::int8, \(nil as Int?)::int8, \(true)::bool,
                    \([UInt8](repeating: 1, count: 9))::bytea
                """)
            for try await _ in rows {}
        }
        #expect(shown.ended(.query).first?.operation.parameters == ["'\(secret)'", "42", "NULL", "true", "(9 bytes)"])
        #expect(!hidden.text.contains(secret))
    }

    private final class Recorded: Sendable {
        private let list = Mutex<[String]>([])
        func add(_ line: String) { list.withLock { $0.append(line) } }
        var all: [String] { list.withLock { $0 } }
    }

    @Test("tags reach the server, and the statement stays parsed") func comments() async throws {
        let metrics = PostgresMetrics()
        let sampled = Mutex(false)
        let commenter = PostgresCommenter(["app": "shop"]) {
            sampled.withLock { $0 } ? "00-\(UInt64.random(in: 0 ... .max))-01" : nil
        }
        try await withPool([metrics, commenter], PostgresPoolOptions(maximumConnections: 1)) { pool in
            func text() async throws -> String? {
                try await PostgresTags.with(["route": "/a*/b"]) {
                    try await pool.query(
                        "SELECT query FROM pg_stat_activity WHERE pid = pg_backend_pid() AND \(1) = 1", as: String.self
                    ).first()
                }
            }
            func kept() async throws -> Int? {
                try await pool.query("SELECT count(*) FROM pg_prepared_statements", as: Int.self).first()
            }
            for _ in 0..<3 {
                #expect(try await text()?.hasSuffix("/*app='shop',route='%2Fa%2A%2Fb'*/") == true)
            }
            #expect(metrics.snapshot.statementCacheHits == 2 && metrics.snapshot.statementCacheMisses == 1)
            _ = try await kept()
            let before = try await kept()
            sampled.withLock { $0 = true }
            for _ in 0..<20 { #expect(try await text()?.contains("traceparent='00-") == true) }
            sampled.withLock { $0 = false }
            // The last one is closed with the next Parse.
            try await pool.execute("SELECT 1")
            #expect(try await kept() == before.map { $0 + 1 })
            #expect(try await text()?.contains("traceparent") == false)
        }
    }

    @Test func figures() async throws {
        let metrics = PostgresMetrics()
        let log = PostgresStatementLog(isEnabled: false) { _ in Issue.record("it is switched off") }
        try await withPool([metrics, log]) { pool in
            for _ in 0..<10 { try await pool.execute("SELECT generate_series(1, 3)") }
            // The last query's end is told as its task goes on, not before.
            #expect(try await eventually { metrics.snapshot.operations[.query]?.latencies.count == 10 })
            #expect(try await eventually { pool.statistics.idle == 1 })
            let query = try #require(metrics.snapshot.operations[.query])
            #expect(query.rows == 30)
            #expect(query.failures == 0)
            #expect(query.bytesReceived > 0)
            #expect(query.latencies.percentile(0.5).map { $0 <= query.latencies.longest } == true)
            let text = pool.metricsText()
            #expect(text.contains("postgres_rows_total{operation=\"query\"} 30\n"))
            #expect(text.contains("postgres_statement_cache_total{result=\"hit\"} 9\n"))
            #expect(text.contains("postgres_pool_connections{state=\"idle\"} 1\n"))
            #expect(text.hasSuffix("# EOF\n"))
        }
    }
}

extension PostgresDecodedRows {
    /// The first so many, and no more.
    fileprivate func prefixed(_ count: Int) async throws -> [Element] {
        var values: [Element] = []
        for try await value in self {
            values.append(value)
            if values.count == count { break }
        }
        return values
    }
}
