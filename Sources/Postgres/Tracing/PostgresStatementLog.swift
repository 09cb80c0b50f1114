import PostgresLocks

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A line for each statement, or only for what takes long: a tracer to switch on.
///
///     configuration.tracers = [PostgresStatementLog(slowerThan: .milliseconds(200))]
///
/// A line has the duration, what it was spent on as far as that is known, the counts, the server's code where it failed,
/// and the statement. It holds no data: literals in the statement are replaced by `?`, parameters are left out and the
/// server's message, which may quote a value, is not told. `showsParameters` shows the statement as it is and the
/// parameters: for development.
public final class PostgresStatementLog: PostgresTracer {
    public let showsParameters: Bool
    private let threshold: Duration?
    private let enabled: Atomic<Bool>
    private let sink: @Sendable (String) -> Void

    /// - Parameters:
    ///   - slowerThan: only what takes at least so long, connecting and waiting for a connection included; nil for every
    ///     statement.
    ///   - sink: gets each line, without a line break at its end; nil writes to standard error.
    public init(
        slowerThan threshold: Duration? = nil, showsParameters: Bool = false, isEnabled: Bool = true,
        sink: (@Sendable (String) -> Void)? = nil
    ) {
        self.threshold = threshold
        self.showsParameters = showsParameters
        enabled = Atomic(isEnabled)
        self.sink = sink ?? Self.writeToStandardError
    }

    /// The switch, at any time.
    public var isEnabled: Bool {
        get { enabled.load(ordering: .relaxed) }
        set { enabled.store(newValue, ordering: .relaxed) }
    }

    public func begin(_ operation: PostgresOperation) -> (any PostgresSpan)? {
        guard isEnabled else { return nil }
        if threshold == nil {
            switch operation.kind {
            case .query, .batch, .script, .copyIn, .copyOut: break
            case .connect, .acquire, .transaction: return nil
            }
        }
        return Line(operation: operation, log: self)
    }

    /// Two things of the pool have a line as well: a connection that is held for too long, a server that was demoted.
    public func event(_ event: PostgresTraceEvent) {
        guard isEnabled else { return }
        switch event {
        case .poolLeaseHeld(let holder): sink("connection held by \(holder)")
        case .poolServerDemoted(let host): sink("\(host) takes no writes any more: its connections are replaced")
        default: break
        }
    }

    private struct Line: PostgresSpan {
        let operation: PostgresOperation
        let log: PostgresStatementLog

        func end(_ outcome: PostgresOutcome) {
            if let threshold = log.threshold, outcome.duration < threshold { return }
            log.sink(PostgresStatementLog.line(operation, outcome, showsParameters: log.showsParameters))
        }
    }

    static func line(
        _ operation: PostgresOperation, _ outcome: PostgresOutcome, showsParameters: Bool
    ) -> String {
        var parts = ["\(milliseconds(outcome.duration)) ms", operation.kind.rawValue]
        if let name = operation.name { parts.append("\"\(name)\"") }
        if let first = outcome.timeToFirstRows {
            parts.append("first_rows=\(milliseconds(first))ms reading=\(milliseconds(outcome.duration - first))ms")
        }
        if outcome.wasCached == false { parts.append("parsed") }
        if let rows = outcome.rows { parts.append("rows=\(rows)") }
        if outcome.bytesReceived > 0 { parts.append("received=\(outcome.bytesReceived)") }
        if outcome.bytesSent > 0 { parts.append("sent=\(outcome.bytesSent)") }
        if let size = operation.batchSize { parts.append("statements=\(size)") }
        if let error = outcome.error { parts.append("failed=\(error.sqlState?.rawValue ?? error.code.rawValue)") }
        if let statement = showsParameters ? operation.statement : operation.redactedStatement {
            parts.append(": " + statement.split(whereSeparator: \.isWhitespace).joined(separator: " "))
        }
        if showsParameters, let parameters = operation.parameters, !parameters.isEmpty {
            parts.append("[\(parameters.joined(separator: ", "))]")
        }
        // A name or a parameter could break a line in two, and pretend to be one.
        return parts.joined(separator: " ").replacing("\n", with: " ").replacing("\r", with: " ")
    }

    private static func milliseconds(_ duration: Duration) -> String {
        let microseconds = duration.components.seconds * 1_000_000 + duration.components.attoseconds / 1_000_000_000_000
        let (whole, rest) = (microseconds / 1000, microseconds % 1000)
        return "\(whole)." + (rest < 10 ? "00" : rest < 100 ? "0" : "") + "\(rest)"
    }

    private static let writeToStandardError: @Sendable (String) -> Void = { line in
        var text = "egret: " + line + "\n"
        text.withUTF8 { _ = write(2, $0.baseAddress, $0.count) }
    }
}
