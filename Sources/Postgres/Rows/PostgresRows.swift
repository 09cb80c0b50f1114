public import PostgresTypes
public import PostgresWire

/// The rows of one result, as they come.
///
///     for try await row in try await connection.query("SELECT id, name FROM users") {
///         let (id, name) = try row.decode(as: (Int, String).self)
///     }
///
/// Rows are handed over in batches; reading from the server stops while more than a megabyte waits, so a table larger
/// than memory can be read through. Leaving the loop early has the server stop. They can be iterated once.
public struct PostgresRows: AsyncSequence, Sendable {
    public typealias Element = PostgresRow
    public typealias Failure = PostgresError

    let columnSet: ColumnSet
    /// What had come when the query returned; small results are complete then.
    @usableFromInline let first: RowBatch?
    /// The rest, when there may be more.
    @usableFromInline let source: RowSource?
    private let tag: CommandTag?

    init(columns: ColumnSet, first: RowBatch?, source: RowSource?, tag: CommandTag?) {
        columnSet = columns
        self.first = first
        self.source = source
        self.tag = tag
    }

    /// The columns, in order.
    public var columns: [PostgresColumn] { columnSet.columns }

    /// What the server says it did; nil until all rows have been read.
    public var commandResult: PostgresCommandResult? {
        (tag ?? source?.commandTag).map { PostgresCommandResult(tag: $0.text) }
    }

    @inlinable
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(cursor: RowCursor(self)) }

    /// Goes through the rows batch by batch; suspends only between batches.
    public struct AsyncIterator: AsyncIteratorProtocol {
        @usableFromInline var cursor: RowCursor

        @inlinable
        init(cursor: RowCursor) { self.cursor = cursor }

        @inlinable @inline(__always)
        public nonisolated(nonsending) mutating func next() async throws(PostgresError) -> PostgresRow? {
            while true {
                if let row = cursor.nextWholeRow() { return row }
                // The end of what came whole is no reason to call what may suspend.
                guard cursor.mayRefill else { return nil }
                guard try await cursor.refill() else { return nil }
            }
        }

        // Not `isolated`: a loop would change its executor twice for each row, which takes longer than decoding it.
        @inlinable @inline(__always)
        public nonisolated(nonsending) mutating func next(
            isolation actor: (any Actor)?
        ) async throws(PostgresError) -> PostgresRow? {
            try await next()
        }
    }

    /// All rows at once, in memory.
    public func collect() async throws(PostgresError) -> [PostgresRow] {
        var rows: [PostgresRow] = []
        for try await row in self { rows.append(row) }
        return rows
    }

    /// The rows as values made by `make`, which reads the cells from left to right. The fastest way to read many.
    @inlinable
    public func decode<T>(
        _ make: @escaping @Sendable (inout PostgresRowDecoder) throws(PostgresError) -> T
    ) -> PostgresDecodedRows<T> {
        PostgresDecodedRows(rows: self, make: make)
    }

    /// The rows of one column as its values.
    @inlinable
    public func decode<V: PostgresDecodable>(as _: V.Type = V.self) -> PostgresDecodedRows<V> {
        PostgresDecodedRows(rows: self) { (decoder) throws(PostgresError) in
            let value = try decoder.next(V.self)
            try decoder.finish()
            return value
        }
    }

    /// The rows as tuples of as many values as there are columns.
    @inlinable
    public func decode<each V: PostgresDecodable>(
        as _: (repeat each V).Type = (repeat each V).self
    ) -> PostgresDecodedRows<(repeat each V)> {
        PostgresDecodedRows(rows: self) { (decoder) throws(PostgresError) in
            let values = (repeat try decoder.next((each V).self))
            try decoder.finish()
            return values
        }
    }
}
