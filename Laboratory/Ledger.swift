/// What the tasks were told of each operation that writes, to be compared with what the server has.
struct Ledger: Sendable {
    /// What the driver said of a write.
    enum Told: String, Sendable, CaseIterable {
        case acknowledged, failed, unknown
    }

    /// The writes of one operation, which are all of them there or none.
    struct Entry: Sendable {
        /// What it was, for the report.
        var name: String
        /// The rows that it writes, numbered from 0.
        var rows: Int
        var told: Told
        /// The error, for the report.
        var reason = ""
    }

    /// The rows that the server has of one operation.
    struct Found: Sendable {
        var rows: Int
        /// How many of their numbers differ.
        var numbers: Int
        var lowest: Int
        var highest: Int
    }

    private(set) var entries: [Int: Entry] = [:]

    mutating func add(_ operation: Int, _ entry: Entry) { entries[operation] = entry }

    /// How many operations were told so.
    func count(_ told: Told) -> Int { entries.values.count { $0.told == told } }

    /// What does not hold, in words; empty when all is well.
    func violations(of found: [Int: Found]) -> [String] {
        var violations = entries.sorted { $0.key < $1.key }.compactMap { operation, entry in
            check(entry, found[operation]).map {
                "operation \(operation), \(entry.name) of \(entry.rows) rows, told \(entry.told.rawValue): \($0)"
                    + (entry.reason.isEmpty ? "" : " (\(entry.reason))")
            }
        }
        for operation in found.keys.sorted() where entries[operation] == nil {
            violations.append("operation \(operation) has rows and is not in the ledger")
        }
        return violations
    }

    private func check(_ entry: Entry, _ found: Found?) -> String? {
        guard let found else {
            return entry.told == .acknowledged && entry.rows > 0 ? "an acknowledged write is lost" : nil
        }
        if found.rows > found.numbers { return "written twice: \(found.rows) rows, \(found.numbers) of them different" }
        if entry.told == .failed { return "kept \(found.rows) rows of what was told to have failed" }
        let isWhole = found.rows == entry.rows && found.lowest == 0 && found.highest == entry.rows - 1
        return isWhole ? nil : "\(found.rows) rows from \(found.lowest) to \(found.highest): neither all nor none"
    }
}
