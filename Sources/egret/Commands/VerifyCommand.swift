import Postgres
import PostgresImport

/// `egret verify SOURCE`: compares a source with its tables in PostgreSQL, value for value.
struct VerifyCommand: Command {
    static let name = "verify"
    static let summary = "Compare a SQLite database or a MongoDB export with its tables in PostgreSQL"
    static let operands = [
        CommandOperand(
            name: "source", help: "a SQLite file, a file of JSON documents, or a directory with one file per collection"
        )
    ]
    static let options: [CommandOption] = [
        ImportTarget.option,
        .value("schema", "NAME", "Where the tables are (default: public)"),
        .value("plan", "FILE", "The plan the tables were imported by, when it was changed by hand"),
    ]
    static let examples = [
        (
            line: "egret verify shop.sqlite --into postgres://localhost/shop",
            purpose: "Exit code 0 when every row is there and equal, 1 when not"
        )
    ]

    private let path: String
    private let url: String?
    private let schema: String
    private let planFile: String?

    init(_ arguments: ParsedArguments) throws(UsageError) {
        path = arguments.operands[0]
        url = arguments.value("into")
        schema = arguments.value("schema") ?? "public"
        planFile = arguments.value("plan")
    }

    func run(_ terminal: Terminal) async throws {
        try await showingImportErrors {
            guard let target = try ImportTarget.named(url) else {
                throw CommandError(
                    "no server is named", advice: "Give --into postgres://user@host/database, or set DATABASE_URL")
            }
            try await run(try openImportSource(path: path), target, terminal)
        }
    }

    private func run(_ source: some ImportSource, _ target: ImportTarget, _ terminal: Terminal) async throws {
        let plan = try PlanFile(path: planFile).plan(of: source, terminal)
        try source.check(plan)
        let bar = PhaseBar(terminal)
        let report = try await Verifier(source: source, plan: plan, in: target.configuration, schema: schema).run {
            bar.show($0)
        }
        bar.finish()
        let listing = VerificationListing(report: report)
        listing.printTables(on: terminal)
        listing.printVerdict(on: terminal)
        terminal.json(report)
        if !report.isEqual { throw DifferenceFound() }
    }
}
