import CSQLite

/// A new SQLite file, written in one transaction.
final class SQLiteWriter {
    /// A value to write.
    enum Value {
        case null
        case integer(Int)
        case real(Double)
        case text(String)
        case blob([UInt8])

        /// Text, or NULL.
        static func optional(_ text: String?) -> Value { text.map { .text($0) } ?? .null }
        /// A number, or NULL.
        static func optional(_ number: Int?) -> Value { number.map { .integer($0) } ?? .null }
    }

    private var database: OpaquePointer?

    /// Makes the file at `path`, which must not exist.
    init(path: String) throws(CommandError) {
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
        let result = sqlite3_open_v2(path, &database, flags, nil)
        guard result == SQLITE_OK else { throw failure("\(path) cannot be made") }
        // Nobody needs this file after a crash.
        try execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA page_size = 4096; BEGIN")
    }

    deinit { sqlite3_close_v2(database) }

    /// Runs statements that give no rows.
    func execute(_ sql: String) throws(CommandError) {
        guard sqlite3_exec(database, sql, nil, nil, nil) == SQLITE_OK else { throw failure("a statement failed") }
    }

    /// Writes one row for each call of `next`, until it returns nil.
    /// - Returns: how many.
    @discardableResult
    func fill(
        _ table: String, columns: Int, _ next: (_ row: Int) throws(CommandError) -> [Value]?
    ) throws(CommandError) -> Int {
        var statement: OpaquePointer?
        let places = Array(repeating: "?", count: columns).joined(separator: ",")
        let sql = "INSERT INTO \"\(table)\" VALUES (\(places))"
        guard sqlite3_prepare_v2(database, sql, -1, &statement, nil) == SQLITE_OK else { throw failure(table) }
        defer { sqlite3_finalize(statement) }
        var row = 0
        while let values = try next(row) {
            for (index, value) in values.enumerated() { bind(value, Int32(index + 1), statement) }
            guard sqlite3_step(statement) == SQLITE_DONE else { throw failure(table) }
            sqlite3_reset(statement)
            row += 1
        }
        return row
    }

    /// Ends the transaction and closes the file.
    func finish() throws(CommandError) {
        try execute("COMMIT")
        sqlite3_close_v2(database)
        database = nil
    }

    private func bind(_ value: Value, _ index: Int32, _ statement: OpaquePointer?) {
        switch value {
        case .null: sqlite3_bind_null(statement, index)
        case .integer(let number): sqlite3_bind_int64(statement, index, Int64(number))
        case .real(let number): sqlite3_bind_double(statement, index, number)
        case .text(var text):
            text.withUTF8 { bytes in
                bytes.withMemoryRebound(to: CChar.self) {
                    _ = sqlite3_bind_text(statement, index, $0.baseAddress, Int32($0.count), egret_sqlite_transient())
                }
            }
        case .blob(let bytes):
            if bytes.isEmpty {
                sqlite3_bind_zeroblob(statement, index, 0)
            } else {
                sqlite3_bind_blob(statement, index, bytes, Int32(bytes.count), egret_sqlite_transient())
            }
        }
    }

    private func failure(_ what: String) -> CommandError {
        CommandError(
            "the demo's SQLite database could not be written: \(what): \(String(cString: sqlite3_errmsg(database)))")
    }
}
