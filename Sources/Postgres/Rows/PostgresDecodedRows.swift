public import PostgresWire

/// The rows of a result as Swift values, decoded one by one while they are iterated.
public struct PostgresDecodedRows<Element>: AsyncSequence {
    public typealias Failure = PostgresError

    @usableFromInline let rows: PostgresRows
    @usableFromInline let make: @Sendable (inout PostgresRowDecoder) throws(PostgresError) -> Element

    @inlinable
    init(
        rows: PostgresRows, make: @escaping @Sendable (inout PostgresRowDecoder) throws(PostgresError) -> Element
    ) {
        self.rows = rows
        self.make = make
    }

    @inlinable
    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(cursor: RowCursor(rows), make: make)
    }

    /// Decodes in place: memory is all it touches until a batch is used up.
    public struct AsyncIterator: AsyncIteratorProtocol {
        @usableFromInline var cursor: RowCursor
        @usableFromInline let make: @Sendable (inout PostgresRowDecoder) throws(PostgresError) -> Element

        @inlinable
        init(
            cursor: RowCursor, make: @escaping @Sendable (inout PostgresRowDecoder) throws(PostgresError) -> Element
        ) {
            self.cursor = cursor
            self.make = make
        }

        @inlinable @inline(__always)
        public nonisolated(nonsending) mutating func next() async throws(PostgresError) -> Element? {
            while true {
                if var decoder = cursor.nextRow() { return try make(&decoder) }
                // The end of what came whole is no reason to call what may suspend.
                guard cursor.mayRefill else { return nil }
                guard try await cursor.refill() else { return nil }
            }
        }

        // Not `isolated`: a loop would change its executor twice for each row, which takes longer than decoding it.
        @inlinable @inline(__always)
        public nonisolated(nonsending) mutating func next(
            isolation actor: (any Actor)?
        ) async throws(PostgresError) -> Element? {
            try await next()
        }
    }

    /// All values at once, in memory.
    @inlinable
    public func collect() async throws(PostgresError) -> [Element] {
        var values: [Element] = []
        var iterator = makeAsyncIterator()
        while let value = try await iterator.next() { values.append(value) }
        return values
    }

    /// The first value, or nil when there are no rows.
    @inlinable
    public func first() async throws(PostgresError) -> Element? {
        var iterator = makeAsyncIterator()
        return try await iterator.next()
    }
}

extension PostgresDecodedRows: Sendable where Element: Sendable {}
