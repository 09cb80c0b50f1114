public import PostgresTypes
public import PostgresWire

/// The answers to statements that were sent together, each as soon as it is there.
///
///     let find = PostgresStatement("SELECT name FROM users WHERE id = $1")
///     for try await rows in try await connection.pipeline(ids.map { find($0) }) {
///         let name = try await rows.decode(as: String.self).first()
///     }
///
/// While the first answers are read, the server works at the statements behind. Reading from it stops while more than a
/// megabyte of answers waits, so their number may be as large as the statements' text allows. Leaving the loop early has
/// the server stop. They can be iterated once.
public struct PostgresPipeline: AsyncSequence, Sendable {
    public typealias Element = PostgresRows
    public typealias Failure = PostgresError

    /// Nil where no statement was sent.
    @usableFromInline let source: RowSource?

    init(source: RowSource?) { self.source = source }

    @inlinable
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(source: source) }

    /// Goes through the answers; suspends only where the next one is not there.
    public struct AsyncIterator: AsyncIteratorProtocol {
        @usableFromInline let source: RowSource?
        /// What is there, the last first.
        @usableFromInline var answers: [PostgresRows] = []

        @inlinable
        init(source: RowSource?) { self.source = source }

        @inlinable @inline(__always)
        public nonisolated(nonsending) mutating func next() async throws(PostgresError) -> PostgresRows? {
            if let rows = answers.popLast() { return rows }
            return try await refill()
        }

        // Not `isolated`: a loop would change its executor twice for each answer.
        @inlinable @inline(__always)
        public nonisolated(nonsending) mutating func next(
            isolation actor: (any Actor)?
        ) async throws(PostgresError) -> PostgresRows? {
            try await next()
        }

        @usableFromInline
        nonisolated(nonsending) mutating func refill() async throws(PostgresError) -> PostgresRows? {
            guard let source else { return nil }
            answers = try await source.nextResults()
            return answers.popLast()
        }
    }
}

extension PostgresConnection {
    /// Sends several statements at once, and hands over the answer to each as it comes.
    ///
    /// As a ``batch(_:timeout:)`` they are one transaction, unless one is open already; what was read before a statement
    /// failed is of a transaction that came to nothing. Where that matters, read to the end first.
    ///
    /// - Returns: the rows of each statement, in their order, each with all of its rows; and at the failed one the error.
    /// - Throws: why the first statement was not answered. Iterating throws what came to the others.
    public func pipeline(
        _ queries: [PostgresQuery], timeout: Duration? = nil
    ) async throws(PostgresError) -> PostgresPipeline {
        guard !queries.isEmpty else { return PostgresPipeline(source: nil) }
        try checkLease()
        let trace = session.tracing?.begin(.batch, queries.first?.sql, batchSize: queries.count)
        do throws(PostgresError) {
            let (request, failure, _) = try await runBatch(queries, streams: true, timeout: timeout)
            if let failure { throw failure }
            if let trace {
                trace.note { outcome in
                    outcome.bytesSent = queries.reduce(0) { $0 + $1.parameters.withUnsafeCells { $0.count } }
                }
                trace.firstRowsCame()
                session.attach(trace, to: request)
            }
            return PostgresPipeline(source: RowSource(connection: self, request: request))
        } catch {
            trace?.end(error: error)
            throw error
        }
    }
}

extension PostgresTransaction {
    /// Sends several statements at once, and hands over the answer to each as it comes. See
    /// ``PostgresConnection/pipeline(_:timeout:)``.
    public func pipeline(
        _ queries: [PostgresQuery], timeout: Duration? = nil
    ) async throws(PostgresError) -> PostgresPipeline {
        try await connection.pipeline(queries, timeout: timeout)
    }
}
