/// Plans primary keys, unique keys, indexes and foreign keys of a SQLite file.
struct SQLiteKeyPlanner {
    let scanned: [SQLitePlanner.Scanned]

    /// A btree entry may not be larger than a third of a page; beyond this many bytes some value may not fit.
    private static let largestIndexedBytes = 2600

    // MARK: Types on both sides of a foreign key

    /// Gives columns joined by foreign keys comparable types: a column without values takes the other's type, and a
    /// UUID compared with text becomes text.
    func alignForeignKeyTypes(_ plan: inout ImportPlan) {
        // Types travel along chains of keys; each pass settles one more link.
        for _ in 0..<scanned.count + 1 {
            var changed = false
            for (child, entry) in scanned.enumerated() {
                for key in entry.table.foreignKeys {
                    guard let link = resolve(key) else { continue }
                    for (name, parentName) in zip(key.columns, link.columns) {
                        guard let column = position(of: name, in: child),
                            let parentColumn = position(of: parentName, in: link.table)
                        else { continue }
                        if align((child, column), (link.table, parentColumn), &plan) { changed = true }
                    }
                }
            }
            if !changed { return }
        }
    }

    private func align(
        _ child: (table: Int, column: Int), _ parent: (table: Int, column: Int), _ plan: inout ImportPlan
    ) -> Bool {
        let childType = plan.tables[child.table].columns[child.column].type
        let parentType = plan.tables[parent.table].columns[parent.column].type
        guard !Self.areComparable(childType, parentType) else { return false }
        func set(_ place: (table: Int, column: Int), _ type: ColumnType, _ note: String) {
            plan.tables[place.table].columns[place.column].type = type
            plan.tables[place.table].columns[place.column].epoch = nil
            plan.tables[place.table].columns[place.column].notes.append(note)
        }
        func isEmpty(_ place: (table: Int, column: Int)) -> Bool {
            scanned[place.table].statistics[place.column].values == 0
        }
        /// True for `NUMERIC` that holds nothing but integers.
        func isWhole(_ place: (table: Int, column: Int)) -> Bool {
            let statistics = scanned[place.table].statistics[place.column]
            guard case .numeric = plan.tables[place.table].columns[place.column].type else { return false }
            return statistics.integers == statistics.values
        }
        if isEmpty(child) {
            set(child, parentType, "has no values; takes the type of the column it refers to")
        } else if isEmpty(parent), !plan.tables[parent.table].columns[parent.column].isIdentity {
            set(parent, childType, "has no values; takes the type of a column that refers to it")
        } else if parentType.isInteger, isWhole(child) {
            set(child, .bigint, "holds integers only; takes the type of the column it refers to")
        } else if childType.isInteger, isWhole(parent) {
            set(parent, .bigint, "holds integers only; takes the type of a column that refers to it")
        } else if childType == .uuid, parentType.isText {
            set(child, .text, "kept as text, as the column it refers to is")
        } else if parentType == .uuid, childType.isText {
            set(parent, .text, "kept as text, as a column that refers to it is")
        } else {
            return false
        }
        return true
    }

    /// True when PostgreSQL accepts a foreign key between the two.
    static func areComparable(_ one: ColumnType, _ other: ColumnType) -> Bool {
        if one.isInteger && other.isInteger || one.isText && other.isText { return true }
        if case .numeric = one, case .numeric = other { return true }
        return one == other
    }

    // MARK: Keys and indexes

    func addKeys(to plan: inout ImportPlan, _ connection: SQLiteConnection) throws(ImportError) {
        var names = ConstraintNames(tables: plan.tables.map(\.target))
        for table in plan.tables.indices { addPrimaryKey(to: &plan.tables[table], scanned[table], &names) }
        for table in plan.tables.indices { try addIndexes(to: &plan.tables[table], table, &names, &plan.skipped) }
        for table in plan.tables.indices { try addForeignKeys(table, to: &plan, &names, connection) }
    }

    private func addPrimaryKey(
        to plan: inout TablePlan, _ scanned: SQLitePlanner.Scanned, _ names: inout ConstraintNames
    ) {
        let positions = scanned.table.primaryKey
        guard !positions.isEmpty else {
            plan.notes.append("has no primary key")
            return
        }
        let key = KeyPlan(
            name: names.name(plan.target, "pkey"), columns: positions.map { plan.columns[$0].target })
        // SQLite lets NULL into keys that are not INTEGER PRIMARY KEY; PostgreSQL never does.
        if positions.contains(where: { scanned.statistics[$0].nulls > 0 }) {
            plan.unique.append(key)
            plan.notes.append("the primary key holds NULL and becomes a unique key")
        } else if isTooLarge(positions, scanned) {
            plan.notes.append("the primary key holds values too large for an index and is left out")
        } else {
            plan.primaryKey = key
        }
    }

    private func isTooLarge(_ positions: [Int], _ scanned: SQLitePlanner.Scanned) -> Bool {
        positions.reduce(0) { $0 + scanned.statistics[$1].maximumBytes } > Self.largestIndexedBytes
    }

    private func addIndexes(
        to plan: inout TablePlan, _ table: Int, _ names: inout ConstraintNames, _ skipped: inout [SkippedObject]
    ) throws(ImportError) {
        let entry = scanned[table]
        for index in entry.table.indexes where !index.isPrimaryKey {
            func skip(_ reason: String) {
                skipped.append(SkippedObject(kind: "index", name: "\(entry.table.name).\(index.name)", reason: reason))
            }
            let positions = index.columns.compactMap(\.column)
            guard positions.count == index.columns.count else {
                skip("it is on an expression in SQLite's SQL")
                continue
            }
            guard !isTooLarge(positions, entry) else {
                skip("it holds values larger than PostgreSQL can index")
                continue
            }
            if let unsortable = positions.first(where: { plan.columns[$0].type == .json }) {
                skip("values of \(plan.columns[unsortable].target) have no order in PostgreSQL")
                continue
            }
            if index.isConstraint, index.columns.allSatisfy({ $0.collation == "BINARY" }) {
                plan.unique.append(
                    KeyPlan(
                        name: names.name(
                            plan.target, positions.map { plan.columns[$0].target }.joined(separator: "_"), "key"),
                        columns: positions.map { plan.columns[$0].target }))
                continue
            }
            var condition: String?
            if index.isPartial {
                condition = index.condition.flatMap { SQLiteCondition.translate($0, columns: plan.columns) }
                if condition == nil {
                    skip("its condition \(index.condition ?? "") has no equal in PostgreSQL")
                    continue
                }
            }
            guard let columns = indexColumns(index, plan) else {
                skip("it sorts by a rule that PostgreSQL does not have")
                continue
            }
            let name =
                index.isConstraint
                ? names.name(plan.target, columns.map(\.name).joined(separator: "_"), "key") : names.name(index.name)
            plan.indexes.append(
                IndexPlan(name: name, columns: columns, isUnique: index.isUnique, condition: condition))
        }
    }

    private func indexColumns(_ index: SQLiteIndex, _ plan: TablePlan) -> [IndexPlan.Column]? {
        var columns: [IndexPlan.Column] = []
        for column in index.columns {
            guard let position = column.column else { return nil }
            let target = plan.columns[position]
            let collation = column.collation.uppercased()
            // RTRIM and collations of the application's own have no equal; an index that is not unique only loses speed.
            if collation != "BINARY", collation != "NOCASE", index.isUnique, target.type.isText { return nil }
            columns.append(
                IndexPlan.Column(
                    name: target.target, isDescending: column.isDescending,
                    ignoresCase: collation == "NOCASE" && target.type.isText))
        }
        return columns
    }

    // MARK: Foreign keys

    /// The parent of a foreign key, when it exists.
    private func resolve(_ key: SQLiteForeignKey) -> (table: Int, columns: [String])? {
        guard let parent = scanned.firstIndex(where: { $0.table.name.lowercased() == key.parent.lowercased() }) else {
            return nil
        }
        let table = scanned[parent].table
        let columns = key.parentColumns ?? table.primaryKey.map { table.columns[$0].name }
        return columns.count == key.columns.count ? (parent, columns) : nil
    }

    private func position(of name: String, in table: Int) -> Int? {
        scanned[table].table.columns.firstIndex { $0.name.lowercased() == name.lowercased() }
    }

    private func addForeignKeys(
        _ table: Int, to plan: inout ImportPlan, _ names: inout ConstraintNames, _ connection: SQLiteConnection
    ) throws(ImportError) {
        let entry = scanned[table].table
        let words = SQLiteToken.all(in: entry.sql).map { $0.text.uppercased() }
        let deferred = zip(words, words.dropFirst()).count { $0 == "INITIALLY" && $1 == "DEFERRED" }
        for key in entry.foreignKeys {
            let name = "\(entry.name)(\(key.columns.joined(separator: ", "))) → \(key.parent)"
            func skip(_ reason: String) {
                plan.skipped.append(SkippedObject(kind: "foreign key", name: name, reason: reason))
            }
            guard let parent = resolve(key) else {
                skip("the table or key it refers to does not exist")
                continue
            }
            let positions = key.columns.compactMap { position(of: $0, in: table) }
            let parentPositions = parent.columns.compactMap { position(of: $0, in: parent.table) }
            guard positions.count == key.columns.count, parentPositions.count == positions.count else {
                skip("a column it names does not exist")
                continue
            }
            let columns = positions.map { plan.tables[table].columns[$0] }
            let parentColumns = parentPositions.map { plan.tables[parent.table].columns[$0] }
            guard isUnique(parentColumns.map(\.target), in: plan.tables[parent.table]) else {
                skip("the columns it refers to are no key")
                continue
            }
            guard zip(columns, parentColumns).allSatisfy({ Self.areComparable($0.type, $1.type) }) else {
                skip("its columns have types that do not compare")
                continue
            }
            let orphans = try connection.integer(
                orphanQuery(table, positions, parent: parent.table, parentPositions))
            let target = plan.tables[table].target
            plan.tables[table].foreignKeys.append(
                ForeignKeyPlan(
                    name: names.name(target, columns.map(\.target).joined(separator: "_"), "fkey"),
                    columns: columns.map(\.target), targetTable: plan.tables[parent.table].target,
                    targetColumns: parentColumns.map(\.target), onDelete: key.onDelete, onUpdate: key.onUpdate,
                    orphans: orphans, isDeferred: deferred > 0 && deferred == entry.foreignKeys.count))
            if orphans > 0 {
                plan.tables[table].notes.append(
                    "\(orphans) rows point at no row of \(key.parent): the key is added for new rows only (NOT VALID)")
            }
        }
    }

    private func isUnique(_ columns: [String], in table: TablePlan) -> Bool {
        let wanted = Set(columns)
        if let primaryKey = table.primaryKey, Set(primaryKey.columns) == wanted { return true }
        if table.unique.contains(where: { Set($0.columns) == wanted }) { return true }
        return table.indexes.contains { index in
            index.isUnique && index.condition == nil && index.columns.allSatisfy { !$0.ignoresCase }
                && Set(index.columns.map(\.name)) == wanted
        }
    }

    private func orphanQuery(_ child: Int, _ columns: [Int], parent: Int, _ parentColumns: [Int]) -> String {
        func name(_ table: Int, _ column: Int) -> String { quotedForSQLite(scanned[table].table.columns[column].name) }
        let present = columns.map { "c.\(name(child, $0)) IS NOT NULL" }
        let equal = zip(columns, parentColumns).map { "p.\(name(parent, $1)) = c.\(name(child, $0))" }
        return """
            SELECT count(*) FROM \(quotedForSQLite(scanned[child].table.name)) c \
            WHERE \(present.joined(separator: " AND ")) AND NOT EXISTS \
            (SELECT 1 FROM \(quotedForSQLite(scanned[parent].table.name)) p WHERE \(equal.joined(separator: " AND ")))
            """
    }
}
