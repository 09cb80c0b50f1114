import CSQLite

/// Reads what a SQLite file says about its tables.
struct SQLiteSchemaReader {
    let connection: SQLiteConnection

    /// All tables with rows of their own, and what else there is.
    func read() throws(ImportError) -> (tables: [SQLiteTable], skipped: [SkippedObject]) {
        var tables: [SQLiteTable] = []
        var skipped: [SkippedObject] = []
        let shadows = try shadowTables()
        var entries: [(type: String, name: String, table: String, sql: String)] = []
        try connection.forEach("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY rowid") { row in
            entries.append((row.text(0) ?? "", row.text(1) ?? "", row.text(2) ?? "", row.text(3) ?? ""))
        }
        for entry in entries {
            switch entry.type {
            case "table" where entry.name.hasPrefix("sqlite_"): continue
            case "table" where shadows.contains(entry.name): continue
            case "table" where entry.sql.uppercased().hasPrefix("CREATE VIRTUAL"):
                skipped.append(
                    SkippedObject(
                        kind: "virtual table", name: entry.name,
                        reason: "its content is made by a SQLite extension; search indexes are made anew"))
            case "table":
                tables.append(try table(entry.name, sql: entry.sql))
            case "view":
                skipped.append(
                    SkippedObject(kind: "view", name: entry.name, reason: "views are written in SQLite's SQL"))
            case "trigger":
                skipped.append(
                    SkippedObject(
                        kind: "trigger", name: entry.name,
                        reason: "triggers are written in SQLite's SQL (on \(entry.table))"))
            default: continue
            }
        }
        return (tables, skipped)
    }

    /// Tables that belong to virtual tables.
    private func shadowTables() throws(ImportError) -> Set<String> {
        var names: Set<String> = []
        // SQLite before 3.37 does not know table_list and answers with nothing.
        try connection.forEach("PRAGMA main.table_list") { row in
            if row.text(2) == "shadow" { names.insert(row.text(1) ?? "") }
        }
        return names
    }

    private func table(_ name: String, sql: String) throws(ImportError) -> SQLiteTable {
        var columns: [SQLiteColumn] = []
        var keyPositions: [(position: Int, column: Int)] = []
        try connection.forEach("PRAGMA main.table_xinfo(\(quotedForSQLite(name)))") { row in
            // 1 is a hidden column of a virtual table, 2 and 3 are generated columns.
            let hidden = row.integer(6)
            guard hidden != 1 else { return }
            if row.integer(5) > 0 { keyPositions.append((Int(row.integer(5)), columns.count)) }
            columns.append(
                SQLiteColumn(
                    name: row.text(1) ?? "", declaredType: DeclaredType(Self.withoutGenerated(row.text(2) ?? "")),
                    isNotNull: row.integer(3) != 0, defaultText: row.text(4), isGenerated: hidden != 0))
        }
        guard columns.count <= 1600 else {
            throw ImportError(
                .sourceInvalid, "a PostgreSQL table holds 1600 columns, this one has \(columns.count)", table: name)
        }
        let primaryKey = keyPositions.sorted { $0.position < $1.position }.map(\.column)
        let indexes = try indexes(of: name, columns: columns)
        // A single INTEGER key without an index of its own is the rowid itself; a table without rowid lists its key.
        var rowidAlias: Int?
        if primaryKey.count == 1, columns[primaryKey[0]].declaredType.name == "INTEGER",
            !indexes.contains(where: \.isPrimaryKey)
        {
            rowidAlias = primaryKey[0]
        }
        return SQLiteTable(
            name: name, columns: columns, primaryKey: primaryKey, rowidAlias: rowidAlias, indexes: indexes,
            foreignKeys: try foreignKeys(of: name), sql: sql, sequence: try sequence(of: name, sql: sql))
    }

    /// The type of a generated column comes with the words that make it one.
    private static func withoutGenerated(_ type: String) -> String {
        guard let range = type.uppercased().firstRange(of: "GENERATED ALWAYS") else { return type }
        return String(type.prefix(type.uppercased().distance(from: type.uppercased().startIndex, to: range.lowerBound)))
    }

    private func sequence(of name: String, sql: String) throws(ImportError) -> Int64? {
        guard sql.uppercased().contains("AUTOINCREMENT"),
            try connection.integer("SELECT count(*) FROM sqlite_master WHERE name = 'sqlite_sequence'") > 0
        else { return nil }
        var value: Int64?
        let text = "'" + name.replacing("'", with: "''") + "'"
        try connection.forEach("SELECT seq FROM sqlite_sequence WHERE name = \(text)") { row in
            value = row.integer(0)
        }
        return value
    }

    private func indexes(of table: String, columns: [SQLiteColumn]) throws(ImportError) -> [SQLiteIndex] {
        var indexes: [SQLiteIndex] = []
        try connection.forEach("PRAGMA main.index_list(\(quotedForSQLite(table)))") { row in
            indexes.append(
                SQLiteIndex(
                    name: row.text(1) ?? "", columns: [], isUnique: row.integer(2) != 0,
                    isConstraint: row.text(3) != "c", isPrimaryKey: row.text(3) == "pk", condition: nil,
                    isPartial: row.integer(4) != 0))
        }
        for position in indexes.indices {
            let name = indexes[position].name
            try connection.forEach("PRAGMA main.index_xinfo(\(quotedForSQLite(name)))") { row in
                // The columns after the key ones are there for SQLite's own use.
                guard row.integer(5) != 0 else { return }
                let column = Int(row.integer(1))
                indexes[position].columns.append(
                    SQLiteIndex.Column(
                        column: column >= 0 && column < columns.count ? column : nil,
                        isDescending: row.integer(3) != 0, collation: row.text(4) ?? "BINARY"))
            }
            if indexes[position].isPartial {
                let literal = "'" + name.replacing("'", with: "''") + "'"
                try connection.forEach("SELECT sql FROM sqlite_master WHERE type = 'index' AND name = \(literal)") {
                    row in
                    indexes[position].condition = Self.condition(of: row.text(0) ?? "")
                }
            }
        }
        // index_list gives the newest first.
        return indexes.reversed()
    }

    /// What stands after the last WHERE that is outside parentheses and quotes.
    static func condition(of sql: String) -> String? {
        let tokens = SQLiteToken.all(in: sql)
        var depth = 0
        var start: Int?
        for (index, token) in tokens.enumerated() {
            if token.text == "(" { depth += 1 }
            if token.text == ")" { depth -= 1 }
            if depth == 0, token.kind == .word, token.text.uppercased() == "WHERE" { start = index + 1 }
        }
        guard let start else { return nil }
        return tokens[start...].map(\.source).joined(separator: " ")
    }

    private func foreignKeys(of table: String) throws(ImportError) -> [SQLiteForeignKey] {
        var keys: [Int: SQLiteForeignKey] = [:]
        try connection.forEach("PRAGMA main.foreign_key_list(\(quotedForSQLite(table)))") { row in
            let id = Int(row.integer(0))
            var key =
                keys[id]
                ?? SQLiteForeignKey(
                    columns: [], parent: row.text(2) ?? "", parentColumns: nil, onDelete: row.text(6) ?? "NO ACTION",
                    onUpdate: row.text(5) ?? "NO ACTION")
            key.columns.append(row.text(3) ?? "")
            if let column = row.text(4) { key.parentColumns = (key.parentColumns ?? []) + [column] }
            keys[id] = key
        }
        // The pragma counts from the last declared to the first.
        return keys.sorted { $0.key > $1.key }.map(\.value)
    }
}
