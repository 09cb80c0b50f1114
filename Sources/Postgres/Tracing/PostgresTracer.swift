public import PostgresWire

/// Hears of what the driver does: connecting, waiting for a connection, statements, COPY, transactions, and the pool.
///
/// Set in ``PostgresConfiguration/tracers``; several hear the same. Without any, the driver reads no clock and allocates
/// nothing for it. All calls come from the task that does the work, `begin` before it and `end` behind it, or from the
/// connection's thread: return soon, and ask nothing of the same connection.
///
/// No parameter, row value or password is told, unless ``showsParameters`` asks for parameters. Statements are text as
/// the program wrote it: where values may stand in it, use ``PostgresOperation/redactedStatement``.
public protocol PostgresTracer: Sendable {
    /// Parameters are told too: ``PostgresOperation/parameters``. For development; false when not implemented.
    var showsParameters: Bool { get }

    /// Something begins. What is returned hears of its end; nil when that is of no interest.
    func begin(_ operation: PostgresOperation) -> (any PostgresSpan)?

    /// Something happened that takes no time.
    func event(_ event: PostgresTraceEvent)

    /// What is appended to a statement as a comment, before it is begun. See ``PostgresCommenter``.
    func tags(for operation: PostgresOperation) -> PostgresComment
}

extension PostgresTracer {
    public var showsParameters: Bool { false }
    public func event(_ event: PostgresTraceEvent) {}
    public func tags(for operation: PostgresOperation) -> PostgresComment { PostgresComment() }
}

/// What a tracer keeps between the beginning and the end of an operation.
public protocol PostgresSpan: Sendable {
    /// The operation is over; for a query whose rows are read one by one, when the last has come or they were dropped.
    func end(_ outcome: PostgresOutcome)
}

/// How an operation ended.
public struct PostgresOutcome: Sendable {
    /// From its beginning to its end.
    public var duration: Duration
    /// From its beginning to the first rows, where rows were still coming then; the rest is reading them.
    public var timeToFirstRows: Duration?
    /// Rows returned, changed or copied, as the server counted them.
    public var rows: Int?
    /// Bytes of rows or COPY data that came.
    public var bytesReceived = 0
    /// Bytes of parameters or COPY data that were sent.
    public var bytesSent = 0
    /// Why it failed. Its description tells no value; its `sql` is the statement.
    public var error: PostgresError?
    /// Whether the statement was known to the server already; nil where there is none.
    public var wasCached: Bool?

    /// The server's code for the failure.
    public var sqlState: SQLState? { error?.sqlState }

    /// An outcome by its duration.
    public init(duration: Duration, error: PostgresError? = nil) {
        self.duration = duration
        self.error = error
    }
}

/// Something that happened to a connection or in the pool.
public enum PostgresTraceEvent: Sendable {
    /// A notice or warning of the server.
    case notice(PostgresServerError)
    /// A CancelRequest was sent.
    case cancelSent
    /// The pool has opened a connection.
    case poolOpened
    /// A connection of the pool was closed or lost.
    case poolClosed
    /// The pool closes a connection: idle for too long, too old, or no longer needed.
    case poolRetired
    /// Every connection is in use: a task begins to wait for one.
    case poolExhausted
    /// A connection has been held for longer than ``PostgresPoolOptions/leaseReportedAfter``: told once of each lease.
    case poolLeaseHeld(PostgresPoolHolder)
    /// A server takes no writes any more: the pool replaces its connections to it.
    case poolServerDemoted(host: String)
}
