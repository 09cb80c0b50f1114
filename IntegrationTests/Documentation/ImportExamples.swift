import Foundation
import Postgres
import PostgresImport
import Testing

/// The examples of PostgresImport's articles. Those that name files are compiled and not run.
enum ImportExamples {
    /// The landing page
    static func landing(into configuration: PostgresConfiguration) async throws {
        let source = try SQLiteSource(path: "shop.sqlite")
        let plan = try source.makePlan()
        let report = try await Importer(source, plan: plan, into: configuration).run()
        print(report.rowCount, "rows,", report.isComplete ? "the same on both sides" : "not complete")
    }

    /// Importing: in code
    static func options(into configuration: PostgresConfiguration) async throws {
        let source = try SQLiteSource(path: "shop.sqlite")
        var options = ImportOptions()
        options.schema = "shop"
        options.replacesTables = true
        let importer = Importer(source, plan: try source.makePlan(), into: configuration, options: options)
        let report = try await importer.run { progress in
            print(progress.phase, progress.table, progress.rows, "of", progress.totalRows)
        }
        for table in report.tables {
            print(table.target, table.rows, table.notes)
        }
    }

    /// Importing: in code
    static func importAnything(
        _ source: some ImportSource, into configuration: PostgresConfiguration
    ) async throws -> ImportReport {
        let plan = try source.makePlan { scan in print(scan.table, scan.rows) }
        return try await Importer(source, plan: plan, into: configuration).run()
    }

    /// Importing: in code
    static func importing(_ path: String, into configuration: PostgresConfiguration) async throws -> ImportReport {
        let report = try await importAnything(try openImportSource(path: path), into: configuration)
        return report
    }

    /// Plans: looking and changing
    static func writePlan(of source: SQLiteSource) throws {
        var plan = try source.makePlan()
        for table in plan.tables.indices {
            for column in plan.tables[table].columns.indices where plan.tables[table].columns[column].type == .timestamp
            {
                plan.tables[table].columns[column].type = .timestamptz
            }
        }
        try plan.json().write(toFile: "plan.json", atomically: true, encoding: .utf8)
    }

    /// Plans: looking and changing
    static func followPlan(of source: SQLiteSource, into configuration: PostgresConfiguration) async throws {
        let text = try String(contentsOfFile: "plan.json", encoding: .utf8)
        let plan = try ImportPlan(json: text)
        let report = try await Importer(source, plan: plan, into: configuration).run()
        print(report)
    }

    /// Verification
    static func verify(
        _ source: SQLiteSource, _ plan: ImportPlan, in configuration: PostgresConfiguration
    ) async throws -> VerificationReport {
        let verification = try await Verifier(source: source, plan: plan, in: configuration).run()
        for table in verification.tables where !table.isEqual {
            for difference in table.differences { print(difference) }
            for problem in table.problems { print(table.table, problem) }
        }
        return verification
    }
}

@Suite struct ImportExamplesTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    @Test("a file that the articles' plan fits is imported by it, and a change afterwards is found")
    func planOfTheArticle() async throws {
        // One number that is milliseconds, one that no date is.
        let file = try SourceFile(
            sqlite: """
                CREATE TABLE orders (id INTEGER PRIMARY KEY, paidOn INTEGER, total NUMERIC);
                INSERT INTO orders VALUES (1, 1700000000000, 10.5), (2, 9000000000000000, 2);
                """)
        let article = try String(
            contentsOf: Self.root.appendingPathComponent("Sources/PostgresImport/PostgresImport.docc/Plans.md"),
            encoding: .utf8)
        let json = try #require(article.split(separator: "```json\n").last?.split(separator: "```").first)
        let plan = try ImportPlan(json: String(json))
        let source = try SQLiteSource(path: file.path)

        try await TestServer.withDatabase { configuration in
            let report = try await Importer(source, plan: plan, into: configuration).run()
            #expect(report.isComplete && report.rowCount == 2)
            #expect(try await ImportExamples.verify(source, plan, in: configuration).isEqual)
            try await PostgresConnection.withConnection(configuration) { connection in
                let rows = try await connection.query(
                    "SELECT id, paid_on, total FROM orders ORDER BY id", as: (Int, Date?, Decimal).self
                ).collect()
                #expect(rows.map(\.1) == [Date(timeIntervalSince1970: 1_700_000_000), nil])
                try await connection.execute("UPDATE orders SET total = 9 WHERE id = 2")
            }
            let found = try await ImportExamples.verify(source, plan, in: configuration).tables[0].differences
            #expect(found.map(\.column) == ["total"])
        }
        try await TestServer.withDatabase { configuration in
            let report = try await ImportExamples.importing(file.path, into: configuration)
            #expect(report.isComplete)
        }
    }
}

/// Tests say nothing.
private func print(_ items: Any...) {}
