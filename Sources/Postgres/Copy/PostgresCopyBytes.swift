public import PostgresWire

/// The bytes of a COPY out, in pieces as they come; joined they are the text or CSV. A piece need not end where a row does.
public struct PostgresCopyBytes: AsyncSequence, Sendable {
    public typealias Element = [UInt8]
    public typealias Failure = PostgresError

    let rows: PostgresRows

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(source: rows.source) }

    public struct AsyncIterator: AsyncIteratorProtocol {
        let source: RowSource?

        public mutating func next() async throws(PostgresError) -> [UInt8]? { try await next(isolation: nil) }

        public mutating func next(isolation actor: isolated (any Actor)?) async throws(PostgresError) -> [UInt8]? {
            guard let batch = try await source?.nextBatch(), var next = batch.memory.baseAddress else { return nil }
            var bytes: [UInt8] = []
            bytes.reserveCapacity(batch.memory.count)
            let end = next + batch.memory.count
            // Each message is a kind, a length and its piece.
            while next < end {
                let frameEnd = RowBatch.end(ofRowAt: next)
                bytes.append(contentsOf: UnsafeRawBufferPointer(start: next + 5, count: frameEnd - next - 5))
                next = frameEnd
            }
            withExtendedLifetime(batch) {}
            return bytes
        }
    }
}
