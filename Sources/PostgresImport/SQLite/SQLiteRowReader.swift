import CSQLite
public import PostgresWire

/// The rows of one SQLite table, in the plan's columns.
public final class SQLiteRowReader: RowReader {
    private let table: TablePlan
    private let statement: SQLiteStatement
    private let cells: [SQLiteCell]
    /// Columns of the row's key: name and position in the statement.
    private let key: [(String, Int32)]
    private var rowNumber = 0

    init(table: TablePlan, connection: SQLiteConnection) throws(ImportError) {
        self.table = table
        let names = table.columns.map { quotedForSQLite($0.source) }.joined(separator: ", ")
        statement = try connection.prepare("SELECT \(names) FROM \(quotedForSQLite(table.source)) NOT INDEXED")
        cells = table.columns.enumerated().map { SQLiteCell($1, position: Int32(truncatingIfNeeded: $0)) }
        key = table.rowKey.compactMap { name in
            table.columns.firstIndex { $0.target == name }.map { (table.columns[$0].source, Int32($0)) }
        }
    }

    public func next() throws(ImportError) -> Bool {
        rowNumber += 1
        return try statement.step()
    }

    public func appendCells(to buffer: inout PostgresBuffer) throws(ImportError) {
        for cell in cells {
            let start = buffer.count
            buffer.append(Int32(-1))
            let storage = statement.storage(cell.position)
            if storage == SQLITE_NULL { continue }
            if cell.append(statement, storage, to: &buffer) {
                guard let length = Int32(exactly: buffer.count - start - 4) else { throw unfit(cell, "is over 2 GB") }
                buffer.overwrite(length, at: start)
                continue
            }
            buffer.truncate(to: start + 4)
            guard cell.unfit == .null else { throw unfit(cell) }
        }
    }

    public func appendCanonical(to row: inout CanonicalRow) throws(ImportError) {
        for cell in cells {
            let storage = statement.storage(cell.position)
            if storage == SQLITE_NULL {
                row.appendNull()
            } else if !cell.appendCanonical(statement, storage, to: &row) {
                guard cell.unfit == .null else { throw unfit(cell) }
                row.appendNull()
            }
        }
    }

    private func unfit(_ cell: SQLiteCell, _ reason: String? = nil) -> ImportError {
        let column = table.columns[Int(cell.position)]
        let isText = statement.storage(cell.position) == SQLITE_TEXT && column.type.isText
        let stored =
            isText && !TextRules.isStorable(statement.textBytes(cell.position))
            ? "holds text that is not UTF-8, or a NUL character, which PostgreSQL cannot store"
            : "holds a value that does not fit \(column.type)"
        return ImportError(
            .unfitValue, reason ?? stored,
            advice: isText
                ? "In the plan, set this column's unfit to \"replace\" or \"null\", or its type to bytea"
                : "In the plan, set this column's type to text or its unfit to \"null\"",
            table: table.source, column: column.source, row: Self.name(ofRow: rowNumber, key: key, statement))
    }

    /// A row by its key, or by its number where it has none.
    static func name(ofRow number: Int, key: [(String, Int32)], _ statement: SQLiteStatement) -> String {
        guard !key.isEmpty else { return "row \(number)" }
        let values = key.map { name, position -> String in
            switch statement.storage(position) {
            case SQLITE_INTEGER: return "\(name) = \(statement.integer(position))"
            case SQLITE_FLOAT: return "\(name) = \(statement.real(position))"
            case SQLITE_TEXT:
                return "\(name) = '\(String(decoding: statement.textBytes(position), as: UTF8.self))'"
            default: return "\(name) = ?"
            }
        }
        return "row \(values.joined(separator: ", "))"
    }
}
