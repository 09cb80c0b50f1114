import PostgresImport

/// An import plan for people.
struct PlanListing {
    let plan: ImportPlan

    func print(on terminal: Terminal) {
        for table in plan.tables {
            let name = table.source == table.target ? table.target : "\(table.source) → \(table.target)"
            terminal.line("\(terminal.styled(name, .bold))  (\(Figures.count(table.rowCount)) rows)")
            var columns = TextTable([("column", .left), ("type", .left), ("", .left), ("from", .left)])
            for column in table.columns {
                columns.add([
                    column.target, column.type.sql, details(column, table),
                    column.source == column.target ? "" : column.source,
                ])
            }
            if let document = table.documentColumn { columns.add([document, "jsonb", "not null", "all other fields"]) }
            columns.print(on: terminal)
            for line in keys(table) { terminal.line("  \(line)") }
            let notes = table.notes + table.columns.flatMap { column in column.notes.map { "\(column.target): \($0)" } }
            for note in notes { terminal.line("  " + terminal.styled("• \(note)", .yellow)) }
            terminal.line()
        }
        printSkipped(plan.skipped, on: terminal)
    }

    private func details(_ column: ColumnPlan, _ table: TablePlan) -> String {
        var words: [String] = []
        if table.primaryKey?.columns.contains(column.target) == true { words.append("key") }
        if column.isIdentity { words.append("identity") }
        if !column.isNullable { words.append("not null") }
        if let value = column.defaultSQL { words.append("default \(value)") }
        return words.joined(separator: ", ")
    }

    private func keys(_ table: TablePlan) -> [String] {
        var lines = table.unique.map { "unique (\($0.columns.joined(separator: ", ")))" }
        lines += table.indexes.map { index in
            let columns = index.columns.map { $0.name + ($0.isDescending ? " desc" : "") }.joined(separator: ", ")
            let method = index.method == "btree" ? "" : " using \(index.method)"
            return "\(index.isUnique ? "unique " : "")index \(index.name)\(method) (\(columns))"
                + (index.condition.map { " where \($0)" } ?? "")
        }
        lines += table.foreignKeys.map {
            "foreign key (\($0.columns.joined(separator: ", "))) → \($0.targetTable)"
                + " (\($0.targetColumns.joined(separator: ", ")))"
        }
        return lines
    }
}

/// The result of an import for people.
struct ImportListing {
    let report: ImportReport

    func print(on terminal: Terminal) {
        var rows = TextTable([
            ("table", .left), ("rows", .right), ("size", .right), ("load", .right), ("keys", .right),
            ("verified", .left),
        ])
        let checks = Dictionary(
            (report.verification?.tables ?? []).map { ($0.table, $0) }, uniquingKeysWith: { first, _ in first })
        for table in report.tables {
            rows.add([
                table.target, Figures.count(table.rows), Figures.bytes(table.bytes), Self.time(table.loadSeconds),
                Self.time(table.keySeconds), verdict(table, checks[table.source]),
            ])
        }
        rows.print(on: terminal)
        for table in report.tables {
            if let failure = table.failure { terminal.warn("\(table.source) was not imported: \(failure)") }
            for note in table.notes { terminal.line("  " + terminal.styled("• \(table.target): \(note)", .yellow)) }
        }
        printSkipped(report.skipped, on: terminal)
        terminal.line()
        terminal.line(
            "\(Figures.count(report.rowCount)) rows (\(Figures.bytes(report.bytes))) in \(report.tables.count) tables: "
                + "loaded in \(Self.time(report.loadSeconds)), \(Figures.count(Int(report.rowsPerSecond))) rows/s; "
                + "keys \(Self.time(report.keySeconds)), foreign keys \(Self.time(report.publishSeconds))")
        if let verification = report.verification {
            VerificationListing(report: verification).printVerdict(on: terminal)
        }
    }

    private func verdict(_ table: ImportReport.Table, _ check: TableVerification?) -> String {
        if table.failure != nil { return "not imported" }
        guard let check else { return "no" }
        return check.isEqual ? "equal" : "DIFFERENT"
    }

    static func time(_ seconds: Double) -> String { Figures.duration(.seconds(seconds)) }
}

/// A comparison for people.
struct VerificationListing {
    let report: VerificationReport

    func printTables(on terminal: Terminal) {
        var rows = TextTable([
            ("table", .left), ("source", .right), ("target", .right), ("digest", .left), ("samples", .right),
            ("", .left),
        ])
        for table in report.tables {
            let digest =
                table.sourceDigest == table.targetDigest
                ? String(table.sourceDigest.prefix(16))
                : "\(table.sourceDigest.prefix(8)) / \(table.targetDigest.prefix(8))"
            rows.add([
                table.target, Figures.count(table.sourceRows), Figures.count(table.targetRows), digest,
                Figures.count(table.samples), table.isEqual ? "equal" : "DIFFERENT",
            ])
        }
        rows.print(on: terminal)
        terminal.line()
    }

    /// The differences, and one line that says whether there are any.
    func printVerdict(on terminal: Terminal) {
        for table in report.tables where !table.isEqual {
            for difference in table.differences { terminal.line(terminal.styled("✘ \(difference)", .red)) }
            for problem in table.problems { terminal.line(terminal.styled("✘ \(table.table): \(problem)", .red)) }
            if table.differences.isEmpty, table.problems.isEmpty {
                terminal.line(terminal.styled("✘ \(table.table): counts or digests differ", .red))
            }
        }
        let rows = Figures.count(report.rowCount)
        let time = ImportListing.time(report.seconds)
        let samples = Figures.count(report.tables.reduce(0) { $0 + $1.samples })
        terminal.line(
            report.isEqual
                ? terminal.styled(
                    "✔ all \(rows) rows are equal on both sides, by digest and in \(samples) samples field by field "
                        + "(\(time))", .green)
                : terminal.styled("✘ source and target differ (\(time))", .red))
    }
}

/// Lists what has no counterpart in PostgreSQL.
func printSkipped(_ skipped: [SkippedObject], on terminal: Terminal) {
    for object in skipped {
        terminal.line(terminal.styled("• \(object.kind) \(object.name) is left out: \(object.reason)", .yellow))
    }
}
