import PostgresLocks

/// Counts what the driver does: operations, rows, bytes, errors, latencies. A tracer to share by the connections whose
/// figures shall be one.
///
///     let metrics = PostgresMetrics()
///     configuration.tracers = [metrics]
///     let p99 = metrics.snapshot.operations[.query]?.latencies.percentile(0.99)
///
/// ``PostgresPool/metricsText()`` shows it to Prometheus.
public final class PostgresMetrics: PostgresTracer {
    /// One kind of operation.
    public struct Operation: Sendable, Hashable {
        /// How many have ended, and how long they took.
        public var latencies = PostgresLatencies()
        /// How many of them failed.
        public var failures: UInt64 = 0
        /// Rows returned, changed or copied.
        public var rows: UInt64 = 0
        /// Bytes of parameters and COPY data.
        public var bytesSent: UInt64 = 0
        /// Bytes of rows and COPY data.
        public var bytesReceived: UInt64 = 0
    }

    /// Everything that was counted, at one moment.
    public struct Snapshot: Sendable, Hashable {
        /// By kind; those that never happened are missing.
        public var operations: [PostgresOperation.Kind: Operation] = [:]
        /// Failures by the class of the server's code (`23` for a constraint), or by `PostgresError.Code` where the
        /// server said nothing.
        public var errors: [String: UInt64] = [:]
        /// Queries whose statement was parsed already.
        public var statementCacheHits: UInt64 = 0
        /// Queries whose statement had to be parsed.
        public var statementCacheMisses: UInt64 = 0
        /// CancelRequests sent.
        public var cancels: UInt64 = 0
        /// Notices and warnings of the server.
        public var notices: UInt64 = 0
        /// Connections that pools opened, lost or closed, and closed of their own accord.
        public var poolOpened: UInt64 = 0
        public var poolClosed: UInt64 = 0
        public var poolRetired: UInt64 = 0
        /// Times that a task had to wait since every connection was in use.
        public var poolExhausted: UInt64 = 0
    }

    private let state = Mutex(Snapshot())

    /// Nothing counted yet.
    public init() {}

    /// The figures now.
    public var snapshot: Snapshot { state.withLock { $0 } }

    public func begin(_ operation: PostgresOperation) -> (any PostgresSpan)? {
        Span(kind: operation.kind, metrics: self)
    }

    public func event(_ event: PostgresTraceEvent) {
        state.withLock { state in
            switch event {
            case .notice: state.notices += 1
            case .cancelSent: state.cancels += 1
            case .poolOpened: state.poolOpened += 1
            case .poolClosed: state.poolClosed += 1
            case .poolRetired: state.poolRetired += 1
            case .poolExhausted: state.poolExhausted += 1
            // Counted by the pool itself.
            case .poolLeaseHeld, .poolServerDemoted: break
            }
        }
    }

    private struct Span: PostgresSpan {
        let kind: PostgresOperation.Kind
        let metrics: PostgresMetrics

        func end(_ outcome: PostgresOutcome) { metrics.record(kind, outcome) }
    }

    private func record(_ kind: PostgresOperation.Kind, _ outcome: PostgresOutcome) {
        state.withLock { state in
            state.operations[kind, default: Operation()].record(outcome)
            switch outcome.wasCached {
            case true?: state.statementCacheHits += 1
            case false?: state.statementCacheMisses += 1
            case nil: break
            }
            if let error = outcome.error {
                state.errors[error.sqlState?.errorClass ?? error.code.rawValue, default: 0] += 1
            }
        }
    }
}

extension PostgresMetrics.Operation {
    mutating func record(_ outcome: PostgresOutcome) {
        latencies.record(outcome.duration)
        if outcome.error != nil { failures += 1 }
        rows += UInt64(max(0, outcome.rows ?? 0))
        bytesSent += UInt64(max(0, outcome.bytesSent))
        bytesReceived += UInt64(max(0, outcome.bytesReceived))
    }
}
