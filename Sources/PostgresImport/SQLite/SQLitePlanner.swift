import CSQLite

/// Makes a plan of a SQLite file: reads its schema, scans every value once, and chooses.
struct SQLitePlanner {
    let source: SQLiteSource

    /// A table with what the scan has found.
    struct Scanned {
        var table: SQLiteTable
        var rowCount: Int
        var statistics: [SQLiteColumnStatistics]
    }

    func makePlan(progress: (ScanProgress) -> Void) throws(ImportError) -> ImportPlan {
        let connection = try source.file.open()
        let (tables, skipped) = try SQLiteSchemaReader(connection: connection).read()
        var plan = ImportPlan(source: source.description, tables: [], skipped: skipped)
        var scanned: [Scanned] = []
        let isCoreData = tables.contains { $0.name == "Z_PRIMARYKEY" } && tables.contains { $0.name == "Z_METADATA" }
        for table in tables {
            let result = try scan(table, connection, rowsBefore: scanned.reduce(0) { $0 + $1.rowCount }, progress)
            scanned.append(result)
            plan.tables.append(tablePlan(result, isCoreData: isCoreData))
        }
        SQLiteKeyPlanner(scanned: scanned).alignForeignKeyTypes(&plan)
        try SQLiteKeyPlanner(scanned: scanned).addKeys(to: &plan, connection)
        addDefaults(&plan, scanned)
        return plan
    }

    private func scan(
        _ table: SQLiteTable, _ connection: SQLiteConnection, rowsBefore: Int, _ progress: (ScanProgress) -> Void
    ) throws(ImportError) -> Scanned {
        var statistics = table.columns.map { SQLiteColumnStatistics(looksForJSON: $0.declaredType.category == .json) }
        let names = table.columns.map { quotedForSQLite($0.name) }.joined(separator: ", ")
        let statement = try connection.prepare("SELECT \(names) FROM \(quotedForSQLite(table.name)) NOT INDEXED")
        var rows = 0
        while try statement.step() {
            rows += 1
            for column in statistics.indices {
                statistics[column].observe(
                    statement, Int32(truncatingIfNeeded: column),
                    row: SQLiteRowReader.name(
                        ofRow: rows, key: table.primaryKey.map { (table.columns[$0].name, Int32($0)) }, statement))
            }
            if rows % 65_536 == 0 { progress(ScanProgress(table: table.name, rows: rowsBefore + rows)) }
        }
        progress(ScanProgress(table: table.name, rows: rowsBefore + rows))
        return Scanned(table: table, rowCount: rows, statistics: statistics)
    }

    private func tablePlan(_ scanned: Scanned, isCoreData: Bool) -> TablePlan {
        let table = scanned.table
        var columns: [ColumnPlan] = []
        for (position, column) in table.columns.enumerated() {
            columns.append(columnPlan(column, position, scanned, isCoreData))
        }
        var plan = TablePlan(
            source: table.name, target: table.name.isEmpty ? "table" : table.name, rowCount: scanned.rowCount,
            columns: columns)
        let words = SQLiteToken.all(in: table.sql).filter { $0.kind == .word }.map { $0.text.uppercased() }
        if words.contains("CHECK") { plan.notes.append("CHECK constraints are not carried over") }
        if words.contains("NOCASE") {
            plan.notes.append("columns with COLLATE NOCASE compare with regard to case in PostgreSQL")
        }
        return plan
    }

    private func columnPlan(
        _ column: SQLiteColumn, _ position: Int, _ scanned: Scanned, _ isCoreData: Bool
    ) -> ColumnPlan {
        let table = scanned.table
        let statistics = scanned.statistics[position]
        let isKey =
            table.primaryKey.contains(position)
            || table.indexes.contains { index in index.isUnique && index.columns.contains { $0.column == position } }
        let choice = SQLiteTypeChooser(
            name: column.name, declared: column.declaredType, statistics: statistics, isKey: isKey,
            isCoreData: isCoreData
        ).choose()
        var plan = ColumnPlan(
            source: column.name, target: TargetNames.column(column.name, number: position + 1), type: choice.type,
            epoch: choice.epoch, notes: choice.notes)
        let isPrimaryKey = table.primaryKey.contains(position)
        plan.isNullable = !(column.isNotNull || isPrimaryKey) || statistics.nulls > 0
        if (column.isNotNull || isPrimaryKey) && statistics.nulls > 0 {
            plan.notes.append(
                "declared \(isPrimaryKey ? "as key" : "NOT NULL"), but \(statistics.nulls) values are NULL")
        }
        if plan.target != column.name { plan.notes.append("PostgreSQL allows no column called \"\(column.name)\"") }
        if plan.target.utf8.count > TargetNames.maximumBytes {
            plan.notes.append("PostgreSQL will keep the first 63 bytes of the name")
        }
        if column.isGenerated { plan.notes.append("generated in the source; here a plain column with the same values") }
        if position == table.rowidAlias {
            plan.type = .bigint
            // A key that is its parent's key is never numbered by itself.
            plan.isIdentity = !table.foreignKeys.contains { $0.columns == [column.name] }
            plan.identityNext = table.sequence.flatMap { $0 < Int64.max ? $0 + 1 : nil }
        }
        if choice.type.isText, statistics.unstorableTexts > 0 {
            plan.notes.append(
                "\(statistics.unstorableTexts) texts are not UTF-8 or hold NUL, the first in "
                    + "\(statistics.firstUnstorable ?? "an unknown row"): set unfit to replace or null, or type to bytea"
            )
        }
        return plan
    }

    private func addDefaults(_ plan: inout ImportPlan, _ scanned: [Scanned]) {
        for table in plan.tables.indices {
            for position in plan.tables[table].columns.indices {
                let column = scanned[table].table.columns[position]
                let target = plan.tables[table].columns[position]
                guard !target.isIdentity, !column.isGenerated else { continue }
                switch SQLiteDefault.translate(column.defaultText, to: target.type, epoch: target.epoch) {
                case .none: break
                case .sql(let sql): plan.tables[table].columns[position].defaultSQL = sql
                case .untranslatable(let text):
                    plan.tables[table].columns[position].notes.append(
                        "the default \(text) has no equal for \(target.type)")
                }
            }
        }
    }
}
