public import PostgresTypes
public import PostgresWire

extension PostgresConnection {
    /// Sends several statements at once and waits for all of their answers: one round trip instead of many.
    ///
    ///     let find = PostgresStatement("SELECT name FROM users WHERE id = $1")
    ///     for rows in try await connection.batch(ids.map { find($0) }) {
    ///         let name = try await rows.decode(as: String.self).first()
    ///     }
    ///
    /// The statements are one transaction, unless one is open already. The answers are held in memory;
    /// ``pipeline(_:timeout:)`` hands over each as it comes.
    ///
    /// - Returns: the rows of each statement, in their order, all there.
    /// - Throws: the first error; the statements after it were not run, and outside a transaction nothing was done.
    @discardableResult
    public func batch(
        _ queries: [PostgresQuery], timeout: Duration? = nil
    ) async throws(PostgresError) -> [PostgresRows] {
        guard !queries.isEmpty else { return [] }
        try checkLease()
        guard let tracing = session.tracing else { return try await sendBatch(queries, timeout: timeout) }
        return try await tracedBatch(queries, tracing, timeout: timeout)
    }

    func sendBatch(_ queries: [PostgresQuery], timeout: Duration?) async throws(PostgresError) -> [PostgresRows] {
        let (request, failure, _) = try await runBatch(queries, timeout: timeout)
        if let failure { throw failure }
        return session.change { _, _ in request.takeResults(connection: self) }
    }

    /// Sends the batch and waits for its end, or where it `streams` for its first answer; why it failed, and at which
    /// statement if that failed before it was sent.
    func runBatch(
        _ queries: [PostgresQuery], streams: Bool = false, timeout: Duration?
    ) async throws(PostgresError) -> (request: Request, failure: PostgresError?, unfit: Int?) {
        let milestone: Request.Milestone = streams ? .results : .end
        var hasRepeated = false
        while true {
            let request = Request(
                .execute(ExecuteExchange(statements: queries.count)), sql: queries[0].sql, keepsRows: true)
            request.streamsResults = streams
            var missing: Set<String> = []
            var unfit: Int?
            await session.run(request, until: milestone, timeout: timeout) { (state) throws(PostgresError) in
                try checkLease()
                let statements = find(queries, in: &state, missing: &missing)
                guard missing.isEmpty else { throw PostgresError(.invalidUse, "a statement is not parsed yet") }
                // All of them, or none: by the session's ways, or by those of a transaction behind what may be a pooler.
                if statements[0].isUnnamed {
                    request.exchange = .execute(ExecuteExchange(statements: queries.count, parsesEach: true))
                }
                try Self.encode(queries, statements, &state, unfit: &unfit)
                request.beginBatch(statements)
            }
            if missing.isEmpty {
                let (failure, mayRepeat) = session.change { state, _ -> (PostgresError?, Bool) in
                    // An error behind an answer comes in its turn.
                    guard !request.hasWholeResult || !streams else { return (nil, false) }
                    return (request.failure, request.mayBeRepeated && state.transactionStatus == .idle)
                }
                guard mayRepeat, !hasRepeated else { return (request, failure, unfit) }
                // The batch was a transaction, of which nothing is left.
                hasRepeated = true
                continue
            }
            guard missing.count <= session.configuration.statementCacheSize else { throw Self.tooMany(missing.count) }
            for sql in missing { _ = try await session.prepared(sql, timeout: timeout) }
        }
    }

    /// Each query's statement; where one is not parsed, its text is added to `missing`.
    private func find(
        _ queries: [PostgresQuery], in state: inout SessionState, missing: inout Set<String>
    ) -> [PreparedStatement] {
        var statements: [PreparedStatement] = []
        statements.reserveCapacity(queries.count)
        for query in queries {
            // Most batches repeat one statement.
            if let last = statements.last, ExactText.areSame(last.sql, query.sql) {
                statements.append(last)
            } else if let statement = session.find(query.sql, in: &state) {
                statements.append(statement)
            } else {
                missing.insert(query.sql)
            }
        }
        return statements
    }

    /// How many bytes are sent first, for the server to begin with, and how many at a time then.
    private static let firstPiece = 1024
    private static let piece = 8192

    /// Bind and Execute of each, one Sync. Where a value does not fit, nothing is sent: only a batch whose values all fit
    /// is sent in pieces, which the server works at while the next is written.
    private static func encode(
        _ queries: [PostgresQuery], _ statements: [PreparedStatement], _ state: inout SessionState, unfit: inout Int?
    ) throws(PostgresError) {
        let fits = zip(queries, statements).allSatisfy { $0.parameters.fit(as: $1.parameterTypes) }
        var size = fits && !state.holds() ? firstPiece : Int.max
        var index = 0
        while index < queries.count {
            let start = state.outbound.count
            while index < queries.count, state.outbound.count - start < size {
                do throws(PostgresError) {
                    let (query, statement) = (queries[index], statements[index])
                    try statement.appendExecution(to: &state.outbound) { (buffer) throws(PostgresError) in
                        try query.parameters.appendBindParameters(as: statement.parameterTypes, to: &buffer)
                    }
                } catch {
                    state.outbound.truncate(to: start)
                    unfit = index
                    throw error
                }
                index += 1
            }
            if index == queries.count { FrontendMessage.sync(to: &state.outbound) }
            // What fails here fails again when the rest is sent, and is dealt with there.
            if index < queries.count { try? state.writeOut() }
            size = piece
        }
    }
}

extension PostgresDatabase {
    /// Sends several statements at once. See ``PostgresConnection/batch(_:timeout:)``.
    @discardableResult
    public func batch(
        _ queries: [PostgresQuery], timeout: Duration? = nil
    ) async throws(PostgresError) -> [PostgresRows] {
        try await typed { try await withConnection { try await $0.batch(queries, timeout: timeout) } }
    }
}
