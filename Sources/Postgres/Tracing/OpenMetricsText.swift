/// Figures in the text format of OpenMetrics 1.0 (https://prometheus.io/docs/specs/om/open_metrics_spec/).
struct OpenMetricsText {
    private var lines: [String] = []

    /// A family: what it is, then its samples. Each family stands once.
    mutating func family(
        _ name: String, _ type: String, unit: String? = nil, help: String,
        _ samples: [(suffix: String, labels: [(String, String)], value: String)]
    ) {
        lines.append("# TYPE \(name) \(type)")
        if let unit { lines.append("# UNIT \(name) \(unit)") }
        lines.append("# HELP \(name) \(Self.escaped(help))")
        for (suffix, labels, value) in samples {
            let text = labels.map { "\($0.0)=\"\(Self.escaped($0.1))\"" }.joined(separator: ",")
            lines.append("\(name)\(suffix)\(text.isEmpty ? "" : "{\(text)}") \(value)")
        }
    }

    mutating func gauge(_ name: String, help: String, _ samples: [(labels: [(String, String)], value: Int)]) {
        family(name, "gauge", help: help, samples.map { ("", $0.labels, String($0.value)) })
    }

    mutating func counter(
        _ name: String, unit: String? = nil, help: String, _ samples: [(labels: [(String, String)], value: UInt64)]
    ) {
        family(name, "counter", unit: unit, help: help, samples.map { ("_total", $0.labels, String($0.value)) })
    }

    /// The whole exposition, with its end.
    var text: String { lines.map { $0 + "\n" }.joined() + "# EOF\n" }

    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }

    mutating func pool(_ pool: PostgresPoolStatistics) {
        gauge(
            "postgres_pool_connections", help: "Connections by what they do.",
            [
                ([("state", "idle")], pool.idle), ([("state", "used")], pool.leased),
                ([("state", "connecting")], pool.connecting),
            ])
        gauge("postgres_pool_connections_max", help: "The most connections there may be.", [([], pool.maximum)])
        gauge("postgres_pool_waiting", help: "Tasks that wait for a connection.", [([], pool.waiting)])
        counter("postgres_pool_leases", help: "Connections handed out.", [([], pool.leases)])
        counter("postgres_pool_waits", help: "Leases that had to wait.", [([], pool.waits)])
        counter("postgres_pool_timeouts", help: "Waits that ended by their deadline.", [([], pool.timeouts)])
        counter(
            "postgres_pool_refusals", help: "Requests that failed at once, the database being unavailable.",
            [([], pool.refusals)])
        counter("postgres_pool_long_leases", help: "Leases reported as held for too long.", [([], pool.longLeases)])
        counter("postgres_pool_connects", help: "Connections opened.", [([], pool.connects)])
        counter(
            "postgres_pool_connect_failures", help: "Attempts to connect that failed.", [([], pool.connectFailures)])
    }

    mutating func metrics(_ metrics: PostgresMetrics.Snapshot) {
        let operations = metrics.operations.sorted { $0.key.rawValue < $1.key.rawValue }
        family(
            "postgres_operation_duration_seconds", "histogram", unit: "seconds", help: "How long operations took.",
            operations.flatMap { Self.histogram($0.key.rawValue, $0.value.latencies) })
        func each(_ value: (PostgresMetrics.Operation) -> UInt64) -> [(labels: [(String, String)], value: UInt64)] {
            operations.map { ([("operation", $0.key.rawValue)], value($0.value)) }
        }
        counter("postgres_operation_failures", help: "Operations that failed.", each(\.failures))
        counter("postgres_rows", help: "Rows returned, changed or copied.", each(\.rows))
        counter("postgres_sent_bytes", unit: "bytes", help: "Parameters and COPY data sent.", each(\.bytesSent))
        counter("postgres_received_bytes", unit: "bytes", help: "Rows and COPY data received.", each(\.bytesReceived))
        counter(
            "postgres_errors", help: "Failures by the class of their SQLSTATE, or their kind.",
            metrics.errors.sorted { $0.key < $1.key }.map { ([("class", $0.key)], $0.value) })
        counter(
            "postgres_statement_cache", help: "Queries by whether their statement was parsed already.",
            [([("result", "hit")], metrics.statementCacheHits), ([("result", "miss")], metrics.statementCacheMisses)])
        counter("postgres_cancels", help: "Requests to cancel that were sent.", [([], metrics.cancels)])
        counter("postgres_notices", help: "Notices and warnings of the server.", [([], metrics.notices)])
    }

    private static func histogram(
        _ operation: String, _ latencies: PostgresLatencies
    ) -> [(suffix: String, labels: [(String, String)], value: String)] {
        var samples: [(suffix: String, labels: [(String, String)], value: String)] = []
        let label = ("operation", operation)
        var sum: UInt64 = 0
        for (count, bound) in zip(latencies.counts, PostgresLatencies.bounds) {
            sum += count
            samples.append(("_bucket", [label, ("le", bound.text)], String(sum)))
        }
        samples.append(("_bucket", [label, ("le", "+Inf")], String(latencies.count)))
        samples.append(("_count", [label], String(latencies.count)))
        samples.append(("_sum", [label], String(latencies.total / .seconds(1))))
        return samples
    }
}

extension PostgresPool {
    /// The pool's figures, and those of the first ``PostgresMetrics`` among its tracers, in the text format of OpenMetrics
    /// 1.0: for Prometheus to fetch, with the content type
    /// `application/openmetrics-text; version=1.0.0; charset=utf-8`.
    public func metricsText() -> String {
        var text = OpenMetricsText()
        text.pool(statistics)
        if let metrics { text.metrics(metrics.snapshot) }
        return text.text
    }
}
