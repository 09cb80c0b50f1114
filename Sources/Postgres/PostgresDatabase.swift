public import PostgresTypes
public import PostgresWire

/// Anything a query can be sent to: a pool, a connection, a transaction.
///
/// Code that takes `some PostgresDatabase` works alone and inside somebody's transaction alike.
public protocol PostgresDatabase: Sendable {
    /// Runs one statement and returns its rows as they come.
    ///
    /// `timeout` counts until the last row; when it passes the server is told to stop. nil means the configuration's.
    /// `caller` is named where somebody waits too long for the connection that the rows hold.
    ///
    /// - Throws: `server` with the server's reason, `encodingFailed` when a parameter does not fit what the server wants,
    ///   `timeout`, `cancelled`, `connectionClosed`.
    func query(
        _ query: PostgresQuery, timeout: Duration?, from caller: PostgresCaller
    ) async throws(PostgresError) -> PostgresRows

    /// Runs `body` with one connection, on that connection's own thread.
    ///
    /// CPU-heavy work in `body` keeps other connections of that thread waiting: do it outside.
    @discardableResult
    func withConnection<R: Sendable>(
        from caller: PostgresCaller, _ body: @Sendable (PostgresConnection) async throws -> R
    ) async throws -> R

    /// Runs `body` in a transaction, committed when it returns and rolled back when it throws. In a transaction already,
    /// it is a savepoint instead, and `options` must be the default.
    ///
    /// - Throws: what `body` throws; `server` when COMMIT is refused, by a deferred constraint say; `rolledBack` when a
    ///   statement's error was dropped in `body`; `outcomeUnknown` when the answer to COMMIT was lost: the only case in
    ///   which something may have been kept.
    @discardableResult
    func withTransaction<R: Sendable>(
        _ options: PostgresTransactionOptions, from caller: PostgresCaller,
        _ body: @Sendable (PostgresTransaction) async throws -> R
    ) async throws -> R
}

extension PostgresDatabase {
    /// Runs one statement and returns its rows as they come.
    ///
    /// `timeout` counts until the last row; when it passes the server is told to stop. nil means the configuration's.
    @inlinable
    public func query(
        _ query: PostgresQuery, timeout: Duration? = nil, file: StaticString = #fileID, line: UInt = #line
    ) async throws(PostgresError) -> PostgresRows {
        try await self.query(query, timeout: timeout, from: PostgresCaller(file: file, line: line))
    }

    /// Runs `body` with one connection, on that connection's own thread.
    ///
    /// CPU-heavy work in `body` keeps other connections of that thread waiting: do it outside.
    @inlinable @discardableResult
    public func withConnection<R: Sendable>(
        file: StaticString = #fileID, line: UInt = #line, _ body: @Sendable (PostgresConnection) async throws -> R
    ) async throws -> R {
        try await withConnection(from: PostgresCaller(file: file, line: line), body)
    }

    /// Runs `body` in a transaction, committed when it returns and rolled back when it throws. In a transaction already,
    /// it is a savepoint instead, and `options` must be the default.
    @inlinable @discardableResult
    public func withTransaction<R: Sendable>(
        _ options: PostgresTransactionOptions, file: StaticString = #fileID, line: UInt = #line,
        _ body: @Sendable (PostgresTransaction) async throws -> R
    ) async throws -> R {
        try await withTransaction(options, from: PostgresCaller(file: file, line: line), body)
    }

    /// Runs one statement and decodes each row as a tuple while the rows are gone through.
    ///
    /// A row whose cells are not such values throws `decodingFailed` when it is reached.
    @inlinable
    public func query<each V: PostgresDecodable>(
        _ query: PostgresQuery, as type: (repeat each V).Type, timeout: Duration? = nil,
        file: StaticString = #fileID, line: UInt = #line
    ) async throws(PostgresError) -> PostgresDecodedRows<(repeat each V)> {
        try await self.query(query, timeout: timeout, from: PostgresCaller(file: file, line: line)).decode(as: type)
    }

    /// Runs one statement of one column and decodes each row as its value.
    ///
    ///     let count = try await pool.query("SELECT count(*) FROM users", as: Int.self).first() ?? 0
    @inlinable
    public func query<V: PostgresDecodable>(
        _ query: PostgresQuery, as type: V.Type, timeout: Duration? = nil, file: StaticString = #fileID,
        line: UInt = #line
    ) async throws(PostgresError) -> PostgresDecodedRows<V> {
        try await self.query(query, timeout: timeout, from: PostgresCaller(file: file, line: line)).decode(as: type)
    }

    /// Runs one statement to its end; rows are passed over.
    ///
    /// - Throws: as `query` does.
    @discardableResult
    public func execute(
        _ query: PostgresQuery, timeout: Duration? = nil, file: StaticString = #fileID, line: UInt = #line
    ) async throws(PostgresError) -> PostgresCommandResult {
        let rows = try await self.query(query, timeout: timeout, from: PostgresCaller(file: file, line: line))
        var iterator = rows.makeAsyncIterator()
        while try await iterator.next() != nil {}
        return rows.commandResult ?? PostgresCommandResult(tag: "")
    }

    /// Runs several statements at once, separated by semicolons, without parameters; function bodies in `$$` are fine.
    /// They are one transaction unless the text says otherwise.
    ///
    /// - Throws: what the server refuses; the error's position is the statement's place in the text.
    /// - Returns: one result for each statement that was completed.
    @discardableResult
    public func execute(
        script: String, timeout: Duration? = nil, file: StaticString = #fileID, line: UInt = #line
    ) async throws(PostgresError) -> [PostgresCommandResult] {
        try await typed {
            try await withConnection(file: file, line: line) { connection in
                let tags = try await connection.tags(ofScript: script, timeout: timeout)
                return tags.map { PostgresCommandResult(tag: $0) }
            }
        }
    }

    /// Runs `body` in a transaction. See ``PostgresTransactionOptions`` for the arguments.
    @discardableResult
    public func withTransaction<R: Sendable>(
        isolation: PostgresIsolation? = nil, readOnly: Bool = false, deferrable: Bool = false, retries: Int = 0,
        file: StaticString = #fileID, line: UInt = #line,
        _ body: @Sendable (PostgresTransaction) async throws -> R
    ) async throws -> R {
        try await withTransaction(
            PostgresTransactionOptions(
                isolation: isolation, readOnly: readOnly, deferrable: deferrable, retries: retries),
            file: file, line: line, body)
    }
}

/// Runs work whose only errors are ours, behind a signature that cannot say so.
func typed<R>(_ body: () async throws -> R) async throws(PostgresError) -> R {
    do {
        return try await body()
    } catch let error as PostgresError {
        throw error
    } catch {
        throw PostgresError(.invalidUse, "\(error)")
    }
}
