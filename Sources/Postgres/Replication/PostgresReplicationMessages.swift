public import PostgresWire

/// The messages of a stream. See ``PostgresReplicationStream/messages``.
public struct PostgresReplicationMessages: AsyncSequence, Sendable {
    public typealias Element = PostgresReplicationMessage
    public typealias Failure = PostgresError

    let stream: PostgresReplicationStream

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(stream: stream) }

    public struct AsyncIterator: AsyncIteratorProtocol {
        let stream: PostgresReplicationStream

        public mutating func next() async throws(PostgresError) -> PostgresReplicationMessage? {
            try await stream.nextDeliveredMessage()
        }

        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(PostgresError) -> PostgresReplicationMessage? {
            try await stream.nextDeliveredMessage()
        }
    }
}
