import Postgres
import PostgresTypes

/// Checks within PostgreSQL alone: foreign keys and sequences.
struct TargetChecks: Sendable {
    let table: TablePlan
    let schema: String

    /// What is wrong, in words; nothing when all is well.
    func problems(in connection: PostgresConnection) async throws -> [String] {
        var problems: [String] = []
        for key in table.foreignKeys {
            let orphans = try await orphans(of: key, in: connection)
            if orphans != key.orphans {
                problems.append(
                    "foreign key \(key.name): \(orphans) rows point at no row of \(key.targetTable), \(key.orphans) did in "
                        + "the source")
            }
        }
        for column in table.columns where column.isIdentity {
            if let problem = try await sequenceProblem(of: column, in: connection) { problems.append(problem) }
        }
        return problems
    }

    private func orphans(of key: ForeignKeyPlan, in connection: PostgresConnection) async throws -> Int {
        let present = key.columns.map { "c.\(PostgresIdentifier($0).sql) IS NOT NULL" }
        let equal = zip(key.columns, key.targetColumns).map {
            "p.\(PostgresIdentifier($1).sql) = c.\(PostgresIdentifier($0).sql)"
        }
        let child = PostgresIdentifier(schema: schema, table.target).sql
        let parent = PostgresIdentifier(schema: schema, key.targetTable).sql
        let query = PostgresQuery(
            raw: """
                SELECT count(*) FROM \(child) c WHERE \(present.joined(separator: " AND ")) AND NOT EXISTS \
                (SELECT 1 FROM \(parent) p WHERE \(equal.joined(separator: " AND ")))
                """)
        return try await connection.query(query, as: Int.self).first() ?? 0
    }

    private func sequenceProblem(of column: ColumnPlan, in connection: PostgresConnection) async throws -> String? {
        let name = PostgresIdentifier(schema: schema, table.target).sql
        let sequence = try await connection.query(
            "SELECT pg_get_serial_sequence(\(name), \(column.target))", as: String?.self
        ).first()
        guard case let sequence?? = sequence else { return "\(column.target) has no sequence" }
        let query = PostgresQuery(
            raw: """
                SELECT (SELECT last_value + (CASE WHEN is_called THEN 1 ELSE 0 END) FROM \(sequence)), \
                (SELECT max(\(PostgresIdentifier(column.target).sql)) FROM \(name))::bigint
                """)
        guard let (next, maximum) = try await connection.query(query, as: (Int64, Int64?).self).first(),
            let maximum, next <= maximum
        else { return nil }
        return "the sequence of \(column.target) gives \(next) next, but \(maximum) is in use"
    }
}
