import Postgres

/// Writes expressions and statements into one query, from left to right.
///
/// The one place where an expression becomes text. Values go in as parameters, names come quoted from
/// `PostgresIdentifier`, and whatever has an operator is in parentheses: PostgreSQL gives `->>` and `||` the same
/// precedence, and nobody should have to know.
struct SQLRenderer {
    private var query = PostgresQuery()
    private var failure: PostgresError?

    /// Renders a statement, or throws the first thing in it that cannot be said.
    static func render(
        _ body: (inout SQLRenderer) throws(PostgresError) -> Void
    ) throws(PostgresError) -> PostgresQuery {
        var renderer = SQLRenderer()
        try body(&renderer)
        if let failure = renderer.failure { throw failure }
        return renderer.query
    }

    mutating func append(_ text: String) { query.append(raw: text) }

    mutating func append<V: PostgresEncodable>(value: V) { query.append(value: value) }

    mutating func fail(_ error: PostgresError) {
        if failure == nil { failure = error }
    }

    mutating func append(_ node: SQLNode) {
        switch node {
        case .column(let name): append(name)
        case .value(_, let append): append(&query)
        case .infix(let left, let sign, let right):
            append("(")
            append(left)
            append(" \(sign) ")
            append(right)
            append(")")
        case .logical(let logic, let parts):
            append("(")
            append(parts, separator: logic.rawValue)
            append(")")
        case .prefix(let sign, let operand):
            append("(\(sign) ")
            append(operand)
            append(")")
        case .postfix(let operand, let sign):
            append("(")
            append(operand)
            append(" \(sign))")
        case .between(let operand, let lower, let upper):
            append("(")
            append(operand)
            append(" BETWEEN ")
            append(lower)
            append(" AND ")
            append(upper)
            append(")")
        case .call(let name, let arguments):
            append("\(name)(")
            append(arguments, separator: ", ")
            append(")")
        case .isAny(let operand, let list):
            append("(")
            append(operand)
            append(" = ANY(")
            append(list)
            append("))")
        case .cast(let operand, let type):
            append("(")
            append(operand)
            append(")::\(type)")
        case .step(let document, let step):
            append("(")
            append(document)
            append(step)
            append(")")
        case .fragment(let fragment):
            append("(")
            query.append(fragment)
            append(")")
        case .invalid(let error): fail(error)
        }
    }

    mutating func append(_ nodes: [SQLNode], separator: String) {
        for (index, node) in nodes.enumerated() {
            if index > 0 { append(separator) }
            append(node)
        }
    }

    /// Keys stand in the text as literals, not as parameters: an index over `(data ->> 'name')` matches no parameter.
    private mutating func append(_ step: JSONStep) {
        let arrow = step.asText ? "->>" : "->"
        switch step.key {
        case .member(let name):
            // The statement ends at a NUL on its way to the server.
            if name.containsNUL {
                fail(PostgresError(.invalidUse, "a key of a JSON document holds a NUL, which PostgreSQL cannot store"))
            }
            append(" \(arrow) \(name.sqlLiteral)")
        case .element(let index): append(" \(arrow) \(index)")
        case .whole: append(" #>> '{}'")
        }
    }
}
