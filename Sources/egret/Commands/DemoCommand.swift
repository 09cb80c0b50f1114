import Postgres
import PostgresImport
import PostgresTestKit

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// `egret demo`: the main job from end to end, in a minute, leaving nothing behind.
struct DemoCommand: Command {
    static let name = "demo"
    static let summary = "Import a database and an export, verify them and query them through models, with figures"
    static let operands = [
        CommandOperand(
            name: "source", help: "what to import instead of the demo's own SQLite database and MongoDB export",
            isRequired: false)
    ]
    static let options: [CommandOption] = []
    static let examples = [
        (line: "egret demo", purpose: "On a private PostgreSQL, or in a database of its own where DATABASE_URL says"),
        (line: "egret demo shop.sqlite", purpose: "The same with your data"),
    ]

    private let source: String?

    init(_ arguments: ParsedArguments) throws(UsageError) { source = arguments.operands.first }

    func run(_ terminal: Terminal) async throws {
        try await showingImportErrors {
            // A source that cannot be read is told before a server is started for it.
            if let source { _ = try openImportSource(path: source) }
            try await DemoPlace.with(terminal) { place in
                try await run(in: place, terminal)
            }
        }
    }

    private func run(in place: DemoPlace, _ terminal: Terminal) async throws {
        var outcome = DemoOutcome()
        let paths = if let source { [source] } else { try makeInput(in: place.directory, terminal) }
        for path in paths {
            terminal.line()
            terminal.line(terminal.styled("Importing \(name(of: path))", .bold))
            outcome.imports.append(try await importing(path, into: place.configuration, terminal))
        }
        guard outcome.imports.allSatisfy(\.isComplete) else {
            terminal.json(outcome)
            throw DifferenceFound()
        }
        if source == nil {
            outcome.queries = try await DemoQueries(configuration: place.configuration, terminal: terminal).run()
        }
        terminal.line()
        terminal.line(terminal.styled("Done: \(outcome.summary)", .green))
        terminal.json(outcome)
    }

    private func makeInput(in directory: String, _ terminal: Terminal) throws -> [String] {
        let database = directory + "/music-store.sqlite"
        let documents = directory + "/listeners.json"
        var rows = 0
        let time = try ContinuousClock().measure {
            rows = try DemoDatabase.write(to: database) + DemoDocuments.write(to: documents)
        }
        terminal.line(
            "Made a SQLite database and a MongoDB export, \(Figures.count(rows)) rows and documents, the same every "
                + "time (\(Figures.duration(time)))")
        return [database, documents]
    }

    private func importing(
        _ path: String, into configuration: PostgresConfiguration, _ terminal: Terminal
    ) async throws -> ImportReport {
        func load(_ source: some ImportSource) async throws -> ImportReport {
            let plan = try PlanFile(path: nil).plan(of: source, terminal)
            let bar = PhaseBar(terminal)
            let report = try await Importer(source, plan: plan, into: configuration).run { bar.show($0) }
            bar.finish()
            ImportListing(report: report).print(on: terminal)
            return report
        }
        return try await load(try openImportSource(path: path))
    }

    private func name(of path: String) -> String { String(path.split(separator: "/").last ?? "") }
}

/// What `--json` prints.
struct DemoOutcome: Encodable {
    var imports: [ImportReport] = []
    var queries: [DemoQueries.Figure] = []

    /// One line about all of it.
    var summary: String {
        let rows = imports.reduce(0) { $0 + $1.rowCount }
        let loading = imports.reduce(0) { $0 + $1.loadSeconds }
        let rate = Figures.rate(rows, in: .seconds(loading))
        let verdict = imports.contains { $0.verification == nil } ? "" : ", every one of them verified"
        return "\(Figures.count(rows)) rows loaded at \(rate) rows/s\(verdict)"
    }
}
