import PostgresTransport
import PostgresTypes
import PostgresWire

extension PostgresConnection {
    /// A query as its tracers see it: from here to its last row.
    func tracedQuery(
        _ query: PostgresQuery, _ tracing: Tracing, timeout: Duration?
    ) async throws(PostgresError) -> PostgresRows {
        let operation = tracing.operation(.query, query.sql)
        let comment = tracing.comment(for: operation)
        // A comment at the end changes no position in an error.
        let sql = comment.isEmpty ? query.sql : query.sql + " " + comment.text
        let wasCached = session.change { state, _ in session.find(sql, in: &state) != nil }
        let parameters = query.parameters
        let trace = tracing.begin(operation, parameters: parameters)
        do throws(PostgresError) {
            let rows = try await run(sql, parameters, timeout: timeout)
            trace.note {
                $0.wasCached = wasCached
                $0.bytesSent = parameters.withUnsafeCells { $0.count }
                $0.bytesReceived = rows.first?.memory.count ?? 0
            }
            if !comment.uniqueTags.isEmpty { forget(sql) }
            if let source = rows.source {
                trace.firstRowsCame()
                source.trace(trace)
            } else {
                trace.end(tag: rows.commandResult?.tag ?? "")
            }
            return rows
        } catch {
            trace.note { $0.wasCached = wasCached }
            trace.end(error: error)
            throw error
        }
    }

    /// A statement that will not come again makes room for one that will.
    private func forget(_ sql: String) {
        session.change { state, _ in
            guard let statement = state.statements.find(sql) else { return }
            state.statements.remove(statement)
            if !statement.isUnnamed { state.statementsToClose.append(statement) }
        }
    }
}

extension PostgresConnection {
    /// One attempt of a transaction, from BEGIN to the answer to COMMIT or ROLLBACK.
    func tracedTransaction<R: Sendable>(
        _ options: PostgresTransactionOptions, ending: TransactionEnding,
        _ body: @Sendable (PostgresTransaction) async throws -> R
    ) async throws -> (R, TransactionHooks) {
        guard let tracing = session.tracing else { return try await transactOnce(options, ending: ending, body) }
        let trace = tracing.begin(.transaction)
        do {
            let result = try await transactOnce(options, ending: ending, body)
            trace.end()
            return result
        } catch {
            trace.end(error: error)
            throw error
        }
    }
}

extension Session {
    /// Has `trace` end with the request; at once when that is over.
    func attach(_ trace: Trace, to request: Request) {
        let isOver = change { _, _ in
            request.trace = trace
            return request.phase == .finished
        }
        if isOver { change { _, effects in effects.traceEnds(request) } }
    }
}

extension Effects {
    /// The request is over: its tracers hear of it once the lock is released.
    @inline(__always)
    mutating func traceEnds(_ request: Request) {
        if let trace = request.trace { end(trace, request) }
    }

    private mutating func end(_ trace: Trace, _ request: Request) {
        request.trace = nil
        let (bytes, failure) = (request.streamedBytes, request.failure)
        trace.note { $0.bytesReceived = max($0.bytesReceived, bytes) }
        // The last answer's tag says nothing of those before it.
        let tag = request.streamsResults ? nil : request.tag
        request.noteRows(of: request.results, trace)
        rare.traces.append((trace, tag, failure))
    }
}

extension PostgresConnection {
    func tracedBatch(
        _ queries: [PostgresQuery], _ tracing: Tracing, timeout: Duration?
    ) async throws(PostgresError) -> [PostgresRows] {
        let trace = tracing.begin(.batch, queries.first?.sql, batchSize: queries.count)
        do throws(PostgresError) {
            let results = try await sendBatch(queries, timeout: timeout)
            trace.note { outcome in
                outcome.rows = results.reduce(0) { $0 + ($1.commandResult?.rowCount ?? 0) }
                outcome.bytesSent = queries.reduce(0) { $0 + $1.parameters.withUnsafeCells { $0.count } }
                outcome.bytesReceived = results.reduce(0) { $0 + ($1.first?.memory.count ?? 0) }
            }
            trace.end()
            return results
        } catch {
            trace.end(error: error)
            throw error
        }
    }
}
