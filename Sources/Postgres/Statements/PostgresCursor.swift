import PostgresLocks
public import PostgresTypes
public import PostgresWire

/// The rows of one statement, fetched so many at a time while the server keeps the rest.
///
///     try await pool.withTransaction { tx in
///         try await tx.withCursor("SELECT id, name FROM users ORDER BY id", fetchSize: 500) { cursor in
///             for try await row in cursor { … }
///         }
///     }
///
/// It is a portal of its transaction and ends with it. Unlike with the rows of `query`, other statements may run between
/// two rows without the rest being gathered in memory, and leaving the loop early stops nothing that runs: the
/// transaction goes on.
public final class PostgresCursor: AsyncSequence, Sendable {
    public typealias Element = PostgresRow
    public typealias Failure = PostgresError

    private let connection: PostgresConnection
    private let portal: String
    private let sql: String
    private let columnSet: ColumnSet
    private let timeout: Duration?
    private let state = Mutex(State.open)

    private enum State {
        case open
        /// Every row has been fetched.
        case exhausted
        case closed
    }

    /// How many rows are fetched at a time.
    public let fetchSize: Int

    private static let names = Atomic<UInt64>(0)

    /// A name of a portal or cursor that this process has not used before.
    static func nextName() -> String {
        "egret_cursor_\(names.wrappingAdd(1, ordering: .relaxed).newValue)"
    }

    init(
        _ query: PostgresQuery, fetchSize: Int, timeout: Duration?, on connection: PostgresConnection
    ) async throws(PostgresError) {
        try connection.checkCursor(fetchSize: fetchSize)
        let statement = try await connection.session.prepared(query.sql, timeout: timeout)
        let name = Self.nextName()
        columnSet = try await connection.session.openPortal(name, statement, timeout: timeout) {
            (buffer) throws(PostgresError) in
            try query.parameters.appendBindParameters(as: statement.parameterTypes, to: &buffer)
        }
        portal = name
        sql = query.sql
        self.fetchSize = fetchSize
        self.timeout = timeout
        self.connection = connection
    }

    deinit { close() }

    /// The columns, in order.
    public var columns: [PostgresColumn] { columnSet.columns }

    /// The next rows, `count` of them or ``fetchSize``; none at the end.
    ///
    /// - Throws: `server`, SQLSTATE 34000, when the transaction is over, and its other reasons; `invalidUse` after
    ///   `close()`.
    public func fetch(_ count: Int? = nil) async throws(PostgresError) -> PostgresRows {
        let count = count ?? fetchSize
        try connection.checkCursor(fetchSize: count)
        switch state.withLock({ $0 }) {
        case .open: break
        case .exhausted: return PostgresRows(columns: columnSet, first: nil, source: nil, tag: CommandTag("FETCH 0"))
        case .closed: throw PostgresError(.invalidUse, "the cursor is closed")
        }
        let (rows, hasMore) = try await connection.session.fetch(
            from: portal, count: Int32(clamping: count), columns: columnSet, sql: sql, timeout: timeout,
            connection: connection)
        if !hasMore { state.withLock { if case .open = $0 { $0 = .exhausted } } }
        return rows ?? PostgresRows(columns: columnSet, first: nil, source: nil, tag: .empty)
    }

    /// True when the last row has been fetched.
    public var isExhausted: Bool { state.withLock { if case .open = $0 { false } else { true } } }

    /// Has the server forget the rest. Happens by itself when the cursor is no longer held, and at the transaction's end.
    public func close() {
        let wasClosed = state.withLock { state in
            defer { state = .closed }
            if case .closed = state { return true }
            return false
        }
        if !wasClosed { connection.session.closePortal(portal) }
    }

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(cursor: self) }

    /// Fetches whenever the rows at hand are used up.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let cursor: PostgresCursor
        var rows: PostgresRows.AsyncIterator?

        public mutating func next() async throws(PostgresError) -> PostgresRow? { try await next(isolation: nil) }

        public mutating func next(isolation actor: isolated (any Actor)?) async throws(PostgresError) -> PostgresRow? {
            while true {
                if let row = try await rows?.next(isolation: actor) { return row }
                if cursor.isExhausted { return nil }
                rows = try await cursor.fetch().makeAsyncIterator()
            }
        }
    }
}

extension PostgresConnection {
    /// Throws where no cursor can be.
    func checkCursor(fetchSize: Int, needsTransaction: Bool = true) throws(PostgresError) {
        try checkLease()
        guard fetchSize > 0 else {
            throw PostgresError(.invalidUse, "\(fetchSize) rows cannot be fetched at a time")
        }
        guard isInTransaction || !needsTransaction else {
            throw PostgresError(
                .invalidUse, "a cursor lives in a transaction, and none is open",
                advice: "Open it inside withTransaction")
        }
    }

    /// Opens a cursor over a statement's rows; a transaction must be open.
    ///
    /// - Throws: `invalidUse` outside a transaction, and what `query` throws.
    public func cursor(
        _ query: PostgresQuery, fetchSize: Int = 1_000, timeout: Duration? = nil
    ) async throws(PostgresError) -> PostgresCursor {
        try await PostgresCursor(query, fetchSize: fetchSize, timeout: timeout, on: self)
    }

    /// Opens a cursor that goes back and forth; a transaction must be open, unless `isHeld`.
    ///
    /// `isHeld`: the rows outlive the transaction; the server keeps a copy of them until the cursor is closed.
    ///
    /// - Throws: `invalidUse` outside a transaction, and what `query` throws.
    public func scrollCursor(
        _ query: PostgresQuery, isHeld: Bool = false, timeout: Duration? = nil
    ) async throws(PostgresError) -> PostgresScrollCursor {
        try await PostgresScrollCursor(query, isHeld: isHeld, timeout: timeout, on: self)
    }

    /// Runs `body` with a cursor that is closed afterwards.
    public func withCursor<R>(
        _ query: PostgresQuery, fetchSize: Int = 1_000, timeout: Duration? = nil,
        _ body: (PostgresCursor) async throws -> R
    ) async throws -> R {
        let cursor = try await cursor(query, fetchSize: fetchSize, timeout: timeout)
        defer { cursor.close() }
        return try await body(cursor)
    }
}

extension PostgresTransaction {
    /// Opens a cursor over a statement's rows. See ``PostgresCursor``.
    ///
    /// - Throws: what `query` throws.
    public func cursor(
        _ query: PostgresQuery, fetchSize: Int = 1_000, timeout: Duration? = nil
    ) async throws(PostgresError) -> PostgresCursor {
        try await connection.cursor(query, fetchSize: fetchSize, timeout: timeout)
    }

    /// Opens a cursor that goes back and forth. See ``PostgresConnection/scrollCursor(_:isHeld:timeout:)``.
    ///
    /// - Throws: what `query` throws.
    public func scrollCursor(
        _ query: PostgresQuery, isHeld: Bool = false, timeout: Duration? = nil
    ) async throws(PostgresError) -> PostgresScrollCursor {
        try await connection.scrollCursor(query, isHeld: isHeld, timeout: timeout)
    }

    /// Runs `body` with a cursor that is closed afterwards.
    public func withCursor<R>(
        _ query: PostgresQuery, fetchSize: Int = 1_000, timeout: Duration? = nil,
        _ body: (PostgresCursor) async throws -> R
    ) async throws -> R {
        try await connection.withCursor(query, fetchSize: fetchSize, timeout: timeout, body)
    }
}
