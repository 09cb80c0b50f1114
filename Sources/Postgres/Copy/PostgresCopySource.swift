public import PostgresTypes
import PostgresWire

/// What a COPY out of the server reads.
public enum PostgresCopySource: Sendable {
    /// A table; no columns means all of them.
    case table(PostgresIdentifier, columns: [String] = [])
    /// The rows of a statement. It takes no parameters, since COPY does not.
    case query(String)

    /// As COPY writes it.
    var sql: String {
        switch self {
        case .table(let table, let columns): Self.target(table, columns)
        case .query(let sql): "(\(sql))"
        }
    }

    /// A statement whose columns are what is copied.
    var select: String {
        switch self {
        case .table(let table, let columns):
            "SELECT \(columns.isEmpty ? "*" : Self.list(columns)) FROM \(table.sql)"
        case .query(let sql): sql
        }
    }

    static func target(_ table: PostgresIdentifier, _ columns: [String]) -> String {
        columns.isEmpty ? table.sql : "\(table.sql) (\(list(columns)))"
    }

    static func copyInto(
        _ table: PostgresIdentifier, _ columns: [String], options: String, isFrozen: Bool, where condition: String?
    ) throws(PostgresError) -> String {
        var sql = "COPY \(target(table, columns)) FROM STDIN (\(options)\(isFrozen ? ", FREEZE true" : ""))"
        if let condition { sql += " WHERE \(condition)" }
        return try sql.checkedCString("the COPY statement")
    }

    private static func list(_ columns: [String]) -> String {
        columns.map { PostgresIdentifier($0).sql }.joined(separator: ", ")
    }
}
