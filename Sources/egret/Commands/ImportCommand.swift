import Postgres
import PostgresImport
import PostgresTestKit

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// `egret import SOURCE`: plan, load, verify, report.
struct ImportCommand: Command {
    static let name = "import"
    static let summary = "Import a SQLite database or a MongoDB export, and prove that nothing was lost"
    static let operands = [
        CommandOperand(
            name: "source", help: "a SQLite file, a file of JSON documents, or a directory with one file per collection"
        )
    ]
    static let options: [CommandOption] = [
        ImportTarget.option,
        .value("schema", "NAME", "Where the tables go; made when missing (default: public)"),
        .value("plan", "FILE", "Follow this plan; where there is no such file, write the plan that was made there"),
        .flag("dry-run", "Show the plan and do nothing"),
        .value("jobs", "N", "Tables loaded at the same time (default: one for each core, at most 4)"),
        .flag("replace", "Drop and create tables that exist"),
        .flag("keep-partial", "Keep tables that were loaded when another one fails"),
        .flag("no-verify", "Do not compare source and target afterwards"),
    ]
    static let examples = [
        (line: "egret import shop.sqlite --into postgres://localhost/shop", purpose: "Import and verify"),
        (line: "egret import shop.sqlite --dry-run", purpose: "See what would become of every column"),
        (
            line: "egret import shop.sqlite --plan plan.json --dry-run",
            purpose: "Write the plan to a file; edit it, and import with --plan plan.json"
        ),
        (line: "egret import exports/ --schema staging", purpose: "Import every collection in a directory"),
    ]

    private let path: String
    private let url: String?
    private let planFile: String?
    private let isDryRun: Bool
    private let options: ImportOptions

    init(_ arguments: ParsedArguments) throws(UsageError) {
        path = arguments.operands[0]
        url = arguments.value("into")
        planFile = arguments.value("plan")
        isDryRun = arguments.flag("dry-run")
        var options = ImportOptions()
        options.schema = arguments.value("schema") ?? options.schema
        guard !options.schema.isEmpty else { throw UsageError("--schema needs a name") }
        options.jobs = try arguments.integer("jobs", in: 1...64) ?? options.jobs
        options.replacesTables = arguments.flag("replace")
        options.keepsPartial = arguments.flag("keep-partial")
        options.verifies = !arguments.flag("no-verify")
        self.options = options
    }

    func run(_ terminal: Terminal) async throws {
        try await showingImportErrors {
            try await run(try openImportSource(path: path), terminal)
        }
    }

    private func run(_ source: some ImportSource, _ terminal: Terminal) async throws {
        let named = isDryRun ? nil : try ImportTarget.named(url)
        // A server that cannot be reached is better known before the source has been read than after.
        if let named { try await PostgresConnection.withConnection(named.configuration) { _ in } }
        let plan = try PlanFile(path: planFile).plan(of: source, terminal)
        if isDryRun {
            PlanListing(plan: plan).print(on: terminal)
            terminal.json(plan)
            try source.check(plan)
            return
        }
        try source.check(plan)
        let target: ImportTarget
        if let named {
            target = named
        } else {
            terminal.note("no --into and no DATABASE_URL: importing into a temporary server, to see whether it works")
            target = try await ImportTarget.temporaryServer()
        }
        defer { target.temporary?.stop() }
        let bar = PhaseBar(terminal)
        let report = try await Importer(source, plan: plan, into: target.configuration, options: options).run {
            bar.show($0)
        }
        bar.finish()
        ImportListing(report: report).print(on: terminal)
        terminal.json(Outcome(report, isTemporary: target.temporary != nil))
        if !report.isComplete { throw DifferenceFound() }
    }

    /// What `--json` prints.
    private struct Outcome: Encodable {
        var report: ImportReport
        var rows: Int
        var rowsPerSecond: Double
        var isComplete: Bool
        /// True when the tables are gone with the temporary server.
        var isTemporary: Bool

        init(_ report: ImportReport, isTemporary: Bool) {
            self.report = report
            rows = report.rowCount
            rowsPerSecond = report.rowsPerSecond.rounded()
            isComplete = report.isComplete
            self.isTemporary = isTemporary
        }
    }
}

/// The plan of an import: from a file where there is one, else made, and written where a file was named.
struct PlanFile {
    let path: String?

    func plan(of source: some ImportSource, _ terminal: Terminal) throws -> ImportPlan {
        if let path, FileManager.default.fileExists(atPath: path) {
            guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
                throw CommandError("the plan \(path) cannot be read")
            }
            return try ImportPlan(json: text)
        }
        let bar = ProgressBar("reading", on: terminal)
        let plan = try source.makePlan { bar.update(completed: $0.rows, label: "reading \($0.table)") }
        bar.finish()
        guard let path else { return plan }
        do {
            try plan.json().write(toFile: path, atomically: true, encoding: .utf8)
        } catch let error as ImportError {
            throw error
        } catch {
            throw CommandError("the plan cannot be written to \(path)")
        }
        terminal.note("plan written to \(path)")
        return plan
    }
}
