import Foundation
import Postgres

/// The examples of the article Observing.
enum ObservingExamples {
    struct Logger: Sendable {
        func log(_ line: String) {}
    }

    /// Stands for a tracing library.
    struct Trace: Sendable {
        var traceparent: String
        @TaskLocal static var current: Trace?

        struct Span: Sendable {
            func set(_ name: String, _ value: String) {}
            func fail() {}
            func end() {}
        }

        static func startSpan(_ name: String) -> Span { Span() }
    }

    /// Tracers
    static func tracers(_ configuration: inout PostgresConfiguration) throws -> (PostgresPool, PostgresMetrics) {
        let metrics = PostgresMetrics()
        configuration.tracers = [metrics, PostgresStatementLog(slowerThan: .milliseconds(200))]
        let pool = try PostgresPool(configuration)
        return (pool, metrics)
    }

    /// A log
    static func log(_ configuration: inout PostgresConfiguration, logger: Logger) {
        let log = PostgresStatementLog(isEnabled: false) { line in logger.log(line) }
        configuration.tracers.append(log)
        log.isEnabled = true
    }

    /// Metrics
    static func figures(_ metrics: PostgresMetrics) {
        let queries = metrics.snapshot.operations[.query]
        let p99 = queries?.latencies.percentile(0.99)
        print("\(queries?.rows ?? 0) rows, p99 \(p99 ?? .zero)")
    }

    /// Names and comments
    static func names(in pool: PostgresPool, id: Int) async throws {
        try await PostgresTags.with(operation: "load cart", ["route": "/cart"]) {
            try await pool.execute("SELECT * FROM orders WHERE id = \(id)")
        }
    }

    /// Names and comments
    static func comments(_ configuration: inout PostgresConfiguration) {
        configuration.tracers.append(PostgresCommenter(["app": "shop"], traceparent: { Trace.current?.traceparent }))
    }

    /// A bridge to a tracing library
    struct SpanTracer: PostgresTracer {
        struct Span: PostgresSpan {
            let span: Trace.Span

            func end(_ outcome: PostgresOutcome) {
                for (name, value) in outcome.attributes { span.set(name, "\(value)") }
                if outcome.error != nil { span.fail() }
                span.end()
            }
        }

        func begin(_ operation: PostgresOperation) -> (any PostgresSpan)? {
            let span = Trace.startSpan(operation.spanName)
            for (name, value) in operation.attributes { span.set(name, "\(value)") }
            return Span(span: span)
        }
    }
}

/// Tests say nothing.
private func print(_ items: Any...) {}
