import Postgres
import PostgresTypes

/// Moves loaded tables to where they belong, in one transaction: either all of them appear, or none.
struct Publication: Sendable {
    let preparation: TargetPreparation
    let staging: Staging
    let schema: String
    /// Positions of the plan's tables that were loaded.
    let loaded: Set<Int>

    private var plan: ImportPlan { preparation.plan }

    func run(over connection: PostgresConnection) async throws {
        try await connection.withTransaction { transaction in
            // Somebody who reads a table that is to be replaced must not hold us up for ever.
            try await transaction.execute("SET LOCAL lock_timeout = '60s'")
            if !preparation.schemaExists { try await transaction.execute("CREATE SCHEMA \(identifier: schema)") }
            if let drop = preparation.dropStatement(schema) { try await transaction.execute(PostgresQuery(raw: drop)) }
            for position in loaded.sorted() where preparation.fates[position] != .filled {
                let table = PostgresIdentifier(schema: staging.name, plan.tables[position].target)
                try await transaction.execute("ALTER TABLE \(identifier: table) SET SCHEMA \(identifier: schema)")
            }
            for position in Self.parentsFirst(plan.tables) where loaded.contains(position) {
                if preparation.fates[position] == .filled { try await fill(plan.tables[position], transaction) }
            }
            try await addForeignKeys(transaction)
            try await transaction.execute("DROP SCHEMA \(identifier: staging.name) CASCADE")
        }
        for position in loaded.sorted() {
            let table = PostgresIdentifier(schema: schema, plan.tables[position].target)
            try await connection.execute("ANALYZE \(identifier: table)")
        }
    }

    /// Copies rows into a table that exists, without setting off its triggers: timestamps that they would set are data
    /// here.
    private func fill(_ table: TablePlan, _ transaction: PostgresTransaction) async throws {
        let target = PostgresIdentifier(schema: schema, table.target)
        let names = table.columns.map(\.target) + [table.documentColumn].compactMap { $0 }
        let columns = names.map { PostgresIdentifier($0).sql }.joined(separator: ", ")
        let source = PostgresIdentifier(schema: staging.name, table.target)
        try await transaction.execute("ALTER TABLE \(identifier: target) DISABLE TRIGGER USER")
        try await transaction.execute(
            """
            INSERT INTO \(identifier: target) (\(raw: columns)) OVERRIDING SYSTEM VALUE
            SELECT \(raw: columns) FROM \(identifier: source)
            """)
        try await transaction.execute("ALTER TABLE \(identifier: target) ENABLE TRIGGER USER")
        for column in table.columns where column.isIdentity {
            let hasSequence = try await transaction.query(
                "SELECT pg_get_serial_sequence(\(target.sql), \(column.target)) IS NOT NULL", as: Bool.self
            ).first()
            guard hasSequence == true else { continue }
            try await transaction.execute(TargetDDL(schema: schema).setSequence(column, of: table))
        }
    }

    private func addForeignKeys(_ transaction: PostgresTransaction) async throws {
        let targets = Set(loaded.map { plan.tables[$0].target })
        for position in loaded.sorted() where preparation.fates[position] != .filled {
            let table = plan.tables[position]
            for key in table.foreignKeys where targets.contains(key.targetTable) {
                let statement = TargetDDL(schema: schema).addForeignKey(key, to: table)
                try await transaction.execute(PostgresQuery(raw: statement))
            }
        }
    }

    /// Positions of tables, each after those it refers to; what refers to itself in a circle comes as it stands.
    static func parentsFirst(_ tables: [TablePlan]) -> [Int] {
        var order: [Int] = []
        var visited: Set<Int> = []
        func visit(_ position: Int) {
            guard visited.insert(position).inserted else { return }
            for key in tables[position].foreignKeys {
                if let parent = tables.firstIndex(where: { $0.target == key.targetTable }) { visit(parent) }
            }
            order.append(position)
        }
        for position in tables.indices { visit(position) }
        return order
    }
}
