import Postgres
import PostgresTypes
import PostgresWire

/// Looks at what is in the target before anything is loaded, and decides what becomes of each table.
struct TargetPreparation: Sendable {
    enum Fate: Sendable {
        /// There is none: it is created.
        case created
        /// It is dropped and created anew.
        case replaced
        /// It is empty and is filled as it is.
        case filled
    }

    /// Something that stays refers to what is to be dropped.
    private static let dependentObjectsStillExist = SQLState(rawValue: "2BP01")

    /// The plan, with the types of tables that exist and are to be filled, and names that are free.
    private(set) var plan: ImportPlan
    /// By position in the plan's tables.
    private(set) var fates: [Fate]
    private(set) var schemaExists: Bool

    init(
        _ plan: ImportPlan, options: ImportOptions, over connection: PostgresConnection
    ) async throws {
        self.plan = plan
        fates = []
        let names = plan.tables.map(\.target)
        let existing = try await TargetTables.read(names, schema: options.schema, in: connection)
        schemaExists =
            try await connection.query(
                "SELECT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = \(options.schema))", as: Bool.self
            ).first() ?? false
        for (position, table) in plan.tables.enumerated() {
            let identifier = PostgresIdentifier(schema: options.schema, table.target)
            if existing.others.contains(TargetNames.cut(table.target)) {
                throw ImportError(
                    .targetConflict, "\(identifier) exists and is no table", table: table.source)
            }
            guard existing.columns(of: table) != nil else {
                fates.append(.created)
                continue
            }
            if options.replacesTables {
                fates.append(.replaced)
                continue
            }
            let hasRows = try await connection.query(
                "SELECT EXISTS (SELECT 1 FROM \(identifier: identifier))", as: Bool.self
            ).first()
            guard hasRows == false else {
                throw ImportError(
                    .targetConflict, "\(identifier) has rows already",
                    advice: "Import into another schema, or have it replaced (egret import --replace)",
                    table: table.source)
            }
            fates.append(.filled)
            self.plan.tables[position] = try Self.filled(table, existing, schema: options.schema)
        }
        try await checkReplacing(options.schema, over: connection)
        try await renameKeys(schema: options.schema, over: connection)
    }

    /// The plan of a table that exists: its own types, and none of our keys.
    private static func filled(
        _ table: TablePlan, _ existing: TargetTables, schema: String
    ) throws(ImportError) -> TablePlan {
        var adapted = try existing.adapt(table, schema: schema)
        let planned = Set(
            (table.columns.map(\.target) + [table.documentColumn].compactMap { $0 }).map(TargetNames.cut))
        let columns = existing.columns(of: table) ?? []
        if let missing = columns.first(where: {
            $0.isNotNull && !$0.hasDefault && !$0.isGenerated && !planned.contains($0.name)
        }) {
            throw ImportError(
                .targetConflict, "column \"\(missing.name)\" needs a value and the source has none for it",
                table: table.source)
        }
        if let document = table.documentColumn,
            !columns.contains(where: { $0.name == document && ($0.type == "jsonb" || $0.type == "json") })
        {
            throw ImportError(.targetConflict, "the table has no jsonb column \"\(document)\"", table: table.source)
        }
        adapted.indexes = []
        adapted.notes.append("the table exists: its own types, keys and indexes are kept")
        return adapted
    }

    /// Tries to drop what is to be replaced, and takes that back: better to fail now than after the load.
    private func checkReplacing(_ schema: String, over connection: PostgresConnection) async throws {
        guard let statement = dropStatement(schema) else { return }
        struct TakenBack: Error {}
        do {
            try await connection.withTransaction { transaction in
                try await transaction.execute("SET LOCAL lock_timeout = '10s'")
                try await transaction.execute(PostgresQuery(raw: statement))
                throw TakenBack()
            }
        } catch is TakenBack {
        } catch let error as PostgresError where error.sqlState == Self.dependentObjectsStillExist {
            throw ImportError(
                .targetConflict, "a table cannot be replaced: \(error.server?.message ?? error.message)",
                advice: "Drop what depends on it first, or import into another schema")
        }
    }

    /// Drops all tables that are to be replaced, at once, since they may refer to each other.
    func dropStatement(_ schema: String) -> String? {
        let tables = zip(plan.tables, fates).filter { $1 == .replaced }
            .map { PostgresIdentifier(schema: schema, $0.0.target).sql }
        return tables.isEmpty ? nil : "DROP TABLE " + tables.joined(separator: ", ")
    }

    /// Gives keys and indexes other names where theirs are taken by something that stays.
    private mutating func renameKeys(schema: String, over connection: PostgresConnection) async throws {
        let replaced = zip(plan.tables, fates).filter { $1 == .replaced }.map { TargetNames.cut($0.0.target) }
        let taken = try await connection.query(
            """
            SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            LEFT JOIN pg_index i ON i.indexrelid = c.oid LEFT JOIN pg_class t ON t.oid = i.indrelid
            WHERE n.nspname = \(schema) AND (t.relname IS NULL OR t.relname <> ALL(\(replaced)::text[]))
            """, as: String.self
        ).collect()
        var names = ConstraintNames(tables: plan.tables.map(\.target) + taken)
        for position in plan.tables.indices where fates[position] != .filled {
            if let key = plan.tables[position].primaryKey {
                plan.tables[position].primaryKey?.name = names.name(key.name)
            }
            for key in plan.tables[position].unique.indices {
                plan.tables[position].unique[key].name = names.name(plan.tables[position].unique[key].name)
            }
            for index in plan.tables[position].indexes.indices {
                plan.tables[position].indexes[index].name = names.name(plan.tables[position].indexes[index].name)
            }
        }
    }
}
