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
            guard let batch = try await source?.nextBatch() else { return nil }
            var bytes: [UInt8] = []
            bytes.reserveCapacity(batch.memory.count)
            var offset = 0
            // Each message is a kind, a length and its piece.
            while offset < batch.memory.count {
                let end = batch.end(ofRowAt: offset)
                bytes.append(contentsOf: batch.memory[(offset + 5)..<end])
                offset = end
            }
            return bytes
        }
    }
}
