import Postgres
import PostgresTypes

/// What PostgreSQL has already under the names of a plan.
struct TargetTables: Sendable {
    struct Column: Sendable {
        var name: String
        /// The type as `format_type` writes it.
        var type: String
        var isNotNull: Bool
        var hasDefault: Bool
        var isGenerated: Bool
    }

    /// Columns of tables, by the tables' names; partitioned tables too.
    var tables: [String: [Column]] = [:]
    /// Relations that are no tables: views, sequences, indexes.
    var others: Set<String> = []

    /// Looks up names in a schema that need not exist.
    static func read(
        _ names: [String], schema: String, in connection: PostgresConnection
    ) async throws -> TargetTables {
        var found = TargetTables()
        let cut = names.map(TargetNames.cut)
        let relations = try await connection.query(
            """
            SELECT c.relname::text, c.relkind::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = \(schema) AND c.relname = ANY(\(cut)::text[])
            """, as: (String, String).self
        ).collect()
        for (name, kind) in relations {
            if kind == "r" || kind == "p" { found.tables[name] = [] } else { found.others.insert(name) }
        }
        let columns = try await connection.query(
            """
            SELECT c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod), a.attnotnull,
                a.atthasdef OR a.attidentity <> '', a.attgenerated <> ''
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
            WHERE n.nspname = \(schema) AND c.relname = ANY(\(cut)::text[]) AND c.relkind IN ('r', 'p')
                AND a.attnum > 0 AND NOT a.attisdropped
            ORDER BY a.attnum
            """, as: (String, String, String, Bool, Bool, Bool).self
        ).collect()
        for (table, name, type, isNotNull, hasDefault, isGenerated) in columns {
            found.tables[table]?.append(
                Column(
                    name: name, type: type, isNotNull: isNotNull, hasDefault: hasDefault, isGenerated: isGenerated))
        }
        return found
    }

    /// The columns of a planned table, or nil when there is no such table.
    func columns(of table: TablePlan) -> [Column]? { tables[TargetNames.cut(table.target)] }

    /// The plan with the column types that the table really has.
    ///
    /// Throws when there is no such table, when a column is missing, or has a type the importer does not know.
    func adapt(_ table: TablePlan, schema: String) throws(ImportError) -> TablePlan {
        guard let columns = columns(of: table) else {
            throw ImportError(
                .targetConflict, "there is no table \(PostgresIdentifier(schema: schema, table.target))",
                table: table.source)
        }
        var table = table
        for position in table.columns.indices {
            let wanted = table.columns[position]
            guard let column = columns.first(where: { $0.name == TargetNames.cut(wanted.target) }), !column.isGenerated
            else {
                throw ImportError(
                    .targetConflict, "the table in PostgreSQL has no column \"\(wanted.target)\" that can be written",
                    table: table.source, column: wanted.source)
            }
            guard let type = Self.type(column.type) else {
                throw ImportError(
                    .targetConflict,
                    "column \"\(wanted.target)\" in PostgreSQL is \(column.type), which the importer does not load",
                    table: table.source, column: wanted.source)
            }
            table.columns[position].type = type
        }
        return table
    }

    /// A type by the long name that the server gives it.
    static func type(_ name: String) -> ColumnType? {
        let short =
            name.replacing("character varying", with: "varchar").replacing(
                "timestamp without time zone", with: "timestamp"
            )
            .replacing("timestamp with time zone", with: "timestamptz").replacing(
                "time without time zone", with: "time")
        return short == "varchar" ? .text : ColumnType(sql: short)
    }
}
