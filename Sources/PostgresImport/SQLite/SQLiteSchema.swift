/// A table as SQLite describes it.
struct SQLiteTable {
    var name: String
    var columns: [SQLiteColumn]
    /// Positions in `columns`, in the order of the key.
    var primaryKey: [Int]
    /// The column that is another name for the rowid (`INTEGER PRIMARY KEY`).
    var rowidAlias: Int?
    var indexes: [SQLiteIndex]
    var foreignKeys: [SQLiteForeignKey]
    /// The `CREATE TABLE` statement.
    var sql: String
    /// The largest rowid that AUTOINCREMENT has ever given.
    var sequence: Int64?
}

struct SQLiteColumn {
    var name: String
    var declaredType: DeclaredType
    var isNotNull: Bool
    /// The default as it stands in the declaration.
    var defaultText: String?
    var isGenerated: Bool
}

struct SQLiteIndex {
    struct Column {
        /// Position in the table, nil for an expression.
        var column: Int?
        var isDescending: Bool
        var collation: String
    }

    var name: String
    var columns: [Column]
    var isUnique: Bool
    /// Made by a UNIQUE or PRIMARY KEY in the table's declaration rather than by CREATE INDEX.
    var isConstraint: Bool
    var isPrimaryKey: Bool
    /// The condition of a partial index.
    var condition: String?
    var isPartial: Bool
}

struct SQLiteForeignKey {
    var columns: [String]
    var parent: String
    /// Nil: the parent's primary key.
    var parentColumns: [String]?
    var onDelete: String
    var onUpdate: String
}

/// A type as a SQLite column declares it: any words, perhaps with sizes.
struct DeclaredType {
    enum Category {
        case none, integer, boolean, text, blob, real, numeric, date, dateTime, time, uuid, json
    }

    var text: String
    var category: Category
    /// The numbers in parentheses.
    var sizes: [Int]
    /// The first word or words, in capitals.
    var name: String

    init(_ text: String) {
        self.text = text
        let upper = text.uppercased()
        let name = upper.prefix { $0 != "(" }.split(separator: " ").joined(separator: " ")
        self.name = name
        sizes =
            upper.firstIndex(of: "(").map { open in
                upper[upper.index(after: open)...].prefix { $0 != ")" }.split(separator: ",")
                    .compactMap { Int($0.filter { $0 != " " }) }
            } ?? []
        func has(_ words: String...) -> Bool { words.contains { name.contains($0) } }
        category =
            if name.isEmpty || name == "ANY" {
                .none
            } else if has("BOOL") || (name == "TINYINT" && sizes == [1]) || name == "BIT" {
                .boolean
            } else if has("JSON") {
                .json
            } else if has("UUID", "GUID", "UNIQUEIDENTIFIER") {
                .uuid
            } else if has("DATETIME", "TIMESTAMP") {
                .dateTime
            } else if name == "DATE" {
                .date
            } else if name == "TIME" {
                .time
            } else if has("CHAR", "CLOB", "TEXT", "STRING") {
                .text
            } else if has("BLOB", "BINARY", "BYTEA", "IMAGE") {
                .blob
            } else if has("REAL", "FLOA", "DOUB") {
                .real
            } else if has("NUMERIC", "DECIMAL", "MONEY", "NUMBER", "CURRENCY") || name == "DEC" {
                .numeric
            } else if has("INT"), name != "INTERVAL" {
                .integer
            } else {
                .none
            }
    }
}
