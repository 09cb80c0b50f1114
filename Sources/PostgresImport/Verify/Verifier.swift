public import Postgres
import PostgresTypes

/// Proves that the tables in PostgreSQL hold what the source holds, value for value.
///
/// For each table: both sides are read completely, each brought to one canonical form from its own representation, and
/// counted and digested; some rows are fetched by their keys and compared with the server's own text of them; foreign
/// keys are searched for rows that point at nothing, sequences compared with the numbers in use. The source is read from
/// its file again, not from what the load has seen.
public struct Verifier<Source: ImportSource>: Sendable {
    let source: Source
    let plan: ImportPlan
    let configuration: PostgresConfiguration
    let schema: String

    /// `plan` says which table and column became what; types are taken from the tables as they are.
    public init(source: Source, plan: ImportPlan, in configuration: PostgresConfiguration, schema: String = "public") {
        self.source = source
        self.plan = plan
        self.configuration = configuration
        self.schema = schema
    }

    /// Compares all tables, in one snapshot of the database.
    ///
    /// - Throws: `PostgresError`, or `ImportError` when the source cannot be read. Differences are no errors: they stand
    ///   in the report.
    public func run(
        progress: @escaping @Sendable (ImportProgress) -> Void = { _ in }
    ) async throws -> VerificationReport {
        let clock = ContinuousClock()
        let start = clock.now
        let total = plan.rowCount
        let tables = try await PostgresConnection.withConnection(configuration) { connection in
            let existing = try await TargetTables.read(plan.tables.map(\.target), schema: schema, in: connection)
            return try await connection.withTransaction(isolation: .repeatableRead, readOnly: true) { transaction in
                try await transaction.withConnection { connection in
                    try await connection.execute(script: ServerText.settings)
                    var results: [TableVerification] = []
                    for table in plan.tables {
                        let done = results.reduce(0) { $0 + $1.sourceRows }
                        progress(
                            ImportProgress(
                                phase: .verifying, table: table.source, rows: done, totalRows: total, bytes: 0,
                                elapsed: clock.now - start))
                        results.append(try await verify(table, existing, connection))
                    }
                    return results
                }
            }
        }
        return VerificationReport(
            source: source.description, schema: schema, tables: tables, seconds: (clock.now - start).seconds)
    }

    private func verify(
        _ table: TablePlan, _ existing: TargetTables, _ connection: PostgresConnection
    ) async throws -> TableVerification {
        let clock = ContinuousClock()
        let start = clock.now
        var result = TableVerification(
            table: table.source, target: table.target, sourceRows: table.rowCount, targetRows: 0, sourceDigest: "",
            targetDigest: "-", samples: 0, differences: [], problems: [], seconds: 0)
        let adapted: TablePlan
        do throws(ImportError) {
            adapted = try existing.adapt(table, schema: schema)
        } catch {
            result.problems.append(error.message)
            return result
        }
        let rows = TargetRows(table: adapted, schema: schema)
        let layout = CanonicalLayout(adapted)

        let source = source
        // The connection's thread is busy with the target's side; the source is read on another.
        async let sourceSide = withTaskExecutorPreference(globalConcurrentExecutor) {
            try await Self.readSource(source, adapted, layout)
        }
        let target = try await digest(rows, layout, connection)
        let (digest, samples) = try await sourceSide

        result.sourceRows = digest.count
        result.targetRows = target.count
        result.sourceDigest = digest.text
        result.targetDigest = target.text
        let finder = DifferenceFinder(source: source, rows: rows, layout: layout)
        if digest != target {
            result.differences = try await finder.find(digest, target, in: connection)
        }
        if !layout.key.isEmpty {
            result.samples = samples.count
            let text = ServerText(rows: rows, layout: layout)
            for sample in samples where result.differences.count < DifferenceFinder<Source>.limit {
                let found =
                    if let cells = try await text.row(like: sample, in: connection) {
                        finder.differences(sample, cells)
                    } else {
                        [finder.difference(.missing, sample)]
                    }
                result.differences += found.filter { !result.differences.contains($0) }
            }
        }
        result.problems = try await TargetChecks(table: adapted, schema: schema).problems(in: connection)
        result.seconds = (clock.now - start).seconds
        return result
    }

    private static func readSource(
        _ source: Source, _ table: TablePlan, _ layout: CanonicalLayout
    ) async throws -> (SideDigest, [[CanonicalCell]]) {
        let reader = try source.makeReader(for: table)
        var digests = try RowDigests(layout)
        var samples = SampleRows()
        var row = CanonicalRow()
        while try reader.next() {
            row.removeAll()
            try reader.appendCanonical(to: &row)
            digests.add(row)
            samples.offer(row)
            if digests.result.count % 8192 == 0 { try Task.checkCancellation() }
        }
        if digests.result.count > 0 { samples.offerLast(row) }
        return (digests.result, samples.rows)
    }

    private func digest(
        _ rows: TargetRows, _ layout: CanonicalLayout, _ connection: PostgresConnection
    ) async throws -> SideDigest {
        var digests = try RowDigests(layout)
        var reader = try await rows.makeReader(over: connection)
        var row = CanonicalRow()
        while try await reader.next(&row) { digests.add(row) }
        return digests.result
    }
}

extension Duration {
    /// Seconds with their fraction.
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
