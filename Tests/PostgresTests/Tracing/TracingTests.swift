import PostgresLocks
import PostgresTestKit
import PostgresTypes
import PostgresWire
import Testing

@testable import Postgres

@Suite struct TracingTests {
    @Test(
        "002-17: literals go, whatever they look like",
        arguments: [
            ("SELECT * FROM t WHERE a = 'x' AND b = 12.5e-3", "SELECT * FROM t WHERE a = ? AND b = ?"),
            ("SELECT $1, t1.c2 FROM t1", "SELECT $1, t1.c2 FROM t1"),
            ("SELECT 'it''s', E'a\\'b', \"Qu'oted\", 5", "SELECT ?, ?, \"Qu'oted\", ?"),
            ("SELECT $$secret$$, $t$ $$ secret $t$ || 'x'", "SELECT ?, ? || ?"),
            ("-- secret\nSELECT 1 /* secret /* deep */ secret */ + x'FF'", "SELECT ?  + ?"),
            ("SELECT 'never ends", "SELECT ?"), ("SELECT $t$ never ends", "SELECT ?"), ("/* never ends", ""),
            ("SELECT .5, 1_000, 0xFF, -7", "SELECT ?, ?, ?, -?"), ("SELECT E'\\", "SELECT ?"), ("a$b", "a$b"),
            ("$", "$"),
            ("SELECT 'ä' AS ünï", "SELECT ? AS ünï"),
        ])
    func redaction(_ sql: String, _ expected: String) {
        #expect(StatementRedaction.redact(sql) == expected)
    }

    @Test("a comment cannot be left, whatever the tags are") func comments() {
        let comment = PostgresComment(
            tags: ["app": "shop", "evil": "*/ DROP TABLE t; /*'$1\\%\n\0"], uniqueTags: ["traceparent": "00-ab-cd-01"])
        #expect(
            comment.text == "/*app='shop',evil='%2A%2F%20DROP%20TABLE%20t%3B%20%2F%2A%27%241%5C%25%0A%00',"
                + "traceparent='00-ab-cd-01'*/")
        #expect(PostgresComment(tags: ["a'b*/": "ü"]).text == "/*a%27b%2A%2F='%C3%BC'*/")
    }

    @Test func tagsHoldForTheTask() async {
        await PostgresTags.with(operation: "outer", ["a": "1", "b": "1"]) {
            await PostgresTags.with(["b": "2"]) {
                #expect(PostgresTags.current == PostgresTags(operation: "outer", ["a": "1", "b": "2"]))
                async let child = PostgresTags.current
                #expect(await child.operation == "outer")
            }
            #expect(PostgresTags.current.values["b"] == "1")
        }
        #expect(PostgresTags.current == PostgresTags())
    }

    @Test("percentiles are within a sixteenth") func percentiles() throws {
        var latencies = PostgresLatencies()
        #expect(latencies.percentile(0.5) == nil)
        for microseconds in 1...10_000 { latencies.record(.microseconds(microseconds)) }
        for (part, exact) in [(0.5, 5000.0), (0.9, 9000), (0.99, 9900), (0.0, 1), (1.0, 10_000)] {
            let found = try #require(latencies.percentile(part)) / .microseconds(1)
            #expect(found >= exact && found <= exact * (1 + 1 / 16) + 1, "\(part): \(found)")
        }
        #expect(latencies.count == 10_000 && latencies.longest == .milliseconds(10))
        latencies.record(.seconds(100_000))
        latencies.record(.zero)
        latencies.record(.seconds(-1))
        #expect(latencies.percentile(1) == .seconds(100_000))
    }

    private static let operation = PostgresOperation(
        kind: .query, statement: "SELECT a FROM t WHERE b = 'secret' AND c = $1", name: "find\nthem", batchSize: nil,
        parameters: ["'hidden'"], host: "db", port: 5432, database: "shop", user: "bob")

    @Test func logLines() {
        var outcome = PostgresOutcome(duration: .microseconds(12_345))
        outcome.timeToFirstRows = .milliseconds(2)
        outcome.rows = 3
        outcome.bytesReceived = 100
        outcome.wasCached = false
        #expect(
            PostgresStatementLog.line(Self.operation, outcome, showsParameters: false)
                == "12.345 ms query \"find them\" first_rows=2.000ms reading=10.345ms parsed rows=3 received=100 "
                + ": SELECT a FROM t WHERE b = ? AND c = $1")
        outcome.error = PostgresError(
            .server, "x",
            server: PostgresServerError(fields: [(.sqlState, "22P02"), (.message, "not one: \"secret\"")]))
        let line = PostgresStatementLog.line(Self.operation, outcome, showsParameters: false)
        #expect(line.contains("failed=22P02") && !line.contains("secret") && !line.contains("hidden"))
        let shown = PostgresStatementLog.line(Self.operation, outcome, showsParameters: true)
        #expect(shown.contains("b = 'secret'") && shown.contains("['hidden']"))
    }

    @Test func attributesAreOpenTelemetrys() {
        let attributes = Self.operation.attributes
        #expect(attributes["db.system.name"] == .string("postgresql"))
        #expect(attributes["db.namespace"] == .string("shop"))
        #expect(attributes["db.operation.name"] == .string("SELECT"))
        #expect(attributes["server.port"] == .int(5432))
        #expect(attributes["db.query.text"] == .string("SELECT a FROM t WHERE b = ? AND c = $1"))
        let outcome = PostgresOutcome(duration: .zero, error: PostgresError(.timeout, "late"))
        #expect(outcome.attributes == ["error.type": .string("timeout")])
    }

    // MARK: OpenMetrics

    @Test("the exposition is valid OpenMetrics") func exposition() throws {
        let metrics = PostgresMetrics()
        for _ in 0..<3 { metrics.begin(Self.operation)?.end(PostgresOutcome(duration: .milliseconds(3))) }
        metrics.begin(Self.operation)?.end(
            PostgresOutcome(duration: .seconds(60), error: PostgresError(.timeout, "late")))
        var text = OpenMetricsText()
        text.pool(
            PostgresPoolStatistics(
                idle: 1, leased: 2, connecting: 0, waiting: 5, minimum: 0, maximum: 10, isUnavailable: false, leases: 7,
                waits: 1, timeouts: 0, refusals: 4, connects: 3, connectFailures: 0, retirements: 0, longLeases: 1))
        text.metrics(metrics.snapshot)
        let samples = try OpenMetrics.parse(text.text)
        #expect(samples["postgres_pool_connections{state=\"used\"}"] == 2)
        #expect(samples["postgres_pool_leases_total"] == 7)
        #expect(samples["postgres_pool_refusals_total"] == 4)
        #expect(samples["postgres_pool_long_leases_total"] == 1)
        #expect(samples["postgres_operation_duration_seconds_bucket{operation=\"query\",le=\"0.0025\"}"] == 0)
        #expect(samples["postgres_operation_duration_seconds_bucket{operation=\"query\",le=\"0.005\"}"] == 3)
        #expect(samples["postgres_operation_duration_seconds_bucket{operation=\"query\",le=\"+Inf\"}"] == 4)
        #expect(samples["postgres_operation_duration_seconds_count{operation=\"query\"}"] == 4)
        #expect(samples["postgres_errors_total{class=\"timeout\"}"] == 1)
        #expect(try OpenMetrics.parse(OpenMetricsText().text).isEmpty)
    }

    // MARK: Without a server

    @Test("a connection that fails is told with its reason and no password") func failedConnect() async throws {
        let server = try ScriptedServer { s in
            try s.acceptStartup()
            try s.send(.error(.invalidPassword, "no"))
        }
        let recorder = Recorder()
        var configuration = PostgresConfiguration(server)
        configuration.tracers = [recorder]
        _ = try await failure { try await PostgresConnection.connect(configuration) }
        let ended = recorder.ended
        #expect(ended.map(\.0.kind) == [.connect])
        #expect(ended.first?.1.sqlState == .invalidPassword)
        var dumped = ""
        dump(ended, to: &dumped)
        #expect(!dumped.contains(secret))
    }

    @Test("a connection lost ends what runs, once") func lost() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerPrepare(columns: [.int4("n")])
            try s.expect("B", "E", "S")
            s.cut()
        }
        let recorder = Recorder()
        var configuration = PostgresConfiguration(server)
        configuration.tracers = [recorder, recorder]
        let connection = try await PostgresConnection.connect(configuration)
        _ = try await failure { try await connection.query("SELECT 1") }
        // Two tracers, each told once of each.
        #expect(recorder.ended.map(\.0.kind) == [.connect, .connect, .query, .query])
        #expect(recorder.ended.last?.1.error?.code == .connectionClosed)
    }
}

/// Remembers what it is told.
final class Recorder: PostgresTracer {
    private let state = Mutex<
        (begun: Int, ended: [(PostgresOperation, PostgresOutcome)], events: [PostgresTraceEvent])
    >(
        (0, [], []))
    let showsParameters: Bool

    init(showsParameters: Bool = false) { self.showsParameters = showsParameters }

    var begun: Int { state.withLock { $0.begun } }
    var ended: [(PostgresOperation, PostgresOutcome)] { state.withLock { $0.ended } }
    var events: [PostgresTraceEvent] { state.withLock { $0.events } }

    private struct Span: PostgresSpan {
        let operation: PostgresOperation
        let recorder: Recorder
        func end(_ outcome: PostgresOutcome) {
            recorder.state.withLock { $0.ended.append((operation, outcome)) }
        }
    }

    func begin(_ operation: PostgresOperation) -> (any PostgresSpan)? {
        state.withLock { $0.begun += 1 }
        return Span(operation: operation, recorder: self)
    }

    func event(_ event: PostgresTraceEvent) { state.withLock { $0.events.append(event) } }
}

/// A reader of the text format that takes nothing that the specification forbids.
enum OpenMetrics {
    struct Invalid: Error {
        var line: String
    }

    static func parse(_ text: String) throws -> [String: Double] {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard lines.popLast() == "", lines.popLast() == "# EOF" else { throw Invalid(line: "the end") }
        var samples: [String: Double] = [:]
        var families: Set<String> = []
        var family = ("", "")
        var buckets: (series: String, last: Double) = ("", 0)
        let name = /[a-zA-Z_:][a-zA-Z0-9_:]*/
        let sample =
            /([a-zA-Z_:][a-zA-Z0-9_:]*)(\{[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*"(?:,[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*")*\})? (-?[0-9.e+]+|\+Inf|NaN)/
        for line in lines {
            if line.hasPrefix("#") {
                let words = line.split(separator: " ", maxSplits: 3).map(String.init)
                guard words.count == 4, words[2].wholeMatch(of: name) != nil else { throw Invalid(line: line) }
                switch words[1] {
                case "TYPE":
                    guard families.insert(words[2]).inserted, ["gauge", "counter", "histogram"].contains(words[3])
                    else {
                        throw Invalid(line: line)
                    }
                    family = (words[2], words[3])
                case "UNIT":
                    guard words[2] == family.0, family.0.hasSuffix("_" + words[3]) else { throw Invalid(line: line) }
                case "HELP": guard words[2] == family.0 else { throw Invalid(line: line) }
                default: throw Invalid(line: line)
                }
                continue
            }
            guard let match = line.wholeMatch(of: sample), let value = Double(match.3) else {
                throw Invalid(line: line)
            }
            guard match.1.hasPrefix(family.0) else { throw Invalid(line: line) }
            let suffix = match.1.dropFirst(family.0.count)
            let allowed: [Substring] =
                switch family.1 {
                case "counter": ["_total"]
                case "histogram": ["_bucket", "_count", "_sum"]
                default: [""]
                }
            guard allowed.contains(suffix) else { throw Invalid(line: line) }
            if suffix == "_bucket" {
                // Cumulative within one series, which the last label, le, does not tell apart.
                let series = String((match.2 ?? "").prefix { $0 != "," })
                if series == buckets.series, value < buckets.last { throw Invalid(line: line) }
                buckets = (series, value)
            }
            let key = String(match.1) + String(match.2 ?? "")
            guard samples.updateValue(value, forKey: key) == nil else { throw Invalid(line: line) }
        }
        return samples
    }
}
