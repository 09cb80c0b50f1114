/// The names PostgreSQL gets, within what it allows.
enum TargetNames {
    /// PostgreSQL cuts every name after this many bytes (NAMEDATALEN - 1).
    static let maximumBytes = 63

    /// Columns that every PostgreSQL table has already.
    private static let systemColumns: Set<String> = ["tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"]

    /// The part of a name that PostgreSQL keeps: at most 63 bytes, cut between characters.
    static func cut(_ name: String) -> String {
        var bytes = 0
        var kept = String.UnicodeScalarView()
        for scalar in name.unicodeScalars {
            bytes += UTF8.width(scalar)
            if bytes > maximumBytes { break }
            kept.append(scalar)
        }
        return String(kept)
    }

    /// The name of a column: the source's own, but for the few that PostgreSQL refuses.
    static func column(_ name: String, number: Int) -> String {
        if name.isEmpty { return "column_\(number)" }
        return systemColumns.contains(name) ? name + "_" : name
    }

    /// `pageCount` → `page_count`, `HTTPStatus` → `http_status`, `first name` → `first_name`. Empty when nothing is left.
    static func snakeCase(_ name: String) -> String {
        var words: [Character] = []
        let characters = Array(name)
        for (index, character) in characters.enumerated() {
            guard character.isASCII, character.isLetter || character.isNumber else {
                words.append("_")
                continue
            }
            if character.isUppercase, index > 0 {
                let previous = characters[index - 1]
                let startsWord = index + 1 < characters.count && characters[index + 1].isLowercase
                if previous.isLowercase || previous.isNumber || (previous.isUppercase && startsWord) {
                    words.append("_")
                }
            }
            words.append(contentsOf: character.lowercased())
        }
        var text = ""
        for character in words where character != "_" || (!text.isEmpty && text.last != "_") { text.append(character) }
        while text.last == "_" { text.removeLast() }
        if let first = text.first, first.isNumber { text = "_" + text }
        return systemColumns.contains(text) ? text + "_" : text
    }

    /// Refuses a plan in which two tables, or two columns of one table, would get the same name once PostgreSQL has cut
    /// them, before anything is created.
    static func check(_ plan: ImportPlan) throws(ImportError) {
        try checkDistinct(plan.tables.map { ($0.source, $0.target) }, kind: "tables", table: nil)
        for table in plan.tables {
            try checkDistinct(table.columns.map { ($0.source, $0.target) }, kind: "columns", table: table.source)
        }
    }

    private static func checkDistinct(
        _ names: [(source: String, target: String)], kind: String, table: String?
    ) throws(ImportError) {
        var seen: [String: String] = [:]
        for name in names {
            guard !name.target.isEmpty, !name.target.utf8.contains(0) else {
                throw ImportError(
                    .invalidPlan, "PostgreSQL allows no name such as that of \(name.source)", table: table)
            }
            if let other = seen.updateValue(name.source, forKey: cut(name.target)) {
                throw ImportError(
                    .nameClash,
                    "the \(kind) \"\(other)\" and \"\(name.source)\" would both be called \"\(cut(name.target))\"",
                    advice: "PostgreSQL keeps 63 bytes of a name; give one of them another target name in the plan",
                    table: table)
            }
        }
    }
}

/// Names for constraints and indexes: within 63 bytes and each used once.
struct ConstraintNames {
    private var used: Set<String>

    /// `tables` share one space of names with indexes.
    init(tables: [String]) { used = Set(tables.map(TargetNames.cut)) }

    /// A free name made of `parts`, or as near as there is one.
    mutating func name(_ parts: String...) -> String {
        let wanted = parts.joined(separator: "_")
        var candidate = TargetNames.cut(wanted)
        var number = 1
        while !used.insert(candidate).inserted {
            number += 1
            let suffix = "_\(number)"
            var stem = TargetNames.cut(wanted)
            while stem.utf8.count + suffix.utf8.count > TargetNames.maximumBytes { stem.removeLast() }
            candidate = stem + suffix
        }
        return candidate
    }
}
