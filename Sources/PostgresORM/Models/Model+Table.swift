public import Postgres

/// Making the table.
extension Model {
    /// Creates the table and its indexes, each only if it is not there yet. A table that is there is left as it is.
    ///
    /// One statement after another on the server, all or nothing. Servers that start at the same time may all call it:
    /// `CREATE … IF NOT EXISTS` alone can fail when two run at once, so that they wait for each other.
    public static func createTable(in database: some PostgresDatabase) async throws(PostgresError) {
        try await database.execute(script: createTableScript())
    }

    /// Drops the table if it is there, and with it its rows.
    ///
    /// - Parameter cascade: Drop also the foreign keys and views that depend on it; fail otherwise.
    public static func dropTable(
        cascade: Bool = false, in database: some PostgresDatabase
    ) async throws(PostgresError) {
        let name = schema.table.sqlName
        try await database.execute(script: "DROP TABLE IF EXISTS \(name)\(cascade ? " CASCADE" : "")")
    }

    static func createTableScript() throws(PostgresError) -> String {
        // The statements of a script are one transaction, at whose end the lock is released. The number is ours alone:
        // the bytes of "egretDDL".
        let lock = "DO 'BEGIN PERFORM pg_advisory_xact_lock(\(0x6567_7265_7444_444c)); END'"
        return ([lock] + (try schema.definition.createStatements())).joined(separator: ";\n")
    }
}
