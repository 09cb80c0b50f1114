import PostgresTransport
import PostgresTypes
import PostgresWire

/// Portals: statements with their values that give their rows a few at a time (PostgreSQL documentation, "Message
/// Flow", "Extended Query").
extension Session {
    /// Binds a statement's values to a portal of that name; its columns.
    func openPortal(
        _ name: String, _ statement: PreparedStatement, timeout: Duration?,
        _ bind: (inout PostgresBuffer) throws(PostgresError) -> Void
    ) async throws(PostgresError) -> ColumnSet {
        let request = Request(
            .execute(ExecuteExchange(opening: statement.isUnnamed)), sql: statement.sql, columns: statement.columns)
        request.statement = statement
        await run(request, until: .end, timeout: timeout) { (state) throws(PostgresError) in
            try statement.appendOpening(of: name, to: &state.outbound, bind)
            FrontendMessage.sync(to: &state.outbound)
        }
        let (columns, failure) = change { _, _ in (request.columns, request.failure) }
        if let failure { throw failure }
        return columns
    }

    /// The next rows of a portal, held in memory, and whether there are more.
    func fetch(
        from portal: String, count: Int32, columns: ColumnSet, sql: String, timeout: Duration?,
        connection: PostgresConnection
    ) async throws(PostgresError) -> (rows: PostgresRows?, hasMore: Bool) {
        let request = Request(.execute(ExecuteExchange(state: .rows)), sql: sql, columns: columns, keepsRows: true)
        request.gatherOneResult()
        await run(request, until: .end, timeout: timeout) { (state) throws(PostgresError) in
            FrontendMessage.execute(portal: portal, maximumRows: count, to: &state.outbound)
            FrontendMessage.sync(to: &state.outbound)
        }
        let (rows, hasMore, failure) = change { _, _ in
            (request.takeResults(connection: connection).first, request.isSuspended, request.failure)
        }
        if let failure { throw failure }
        return (rows, hasMore)
    }

    /// Forgets a portal, waiting for nobody: its transaction may be over, and it with it.
    func closePortal(_ name: String) {
        change { state, effects in
            guard state.phase == .ready, state.copying == nil, state.transactionStatus != .idle else { return }
            let request = Request(.execute(ExecuteExchange(state: .close)), sql: "")
            let start = state.outbound.count
            FrontendMessage.close(portal: name, to: &state.outbound)
            FrontendMessage.sync(to: &state.outbound)
            state.append(request, from: start)
            self.scheduleFlush(&state, &effects)
        }
    }

    /// Runs a statement that is not worth keeping; its rows are held in memory.
    func runOnce(
        _ statement: PreparedStatement, timeout: Duration?, connection: PostgresConnection,
        _ bind: (inout PostgresBuffer) throws(PostgresError) -> Void
    ) async throws(PostgresError) -> PostgresRows {
        let request = Request(
            .execute(ExecuteExchange(statements: 1, parsesEach: true)), sql: statement.sql, keepsRows: true)
        request.gatherOneResult()
        request.statement = statement
        await run(request, until: .end, timeout: timeout) { (state) throws(PostgresError) in
            try statement.appendExecution(to: &state.outbound, bind)
            FrontendMessage.sync(to: &state.outbound)
        }
        let (rows, failure) = change { _, _ in
            (request.takeResults(connection: connection).first, request.failure)
        }
        if let failure { throw failure }
        return rows ?? PostgresRows(columns: .none, first: nil, source: nil, tag: .empty)
    }
}

extension PreparedStatement {
    /// Appends what binds it to a portal and describes the portal where that is not known; Sync is the caller's.
    func appendOpening(
        of portal: String, to buffer: inout PostgresBuffer, largest: Int = FrontendMessage.largestMessage,
        _ bind: (inout PostgresBuffer) throws(PostgresError) -> Void
    ) throws(PostgresError) {
        let start = buffer.count
        if isUnnamed { FrontendMessage.parse(name: "", sql: sql, types: parameterOIDs, to: &buffer) }
        let bindStart = buffer.count
        do throws(PostgresError) {
            try FrontendMessage.bind(portal: portal, statement: name, to: &buffer, parameters: bind)
            if buffer.count &- bindStart > largest { throw PreparedStatement.tooLarge }
        } catch {
            buffer.truncate(to: start)
            throw error
        }
        if isUnnamed { FrontendMessage.describe(portal: portal, to: &buffer) }
    }
}
