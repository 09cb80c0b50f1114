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
        AsyncIterator(batch: rows.first, source: rows.source, make: make)
    }

    /// Decodes in place: memory is all it touches until a batch is used up.
    public struct AsyncIterator: AsyncIteratorProtocol {
        @usableFromInline var batch: RowBatch?
        @usableFromInline var offset = 0
        @usableFromInline let source: RowSource?
        @usableFromInline let make: @Sendable (inout PostgresRowDecoder) throws(PostgresError) -> Element

        @inlinable
        init(
            batch: RowBatch?, source: RowSource?,
            make: @escaping @Sendable (inout PostgresRowDecoder) throws(PostgresError) -> Element
        ) {
            self.batch = batch
            self.source = source
            self.make = make
        }

        @inlinable
        public mutating func next() async throws(PostgresError) -> Element? {
            try await next(isolation: nil)
        }

        @inlinable
        public mutating func next(isolation actor: isolated (any Actor)?) async throws(PostgresError) -> Element? {
            while true {
                if let batch {
                    if offset < batch.memory.count {
                        let end = batch.end(ofRowAt: offset)
                        var decoder = PostgresRowDecoder(batch: batch, offset: offset, end: end)
                        offset = end
                        defer { withExtendedLifetime(batch) {} }
                        return try make(&decoder)
                    }
                    self.batch = nil
                }
                guard let source, let next = try await source.nextBatch() else { return nil }
                batch = next
                offset = 0
            }
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
