import PostgresTypes

/// A statement that the server has parsed for one session, under a name.
final class PreparedStatement: Sendable {
    let name: String
    let sql: String
    /// The server's own choice; it decides how values are encoded.
    let parameterTypes: [PostgresType]
    let columns: ColumnSet

    init(name: String, sql: String, parameterTypes: [PostgresType], columns: [PostgresColumn]) {
        self.name = name
        self.sql = sql
        self.parameterTypes = parameterTypes
        self.columns = ColumnSet(columns)
    }
}
