import PostgresLocks
import PostgresTransport
import PostgresTypes
import PostgresWire

/// The tracers of a configuration, and what they are told about it. Nil where there are none, so that the way of a query
/// has one question to ask.
final class Tracing: Sendable {
    private let tracers: [any PostgresTracer]
    private let showsParameters: Bool
    private let host: String
    private let port: Int
    private let database: String
    private let user: String

    init?(_ configuration: PostgresConfiguration) {
        guard !configuration.tracers.isEmpty else { return nil }
        tracers = configuration.tracers
        showsParameters = tracers.contains { $0.showsParameters }
        host = configuration.host
        port = configuration.port
        database = configuration.database ?? configuration.user
        user = configuration.user
    }

    /// The metrics among the tracers.
    var metrics: [PostgresMetrics] { tracers.compactMap { $0 as? PostgresMetrics } }

    func begin(
        _ kind: PostgresOperation.Kind, _ statement: String? = nil, parameters: PostgresParameters? = nil,
        batchSize: Int? = nil
    ) -> Trace {
        begin(operation(kind, statement, batchSize: batchSize), parameters: parameters)
    }

    func operation(
        _ kind: PostgresOperation.Kind, _ statement: String? = nil, batchSize: Int? = nil
    ) -> PostgresOperation {
        PostgresOperation(
            kind: kind, statement: statement, name: PostgresTags.current.operation, batchSize: batchSize,
            parameters: nil, host: host, port: port, database: database, user: user)
    }

    func begin(_ operation: PostgresOperation, parameters: PostgresParameters? = nil) -> Trace {
        var shown = operation
        if showsParameters, let parameters { shown.parameters = ShownParameters.texts(parameters) }
        let start = monotonicNanoseconds()
        let spans = tracers.compactMap { $0.begin($0.showsParameters ? shown : operation) }
        return Trace(spans: spans, start: start)
    }

    func event(_ event: PostgresTraceEvent) { for tracer in tracers { tracer.event(event) } }

    func comment(for operation: PostgresOperation) -> PostgresComment {
        var comment = PostgresComment()
        for tracer in tracers { comment.merge(tracer.tags(for: operation)) }
        return comment
    }
}

/// An operation that has begun and will end once, whoever ends it first.
final class Trace: Sendable {
    private struct State {
        var outcome = PostgresOutcome(duration: .zero)
        var isOver = false
    }

    private let spans: [any PostgresSpan]
    private let start: Int64
    private let state = Mutex(State())

    init(spans: [any PostgresSpan], start: Int64) {
        self.spans = spans
        self.start = start
    }

    private var elapsed: Duration { .nanoseconds(monotonicNanoseconds() - start) }

    /// Notes what will be told at the end.
    func note(_ change: (inout PostgresOutcome) -> Void) { state.withLock { change(&$0.outcome) } }

    /// The first rows are there, more will come.
    func firstRowsCame() {
        let elapsed = elapsed
        note { $0.timeToFirstRows = elapsed }
    }

    func end(tag: String? = nil, error: (any Error)? = nil) {
        let elapsed = elapsed
        let outcome = state.withLock { state -> PostgresOutcome? in
            guard !state.isOver else { return nil }
            state.isOver = true
            state.outcome.duration = elapsed
            if let tag { state.outcome.rows = PostgresCommandResult(tag: tag).rowCount }
            if let error {
                // An error of the program is none of ours to tell: it may say anything.
                state.outcome.error =
                    error as? PostgresError ?? PostgresError(.rolledBack, "the closure threw an error of its own")
            }
            return state.outcome
        }
        guard let outcome else { return }
        for span in spans { span.end(outcome) }
    }
}

/// Parameters as a tracer that asked for them sees them.
enum ShownParameters {
    /// What a log line has room for.
    private static let longest = 200

    static func texts(_ parameters: PostgresParameters) -> [String] {
        let types = parameters.types
        return parameters.withUnsafeCells { cells in
            var texts: [String] = []
            var offset = 0
            for type in types {
                guard offset + 4 <= cells.count else { break }
                let length = Int(Int32(bigEndian: cells.loadUnaligned(fromByteOffset: offset, as: Int32.self)))
                offset += 4
                guard length >= 0 else {
                    texts.append("NULL")
                    continue
                }
                guard length <= cells.count - offset else { break }
                texts.append(text(UnsafeRawBufferPointer(rebasing: cells[offset..<(offset + length)]), type))
                offset += length
            }
            return texts
        }
    }

    private static func text(_ bytes: UnsafeRawBufferPointer, _ type: PostgresType) -> String {
        let span = bytes.bytes
        do throws(PostgresError) {
            switch type {
            case .bool: return String(try Bool(binary: span, type: type))
            case .int2, .int4, .int8, .oid: return String(try Int64(binary: span, type: type))
            case .float4, .float8: return String(try Double(binary: span, type: type))
            case .numeric: return try PostgresNumeric(binary: span, type: type).description
            case .timestamptz: return quoted(try PostgresTimestampTZ(binary: span, type: type).description)
            case .date: return quoted(try PostgresDate(binary: span, type: type).description)
            case .text, .varchar, .name, .bpchar, .json, .unknown:
                let text = String(decoding: bytes.prefix(longest), as: UTF8.self)
                return quoted(bytes.count > longest ? text + "…" : text)
            default: break
            }
        } catch {
            // What cannot be read is shown by its size, as a value of any other type is.
        }
        return "(\(bytes.count) bytes)"
    }

    private static func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "''") + "'" }
}
