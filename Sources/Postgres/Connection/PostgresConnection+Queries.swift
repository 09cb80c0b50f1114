import PostgresTransport
public import PostgresTypes
public import PostgresWire

extension PostgresConnection: PostgresDatabase {
    public func query(
        _ query: PostgresQuery, timeout: Duration?, from caller: PostgresCaller
    ) async throws(PostgresError) -> PostgresRows {
        if let tracing = session.tracing { return try await tracedQuery(query, tracing, timeout: timeout) }
        return try await run(query.sql, query.parameters, timeout: timeout)
    }

    /// Runs `body` on the connection's own thread.
    @concurrent @discardableResult
    public func withConnection<R: Sendable>(
        from caller: PostgresCaller, _ body: @Sendable (PostgresConnection) async throws -> R
    ) async throws -> R {
        try await session.withOwnThread { try await body(self) }
    }

    /// Sends one statement, parsed before where it must be, and waits for its first rows or its end.
    ///
    /// A statement whose tables have changed since it was parsed is parsed again and sent once more, where no
    /// transaction stands in the way; so is one that a pooler's other server does not know.
    @inline(__always)
    func run(
        _ sql: String, _ parameters: PostgresParameters, timeout: Duration?
    ) async throws(PostgresError) -> PostgresRows {
        let timeout = timeout ?? session.configuration.queryTimeout
        let deadline = timeout.map { Session.deadline(after: $0) }
        var left = timeout
        var repeats = 0
        var wasUnnamed = false
        while true {
            let request = Request(executing: sql)
            await session.run(request, until: .rows, timeout: left) { (state) throws(PostgresError) in
                // Here, where nobody can take the lease's end for a quiet one: it may have ended during the parsing.
                try checkLease()
                try session.encodeExecution(of: request, parameters, &state)
            }
            switch session.outcome(of: request, { self }) {
            case .rows(let rows):
                return rows
            case .notParsed:
                _ = try await session.prepared(sql, timeout: left)
                // What parsing took, waiting for a lock perhaps, is gone.
                left = deadline.map { .nanoseconds(max(0, $0 - monotonicNanoseconds())) }
            case .outdated(let error, let isUnnamed):
                // Once more where statements have lost their names meanwhile: the first repetition could not know.
                guard repeats == 0 || (isUnnamed && !wasUnnamed && repeats == 1) else { throw error }
                repeats += 1
                wasUnnamed = request.statement?.isUnnamed ?? false
            case .failed(let error):
                throw error
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
