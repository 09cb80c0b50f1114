import CSQLite

/// One connection to a SQLite file.
final class SQLiteConnection {
    private let handle: OpaquePointer
    private let path: String

    /// Opens a URI. `path` is for error messages.
    init(uri: String, path: String) throws(ImportError) {
        var handle: OpaquePointer?
        let result = sqlite3_open_v2(uri, &handle, Self.flags(uri), nil)
        guard result == SQLITE_OK, let handle else {
            let message = handle.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
            sqlite3_close_v2(handle)
            throw ImportError(.sourceUnreadable, "\(path) cannot be opened: \(message)")
        }
        self.handle = handle
        self.path = path
        // Another process may be writing; it is given this long to finish.
        sqlite3_busy_timeout(handle, 5000)
    }

    deinit { sqlite3_close_v2(handle) }

    private static func flags(_ uri: String) -> Int32 {
        let mode = uri.contains("mode=rw") ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY
        return mode | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX
    }

    /// Compiles a statement.
    func prepare(_ sql: String) throws(ImportError) -> SQLiteStatement {
        var statement: OpaquePointer?
        guard sqlite3_prepare_v2(handle, sql, -1, &statement, nil) == SQLITE_OK, let statement else {
            throw failure()
        }
        return SQLiteStatement(statement, connection: self)
    }

    /// The first column of the first row, as an integer.
    func integer(_ sql: String) throws(ImportError) -> Int {
        let statement = try prepare(sql)
        return try statement.step() ? Int(statement.integer(0)) : 0
    }

    /// Runs `body` for every row of a query.
    func forEach(
        _ sql: String, _ body: (SQLiteStatement) throws(ImportError) -> Void
    ) throws(ImportError) {
        let statement = try prepare(sql)
        while try statement.step() { try body(statement) }
    }

    /// What SQLite has to say about its last failure.
    func failure() -> ImportError {
        let message = String(cString: sqlite3_errmsg(handle))
        switch sqlite3_errcode(handle) {
        case SQLITE_CORRUPT, SQLITE_NOTADB:
            return ImportError(
                .sourceInvalid, "\(path) is damaged: \(message)",
                advice: "Run sqlite3's .recover on it and import what that gives")
        case SQLITE_BUSY, SQLITE_LOCKED:
            return ImportError(
                .sourceUnreadable, "\(path) is locked: \(message)", advice: "Close the program that writes to it")
        default:
            return ImportError(.sourceUnreadable, "\(path): \(message)")
        }
    }
}

/// A name as SQLite quotes it.
func quotedForSQLite(_ name: String) -> String {
    "\"" + name.replacing("\"", with: "\"\"") + "\""
}

/// A compiled statement and its current row. Columns count from 0.
final class SQLiteStatement {
    let handle: OpaquePointer
    private let connection: SQLiteConnection

    init(_ handle: OpaquePointer, connection: SQLiteConnection) {
        self.handle = handle
        self.connection = connection
    }

    deinit { sqlite3_finalize(handle) }

    /// Goes to the next row. False after the last.
    @inline(__always)
    func step() throws(ImportError) -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default: throw connection.failure()
        }
    }

    /// `SQLITE_INTEGER`, `SQLITE_FLOAT`, `SQLITE_TEXT`, `SQLITE_BLOB` or `SQLITE_NULL`. Ask before reading the value:
    /// reading as another type changes the answer.
    @inline(__always)
    func storage(_ column: Int32) -> Int32 { sqlite3_column_type(handle, column) }

    @inline(__always)
    func isNull(_ column: Int32) -> Bool { storage(column) == SQLITE_NULL }

    @inline(__always)
    func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

    @inline(__always)
    func real(_ column: Int32) -> Double { sqlite3_column_double(handle, column) }

    /// The bytes of a text, valid until the next step.
    @inline(__always)
    func textBytes(_ column: Int32) -> UnsafeRawBufferPointer {
        // The pointer first: it may convert from UTF-16, which changes the length.
        let start = sqlite3_column_text(handle, column)
        return UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column)))
    }

    /// The bytes of a blob, valid until the next step.
    @inline(__always)
    func blobBytes(_ column: Int32) -> UnsafeRawBufferPointer {
        let start = sqlite3_column_blob(handle, column)
        return UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : Int(sqlite3_column_bytes(handle, column)))
    }

    /// A text, or nil for NULL.
    func text(_ column: Int32) -> String? {
        isNull(column) ? nil : String(decoding: textBytes(column), as: UTF8.self)
    }
}
