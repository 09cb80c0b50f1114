public import Postgres
import PostgresTypes

/// Imports a source into PostgreSQL by a plan: tables, rows by binary COPY, keys, indexes, foreign keys, sequences, and
/// the proof that everything arrived.
///
///     let source = try SQLiteSource(path: "shop.sqlite")
///     let importer = Importer(source, plan: try source.makePlan(), into: configuration)
///     let report = try await importer.run()
///
/// Nothing is visible until everything is loaded, and nothing stays when something fails (see ``ImportOptions``).
public struct Importer<Source: ImportSource>: Sendable {
    let source: Source
    let plan: ImportPlan
    let configuration: PostgresConfiguration
    let options: ImportOptions

    /// An import that has not begun. `plan` is the one that `source` made, perhaps changed.
    public init(
        _ source: Source, plan: ImportPlan, into configuration: PostgresConfiguration,
        options: ImportOptions = ImportOptions()
    ) {
        self.source = source
        self.plan = plan
        self.configuration = configuration
        self.options = options
    }

    /// Runs the import.
    ///
    /// - Throws: `ImportError` for the source, the plan and target tables in the way; `PostgresError` for the server.
    ///   Differences that the verification finds are no error: they stand in the report.
    public func run(
        progress: @escaping @Sendable (ImportProgress) -> Void = { _ in }
    ) async throws -> ImportReport {
        try source.check(plan)
        let main = try await PostgresConnection.connect(configuration)
        let staging = Staging()
        var report: ImportReport
        let prepared: ImportPlan
        do {
            let preparation = try await TargetPreparation(plan, options: options, over: main)
            let owner = try await PostgresConnection.connect(configuration)
            do {
                try await staging.create(over: main, owner: owner)
                (report, prepared) = try await load(preparation, staging, main, progress)
                await owner.close()
            } catch {
                await owner.close()
                throw error
            }
            await main.close()
        } catch {
            await main.close()
            throw await cleaned(error, staging)
        }
        if options.verifies {
            var loaded = prepared
            let failed = Set(report.tables.filter { $0.failure != nil }.map(\.source))
            loaded.tables.removeAll { failed.contains($0.source) }
            report.verification = try await Verifier(
                source: source, plan: loaded, in: configuration, schema: options.schema
            ).run(progress: progress)
        }
        return report
    }

    /// Removes what a failed import has created, and says so when that cannot be done.
    private func cleaned(_ error: any Error, _ staging: Staging) async -> any Error {
        guard await !staging.dropAfterFailure(configuration), var error = error as? PostgresError else { return error }
        error.advice =
            (error.advice.map { $0 + ". " } ?? "")
            + "Nothing was imported; schema \(staging.name) may be left and is removed by the next import"
        return error
    }

    private func load(
        _ preparation: TargetPreparation, _ staging: Staging, _ main: PostgresConnection,
        _ progress: @escaping @Sendable (ImportProgress) -> Void
    ) async throws -> (ImportReport, ImportPlan) {
        let plan = preparation.plan
        let results = TableResults()
        let loaders = plan.tables.indices.map { position in
            TableLoader(
                source: source, table: plan.tables[position], staging: staging.name,
                isBare: preparation.fates[position] == .filled)
        }
        @Sendable func failed(_ position: Int, _ error: any Error) throws {
            let error = Self.naming(error, plan.tables[position].source)
            guard options.keepsPartial, !Task.isCancelled else { throw error }
            results[position] = ImportReport.Table(plan.tables[position], failure: "\(error)")
        }

        let loading = ProgressBoard(.loading, totalRows: plan.rowCount, report: progress)
        try await inParallel(
            plan.tables.indices.sorted { plan.tables[$0].rowCount > plan.tables[$1].rowCount }
        ) {
            position, connection in
            do {
                let (rows, bytes, seconds) = try await loaders[position].load(over: connection, board: loading)
                var result = ImportReport.Table(plan.tables[position])
                result.rows = rows
                result.bytes = bytes
                result.loadSeconds = seconds
                results[position] = result
            } catch {
                try failed(position, error)
            }
        }
        let loadSeconds = loading.elapsed.seconds

        let indexing = ProgressBoard(.indexing, totalRows: plan.rowCount, report: progress)
        let loaded = results.succeeded
        try await inParallel(loaded.filter { preparation.fates[$0] != .filled }) {
            position, connection in
            do {
                let seconds = try await loaders[position].addKeys(over: connection)
                results[position]?.keySeconds = seconds
                indexing.add(table: plan.tables[position].source, rows: plan.tables[position].rowCount, bytes: 0)
            } catch {
                try failed(position, error)
            }
        }
        let keySeconds = indexing.elapsed.seconds

        let publishing = ProgressBoard(.publishing, totalRows: plan.rowCount, report: progress)
        publishing.add(table: "", rows: 0, bytes: 0)
        try await Publication(
            preparation: preparation, staging: staging, schema: options.schema, loaded: Set(results.succeeded)
        ).run(over: main)
        let report = ImportReport(
            source: source.description, schema: options.schema,
            server: main.serverParameters["server_version"] ?? "unknown", tables: results.all, skipped: plan.skipped,
            loadSeconds: loadSeconds, keySeconds: keySeconds, publishSeconds: publishing.elapsed.seconds)
        return (report, plan)
    }

    /// Does `work` for each position, in their order, over as many connections as there are jobs.
    private func inParallel(
        _ positions: [Int], _ work: @escaping @Sendable (Int, PostgresConnection) async throws -> Void
    ) async throws {
        let queue = WorkQueue(positions)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<min(max(1, options.jobs), positions.count) {
                group.addTask {
                    try await PostgresConnection.withConnection(configuration) { connection in
                        while let position = queue.next() {
                            try Task.checkCancellation()
                            try await work(position, connection)
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// A server's error does not know which table it was about.
    private static func naming(_ error: any Error, _ table: String) -> any Error {
        guard var error = error as? PostgresError else { return error }
        error.message = "loading table \(table): \(error.message)"
        return error
    }
}

extension ImportReport.Table {
    init(_ table: TablePlan, failure: String? = nil) {
        self.init(
            source: table.source, target: table.target, rows: 0, bytes: 0, loadSeconds: 0, keySeconds: 0,
            failure: failure,
            notes: table.notes + table.columns.flatMap { column in column.notes.map { "\(column.target): \($0)" } })
    }
}
