public import PostgresWire

/// What one statement of a script answered.
///
/// Scripts go by the simple protocol, which gives values as text, as `psql` shows them.
public struct PostgresScriptResult: Sendable, Hashable {
    /// The columns; none for a statement without rows.
    public let columns: [PostgresColumn]
    /// The rows, in text; nil is NULL.
    public let rows: [[String?]]
    /// What the server says it did.
    public let commandResult: PostgresCommandResult
}

extension PostgresDatabase {
    /// Runs several statements at once, as `execute(script:)` does, and gathers their rows, in memory.
    ///
    /// - Throws: as `execute(script:)` does; nothing of the results then.
    /// - Returns: one result for each statement, in their order.
    public func results(
        ofScript script: String, timeout: Duration? = nil
    ) async throws(PostgresError) -> [PostgresScriptResult] {
        try await typed {
            try await withConnection { connection in
                try connection.checkLease()
                let request = try await connection.session.script(script, keepsRows: true, timeout: timeout)
                var results: [PostgresScriptResult] = []
                for rows in connection.session.change({ _, _ in request.takeResults(connection: connection) }) {
                    results.append(try await PostgresScriptResult(rows))
                }
                return results
            }
        }
    }
}

extension PostgresScriptResult {
    init(_ rows: PostgresRows) async throws(PostgresError) {
        var texts: [[String?]] = []
        for try await row in rows {
            texts.append(
                try row.withDecoder { (decoder) throws(PostgresError) in
                    var cells: [String?] = []
                    for _ in 0..<decoder.columnCount { cells.append(try decoder.next(TextCell?.self)?.text) }
                    return cells
                })
        }
        columns = rows.columns
        self.rows = texts
        commandResult = rows.commandResult ?? PostgresCommandResult(tag: "")
    }
}
