public import PostgresTypes
public import PostgresWire

extension PostgresConnection {
    /// Sends several statements at once and waits for the answer to each: one round trip, and no error hides another
    /// statement's answer.
    ///
    ///     let results = try await connection.batchResults(statements, isolation: .each)
    ///     for (statement, result) in zip(statements, results) {
    ///         if case .failure(let error) = result { print(statement, error) }
    ///     }
    ///
    /// Every statement is parsed before the first is run, so none can name a table that an earlier one of them makes.
    ///
    /// - Returns: for each statement its rows, which are there, or its error. `.together`: results before the failed
    ///   statement are what it answered before all was rolled back; those after it are `skipped`.
    /// When `timeout` passes, or the task is cancelled, while several run with `.each`, the connection is closed.
    ///
    /// - Throws: what concerns no statement in particular: `connectionClosed`, `cancelled`, `timeout`.
    public func batchResults(
        _ queries: [PostgresQuery], isolation: PostgresBatchIsolation = .together, timeout: Duration? = nil
    ) async throws(PostgresError) -> [Result<PostgresRows, PostgresError>] {
        guard !queries.isEmpty else { return [] }
        try checkLease()
        let unfit = try await parseAll(of: queries, timeout: timeout)
        switch isolation {
        case .together:
            if let first = queries.firstIndex(where: { unfit[ExactText($0.sql)] != nil }),
                let error = unfit[ExactText(queries[first].sql)]
            {
                let parsing = "no statement was run, since statement \(first + 1) of the batch was refused"
                return queries.indices.map { .failure($0 == first ? error : Self.skipped(parsing)) }
            }
            return try await runTogether(queries, timeout: timeout)
        case .each:
            return try await runEach(queries, unfit: unfit, timeout: timeout)
        }
    }

    /// Has every statement parsed; why those were refused that were.
    private func parseAll(
        of queries: [PostgresQuery], timeout: Duration?
    ) async throws(PostgresError) -> [ExactText: PostgresError] {
        var unfit: [ExactText: PostgresError] = [:]
        var texts: Set<ExactText> = []
        for query in queries where texts.insert(ExactText(query.sql)).inserted {
            do {
                _ = try await session.prepared(query.sql, timeout: timeout)
            } catch {
                guard error.code == .server || error.code == .invalidUse, isOpen else { throw error }
                unfit[ExactText(query.sql)] = error
            }
        }
        guard texts.count <= session.configuration.statementCacheSize else { throw Self.tooMany(texts.count) }
        return unfit
    }

    static func tooMany(_ count: Int) -> PostgresError {
        PostgresError(
            .invalidUse, "a batch has \(count) different statements, more than are kept parsed",
            advice: "Raise statementCacheSize, or send smaller batches")
    }

    private static func skipped(_ message: String) -> PostgresError {
        PostgresError(.skipped, message, safeToRetry: true)
    }

    private func runTogether(
        _ queries: [PostgresQuery], timeout: Duration?
    ) async throws(PostgresError) -> [Result<PostgresRows, PostgresError>] {
        let (request, failure, unfit) = try await runBatch(queries, timeout: timeout)
        let rows = session.change { _, _ in request.takeResults(connection: self) }
        guard let failure else { return rows.map { .success($0) } }
        // One without an answer of the server's own fails all: what was done is not known, or nothing was sent.
        guard failure.code == .server || failure.code == .encodingFailed || failure.code == .invalidUse, isOpen else {
            throw failure
        }
        // Its values did not fit, and nothing was sent; else it is the last that the server spoke of.
        let failed = unfit ?? max(0, rows.count - 1)
        let reason = "the statement was not run, since statement \(failed + 1) of the batch failed"
        return queries.indices.map { index in
            if index == failed { return .failure(failure) }
            return index < failed && index < rows.count ? .success(rows[index]) : .failure(Self.skipped(reason))
        }
    }

    private func runEach(
        _ queries: [PostgresQuery], unfit: [ExactText: PostgresError], timeout: Duration?
    ) async throws(PostgresError) -> [Result<PostgresRows, PostgresError>] {
        let requests = queries.map { Request(.execute(ExecuteExchange(statements: 1)), sql: $0.sql, keepsRows: true) }
        await session.runAll(requests, timeout: timeout ?? session.configuration.queryTimeout) {
            (index, state) throws(PostgresError) in
            try checkLease()
            let query = queries[index]
            if let error = unfit[ExactText(query.sql)] { throw error }
            guard let statement = session.find(query.sql, in: &state) else {
                throw PostgresError(
                    .invalidUse, "the statement was forgotten while the batch was being parsed", safeToRetry: true)
            }
            if statement.isUnnamed {
                requests[index].exchange = .execute(ExecuteExchange(statements: 1, parsesEach: true))
            }
            try statement.appendExecution(to: &state.outbound) { (buffer) throws(PostgresError) in
                try query.parameters.appendBindParameters(as: statement.parameterTypes, to: &buffer)
            }
            FrontendMessage.sync(to: &state.outbound)
            requests[index].beginBatch([statement])
        }
        return session.change { _, _ in
            requests.map { request -> Result<PostgresRows, PostgresError> in
                if let failure = request.failure { return .failure(failure) }
                guard let rows = request.takeResults(connection: self).first else {
                    return .failure(Self.skipped("the statement was not answered"))
                }
                return .success(rows)
            }
        }
    }
}

extension PostgresDatabase {
    /// Sends several statements at once and waits for the answer to each. See
    /// ``PostgresConnection/batchResults(_:isolation:timeout:)``.
    public func batchResults(
        _ queries: [PostgresQuery], isolation: PostgresBatchIsolation = .together, timeout: Duration? = nil
    ) async throws(PostgresError) -> [Result<PostgresRows, PostgresError>] {
        try await typed {
            try await withConnection { try await $0.batchResults(queries, isolation: isolation, timeout: timeout) }
        }
    }
}
