import Foundation

/// What a run has shown.
struct Report: Sendable, Encodable {
    var seed: UInt64
    var tasks: Int
    var connections: Int
    var seconds: Double
    var faults: [String: Int]
    /// Faults on the way that have come about; the others' connections had ended before.
    var faultsOnTheWay: Int
    var operations: [String: Int]
    var writes: [String: Int]
    var errors: [String: Int]
    var cancelledAt: [String: Int]
    var poolConnects: UInt64
    var poolLeases: UInt64
    var descriptorsBefore: Int
    var descriptorsAfter: Int
    var residentMegabytes: Int
    var violations: [String]

    var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }

    var text: String {
        func list(_ counts: [String: Int]) -> String {
            counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.value) \($0.key)" }
                .joined(separator: ", ")
        }
        func sum(_ counts: [String: Int]) -> Int { counts.values.reduce(0, +) }
        var lines = [
            "seed \(seed), \(tasks) tasks, \(connections) connections, \(String(format: "%.1f", seconds)) s",
            "faults      \(sum(faults)): \(list(faults)); \(faultsOnTheWay) of those on the way came about",
            "operations  \(sum(operations)): \(list(operations))",
            "writes      \(sum(writes)): \(list(writes))",
            "errors      \(sum(errors)): \(list(errors))",
            "cancelled   \(sum(cancelledAt)), waiting for: \(list(cancelledAt))",
            "pool        \(poolLeases) leases, \(poolConnects) connects",
            "left over   descriptors \(descriptorsBefore) before, \(descriptorsAfter) after; \(residentMegabytes) MB resident",
        ]
        if violations.isEmpty {
            lines.append("nothing lost, nothing doubled, nothing wrong, nothing left over")
        } else {
            lines.append("\(violations.count) violations, to be run again with --seed \(seed):")
            lines += violations.prefix(40).map { "  " + $0 }
            if violations.count > 40 { lines.append("  and \(violations.count - 40) more") }
        }
        return lines.joined(separator: "\n")
    }
}
