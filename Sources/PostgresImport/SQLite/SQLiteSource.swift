/// A SQLite database file as a source of tables.
///
///     let source = try SQLiteSource(path: "shop.sqlite")
///     let plan = try source.makePlan()
public struct SQLiteSource: ImportSource {
    let file: SQLiteFile

    /// Opens the file for reading; throws when it is missing, empty, locked or no SQLite database.
    public init(path: String) throws(ImportError) {
        file = try SQLiteFile(path: path)
    }

    public var description: SourceDescription {
        SourceDescription(kind: .sqlite, path: file.path, bytes: file.bytes)
    }

    public func makePlan(progress: (ScanProgress) -> Void = { _ in }) throws(ImportError) -> ImportPlan {
        try SQLitePlanner(source: self).makePlan(progress: progress)
    }

    public func check(_ plan: ImportPlan) throws(ImportError) {
        try TargetNames.check(plan)
        let (tables, _) = try SQLiteSchemaReader(connection: try file.open()).read()
        for table in plan.tables {
            guard let found = tables.first(where: { $0.name == table.source }) else {
                throw ImportError(.invalidPlan, "the source has no such table", table: table.source)
            }
            guard table.documentColumn == nil else {
                throw ImportError(.invalidPlan, "a table of rows has no document column", table: table.source)
            }
            for column in table.columns where !found.columns.contains(where: { $0.name == column.source }) {
                throw ImportError(
                    .invalidPlan, "the source has no such column", table: table.source, column: column.source)
            }
            try table.checkReferences(in: plan)
        }
    }

    public func makeReader(for table: TablePlan) throws(ImportError) -> SQLiteRowReader {
        try SQLiteRowReader(table: table, connection: try file.open())
    }
}

extension TablePlan {
    /// Throws when a key, an index or a foreign key names a column or table that the plan does not create.
    func checkReferences(in plan: ImportPlan) throws(ImportError) {
        func check(_ names: [String], in table: TablePlan, for object: String) throws(ImportError) {
            let known = Set(table.columns.map(\.target) + [table.documentColumn].compactMap { $0 })
            guard let unknown = names.first(where: { !known.contains($0) }) else { return }
            throw ImportError(
                .invalidPlan, "\(object) names a column that table \(table.target) does not get", table: source,
                column: unknown)
        }
        if let primaryKey { try check(primaryKey.columns, in: self, for: "the primary key") }
        for key in unique { try check(key.columns, in: self, for: "unique key \(key.name)") }
        for index in indexes { try check(index.columns.map(\.name), in: self, for: "index \(index.name)") }
        for key in foreignKeys {
            try check(key.columns, in: self, for: "foreign key \(key.name)")
            guard let parent = plan.tables.first(where: { $0.target == key.targetTable }) else {
                throw ImportError(
                    .invalidPlan,
                    "foreign key \(key.name) points at table \(key.targetTable), which the plan leaves out",
                    table: source)
            }
            try check(key.targetColumns, in: parent, for: "foreign key \(key.name)")
        }
    }
}
