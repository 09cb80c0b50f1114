import PostgresTransport
public import PostgresTypes
public import PostgresWire

extension PostgresConnection: PostgresDatabase {
    public func query(_ query: PostgresQuery, timeout: Duration?) async throws(PostgresError) -> PostgresRows {
        let parameters = query.parameters
        // A server counts them in 16 bits when it describes the statement: it would be misunderstood.
        guard parameters.count <= PostgresParameters.maximumCount else {
            throw PostgresError(
                .invalidUse, "a statement has \(parameters.count) parameters; PostgreSQL allows 65535",
                advice: "Send an array and unnest it, use COPY, or split the statement", safeToRetry: true)
        }
        if let tracing = session.tracing { return try await tracedQuery(query, tracing, timeout: timeout) }
        return try await run(query.sql, timeout: timeout) { (statement, buffer) throws(PostgresError) in
            try parameters.appendBindParameters(as: statement.parameterTypes, to: &buffer)
        }
    }

    /// Runs `body` on the connection's own thread.
    @concurrent @discardableResult
    public func withConnection<R: Sendable>(
        _ body: @Sendable (PostgresConnection) async throws -> R
    ) async throws -> R {
        try await withTaskExecutorPreference(session.loop) { try await body(self) }
    }

    /// Sends one statement, parsed before where it must be, and waits for its first rows or its end.
    ///
    /// A statement whose tables have changed since it was parsed is parsed again and sent once more, where no
    /// transaction stands in the way; so is one that a pooler's other server does not know.
    func run(
        _ sql: String, timeout: Duration?,
        bind: (PreparedStatement, inout PostgresBuffer) throws(PostgresError) -> Void
    ) async throws(PostgresError) -> PostgresRows {
        try checkLease()
        let timeout = timeout ?? session.configuration.queryTimeout
        let deadline = timeout.map { Session.deadline(after: $0) }
        var left = timeout
        var repeats = 0
        var wasUnnamed = false
        while true {
            let request = Request(.execute(ExecuteExchange(statements: 1)), sql: sql, keepsRows: true)
            var isParsed = true
            await session.run(request, until: .rows, timeout: left) { (state) throws(PostgresError) in
                guard let statement = session.find(sql, in: &state) else {
                    isParsed = false
                    throw PostgresError(.invalidUse, "the statement is not parsed yet")
                }
                request.statement = statement
                request.columns = statement.columns
                if statement.isUnnamed {
                    request.exchange = .execute(ExecuteExchange(statements: 1, parsesEach: true))
                }
                try state.encode { (buffer) throws(PostgresError) in
                    try statement.appendExecution(to: &buffer) { (buffer) throws(PostgresError) in
                        try bind(statement, &buffer)
                    }
                    FrontendMessage.sync(to: &buffer)
                }
            }
            let (rows, failure, mayRetry) = session.change { state, _ in
                let isOver = request.phase == .finished
                // Once more where statements have lost their names meanwhile: the first repetition could not know.
                let isNew = repeats == 0 || (state.statements.isUnnamed && !wasUnnamed && repeats == 1)
                let mayRetry = request.mayBeRepeated && isNew && state.transactionStatus == .idle
                if isOver, let failure = request.failure {
                    return (nil as PostgresRows?, failure as PostgresError?, mayRetry)
                }
                let first = request.popBatch()
                let isComplete = isOver && request.firstBatch == nil
                return (
                    PostgresRows(
                        columns: request.columns, first: first,
                        source: isComplete ? nil : RowSource(connection: self, request: request),
                        tag: isComplete ? request.tag ?? "" : nil), nil, false
                )
            }
            if let rows { return rows }
            if !isParsed {
                _ = try await session.prepared(sql, timeout: left)
                // What parsing took, waiting for a lock perhaps, is gone.
                left = deadline.map { .nanoseconds(max(0, $0 - monotonicNanoseconds())) }
            } else if mayRetry {
                repeats += 1
                wasUnnamed = request.statement?.isUnnamed ?? false
            } else if let failure {
                throw failure
            }
        }
    }

    /// A connection that was kept beyond `withConnection` may be somebody else's by now.
    func checkLease() throws(PostgresError) {
        guard let lease, !lease.isCurrent else { return }
        throw PostgresError(
            .invalidUse, "the connection was used after it had gone back to its pool",
            advice: "Use it only inside withConnection or withTransaction")
    }

    func tags(ofScript script: String, timeout: Duration?) async throws(PostgresError) -> [String] {
        try checkLease()
        let request = try await session.script(script, timeout: timeout)
        return session.change { _, _ in request.tags }
    }
}
