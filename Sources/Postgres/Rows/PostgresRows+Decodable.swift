public import PostgresTypes
public import PostgresWire

extension PostgresRow {
    /// The row as a `Decodable` value, each key from the column of its name.
    ///
    /// A column of `json` or `jsonb` may hold any `Decodable` value; the others hold what PostgreSQL's types are read as.
    /// For many rows `rows.decode(into:)` is faster: it matches names and keys once.
    ///
    /// - Throws: `decodingFailed`, naming the column.
    public func decode<T: Decodable>(
        into type: T.Type, keys: PostgresKeyStrategy = .ignoringCaseAndUnderscores
    ) throws(PostgresError) -> T {
        try DecodableRow.decode(T.self, from: self, keys: DecodableRow.Keys(columns, keys))
    }
}

extension PostgresRows {
    /// The rows as `Decodable` values, each key from the column of its name. See ``PostgresRow/decode(into:keys:)``.
    ///
    ///     struct User: Decodable { var id: Int; var firstName: String }
    ///     let users = try await pool.query("SELECT id, first_name FROM users").decode(into: User.self).collect()
    ///
    /// Several times slower than a closure that reads the cells from left to right; see `decode(_:)`.
    public func decode<T: Decodable>(
        into type: T.Type = T.self, keys: PostgresKeyStrategy = .ignoringCaseAndUnderscores
    ) -> PostgresDecodableRows<T> {
        PostgresDecodableRows(rows: self, keys: DecodableRow.Keys(columns, keys))
    }
}

/// The rows of a result as `Decodable` values, decoded one by one while they are iterated.
public struct PostgresDecodableRows<Element: Decodable>: AsyncSequence {
    public typealias Failure = PostgresError

    let rows: PostgresRows
    let keys: DecodableRow.Keys

    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(rows: rows.makeAsyncIterator(), keys: keys)
    }

    /// Suspends only between batches of rows.
    public struct AsyncIterator: AsyncIteratorProtocol {
        var rows: PostgresRows.AsyncIterator
        let keys: DecodableRow.Keys

        public mutating func next() async throws(PostgresError) -> Element? { try await next(isolation: nil) }

        public mutating func next(isolation actor: isolated (any Actor)?) async throws(PostgresError) -> Element? {
            guard let row = try await rows.next(isolation: actor) else { return nil }
            return try DecodableRow.decode(Element.self, from: row, keys: keys)
        }
    }

    /// All values at once, in memory.
    public func collect() async throws(PostgresError) -> [Element] {
        var values: [Element] = []
        var iterator = makeAsyncIterator()
        while let value = try await iterator.next() { values.append(value) }
        return values
    }

    /// The first value, or nil when there are no rows.
    public func first() async throws(PostgresError) -> Element? {
        var iterator = makeAsyncIterator()
        return try await iterator.next()
    }
}

extension PostgresDecodableRows: Sendable where Element: Sendable {}

extension PostgresDatabase {
    /// Runs one statement and decodes each row as a `Decodable` value. See ``PostgresRow/decode(into:keys:)``.
    ///
    /// - Throws: as `query` does.
    public func query<T: Decodable>(
        _ query: PostgresQuery, into type: T.Type, keys: PostgresKeyStrategy = .ignoringCaseAndUnderscores,
        timeout: Duration? = nil, file: StaticString = #fileID, line: UInt = #line
    ) async throws(PostgresError) -> PostgresDecodableRows<T> {
        try await self.query(query, timeout: timeout, file: file, line: line).decode(into: type, keys: keys)
    }
}
