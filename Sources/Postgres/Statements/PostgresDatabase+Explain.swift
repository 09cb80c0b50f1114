public import PostgresTypes
public import PostgresWire

extension PostgresDatabase {
    /// Asks the server how it means to run a statement; with `analyze`, runs it and tells how it went.
    ///
    /// `analyze` does what the statement does: explain an UPDATE inside a transaction that is rolled back. `buffers` adds
    /// how many blocks were read, `settings` which settings differ from their defaults; both are among the properties of
    /// the steps and in ``PostgresPlan/json``.
    ///
    /// - Throws: as `query` does.
    public func explain(
        _ query: PostgresQuery, analyze: Bool = false, verbose: Bool = false, buffers: Bool = false,
        settings: Bool = false, timeout: Duration? = nil
    ) async throws(PostgresError) -> PostgresPlan {
        // Said only where asked for: older servers refuse BUFFERS without ANALYZE.
        let options = [(analyze, "ANALYZE"), (verbose, "VERBOSE"), (buffers, "BUFFERS"), (settings, "SETTINGS")]
            .filter(\.0).map(\.1)
        let sql = "EXPLAIN (\((options + ["FORMAT JSON"]).joined(separator: ", "))) \(query.sql)"
        let json = try await typed {
            try await withConnection { connection in
                let rows = try await connection.run(sql, query.parameters, timeout: timeout)
                return try await rows.decode(as: JSONValue.self).first()
            }
        }
        guard let plan = json.flatMap({ PostgresPlan($0) }) else {
            throw PostgresError(.decodingFailed, "the server's answer to EXPLAIN is no plan")
        }
        return plan
    }
}
