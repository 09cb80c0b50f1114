public import PostgresTypes

/// How the server means to run a statement, or ran it: the answer to EXPLAIN.
///
///     let plan = try await pool.explain("SELECT * FROM users WHERE email = \(email)", analyze: true)
///     print(plan)
///     let isScanned = plan.root.all.contains { $0.nodeType == "Seq Scan" && $0.relationName == "users" }
public struct PostgresPlan: Sendable, Hashable {
    /// One step of the plan, with those that it takes its rows from.
    public struct Node: Sendable, Hashable {
        /// What it does: `Seq Scan`, `Index Scan`, `Hash Join`.
        public let nodeType: String
        /// The table it reads, and the name that the statement gives it.
        public let relationName: String?
        public let alias: String?
        /// The index it uses.
        public let indexName: String?
        /// The planner's guess of the cost before the first row, and of all rows, in its own unit.
        public let startupCost: Double?
        public let totalCost: Double?
        /// The planner's guess of the number of rows, and of their width in bytes.
        public let planRows: Double?
        public let planWidth: Int?
        /// Milliseconds until the first row and until the last, for each loop; nil unless analysed.
        public let actualStartupTime: Double?
        public let actualTotalTime: Double?
        /// Rows for each loop, and the number of loops; nil unless analysed.
        public let actualRows: Double?
        public let actualLoops: Double?
        /// Everything the server says of this step, the above included, by its own names.
        public let properties: JSONObject
        /// Where its rows come from.
        public let children: [Node]

        /// This step and all below it, from the top.
        public var all: [Node] { [self] + children.flatMap(\.all) }
    }

    /// The topmost step.
    public let root: Node
    /// Milliseconds.
    public let planningTime: Double?
    /// Milliseconds; nil unless analysed.
    public let executionTime: Double?
    /// The server's answer as it came.
    public let json: JSONValue
}

extension PostgresPlan {
    /// Reads the answer of EXPLAIN (FORMAT json); nil where it is none.
    init?(_ json: JSONValue) {
        guard let top = json[0], let plan = top["Plan"]?.object, let root = Node(plan) else { return nil }
        self.root = root
        planningTime = top["Planning Time"]?.double
        executionTime = top["Execution Time"]?.double
        self.json = json
    }
}

extension PostgresPlan.Node {
    /// A plan is a few dozens deep at most; what is deeper is no plan.
    init?(_ plan: JSONObject, depth: Int = 0) {
        guard depth < 1_000, let nodeType = plan["Node Type"]?.string else { return nil }
        self.nodeType = nodeType
        relationName = plan["Relation Name"]?.string
        alias = plan["Alias"]?.string
        indexName = plan["Index Name"]?.string
        startupCost = plan["Startup Cost"]?.double
        totalCost = plan["Total Cost"]?.double
        planRows = plan["Plan Rows"]?.double
        planWidth = plan["Plan Width"]?.int
        actualStartupTime = plan["Actual Startup Time"]?.double
        actualTotalTime = plan["Actual Total Time"]?.double
        actualRows = plan["Actual Rows"]?.double
        actualLoops = plan["Actual Loops"]?.double
        children = (plan["Plans"]?.array ?? []).compactMap { child in
            child.object.flatMap { Self($0, depth: depth + 1) }
        }
        var properties = plan
        properties["Plans"] = nil
        self.properties = properties
    }
}

extension PostgresPlan: CustomStringConvertible {
    /// The tree, a step on each line, much as `psql` shows it.
    public var description: String {
        var lines: [String] = []
        root.write(to: &lines, indent: "", isTop: true)
        if let planningTime { lines.append("Planning Time: \(Self.text(planningTime, digits: 3)) ms") }
        if let executionTime { lines.append("Execution Time: \(Self.text(executionTime, digits: 3)) ms") }
        return lines.joined(separator: "\n")
    }

    /// A number with so many digits behind the point.
    static func text(_ value: Double, digits: Int) -> String {
        guard value.isFinite, value.magnitude < 1e15 else { return "\(value)" }
        var scale = 1.0
        for _ in 0..<digits { scale *= 10 }
        let scaled = Int64((value.magnitude * scale).rounded())
        let unit = Int64(scale)
        let fraction = String(scaled % unit)
        let sign = value < 0 ? "-" : ""
        if digits == 0 { return sign + String(scaled) }
        return sign + "\(scaled / unit)." + String(repeating: "0", count: digits - fraction.count) + fraction
    }
}

extension PostgresPlan.Node: CustomStringConvertible {
    /// The step's own line.
    public var description: String {
        var text = nodeType
        if let indexName { text += " using \(indexName)" }
        if let relationName { text += " on \(relationName)" }
        if let alias, alias != relationName { text += " \(alias)" }
        if let startupCost, let totalCost, let planRows, let planWidth {
            text += "  (cost=\(PostgresPlan.text(startupCost, digits: 2))..\(PostgresPlan.text(totalCost, digits: 2)) "
            text += "rows=\(PostgresPlan.text(planRows, digits: 0)) width=\(planWidth))"
        }
        guard let actualRows, let actualLoops else { return text }
        if actualLoops == 0 { return text + " (never executed)" }
        text += " (actual"
        if let actualStartupTime, let actualTotalTime {
            text += " time=\(PostgresPlan.text(actualStartupTime, digits: 3))"
            text += "..\(PostgresPlan.text(actualTotalTime, digits: 3))"
        }
        let digits = actualRows == actualRows.rounded() ? 0 : 2
        text += " rows=\(PostgresPlan.text(actualRows, digits: digits))"
        return text + " loops=\(PostgresPlan.text(actualLoops, digits: 0)))"
    }

    /// Properties that say what a step looks for, in the words of `psql`.
    private static let details = [
        "Sort Key", "Group Key", "Hash Cond", "Merge Cond", "Index Cond", "Recheck Cond", "Join Filter", "Filter",
        "Rows Removed by Filter", "Sort Method", "Heap Fetches",
    ]

    func write(to lines: inout [String], indent: String, isTop: Bool) {
        lines.append(indent + (isTop ? "" : "->  ") + description)
        let inner = indent + (isTop ? "  " : "      ")
        for name in Self.details {
            switch properties[name] {
            case .string(let text): lines.append("\(inner)\(name): \(text)")
            case .number(let number): lines.append("\(inner)\(name): \(number)")
            case .array(let values):
                lines.append("\(inner)\(name): \(values.compactMap(\.string).joined(separator: ", "))")
            default: break
            }
        }
        for child in children { child.write(to: &lines, indent: inner, isTop: false) }
    }
}
