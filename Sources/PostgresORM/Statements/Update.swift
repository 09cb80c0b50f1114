public import Postgres

/// Sets columns of the rows of a ``Select``.
///
///     let done = try await Project.where { $0.projectID == "PRO-001" }
///         .update { $0.set(\.isActive, to: false) }
///         .returning(in: pool)
public struct Update<M: Model>: Sendable {
    let rows: Select<M>
    let changes: Changes<M>

    /// The statement, without RETURNING.
    public var query: PostgresQuery {
        get throws(PostgresError) { try render(returning: false) }
    }

    @usableFromInline
    func render(returning: Bool) throws(PostgresError) -> PostgresQuery {
        try SQLRenderer.render { (renderer) throws(PostgresError) in
            let table = M.schema.table
            guard !changes.assignments.isEmpty else {
                throw PostgresError(
                    .invalidUse, "an update of \(M.self) sets nothing",
                    advice: "Call set(_:to:) at least once, or do not run the update")
            }
            renderer.append("UPDATE \(table.sqlName) SET ")
            for (index, assignment) in changes.assignments.enumerated() {
                if index > 0 { renderer.append(", ") }
                renderer.append(assignment.column)
                renderer.append(" = ")
                renderer.append(assignment.value)
            }
            try rows.renderChoice(into: &renderer)
            if returning { renderer.append(" RETURNING \(table.columnList)") }
        }
    }
}

/// What an ``Update`` sets; the `$0` of `update { $0.set(\.isActive, to: false) }`.
///
/// It gives the columns too, so that a new value can be made of an old one: `$0.set(\.visits, to: $0.visits + 1)`.
@dynamicMemberLookup
public struct Changes<M: Model>: Sendable {
    struct Assignment: Sendable {
        let column: SQLNode
        let value: SQLNode
    }
    private(set) var assignments: [Assignment] = []

    init() {}

    /// The column as it is before the update.
    public subscript<Value: PostgresCodable>(
        dynamicMember keyPath: any KeyPath<M, Value> & Sendable
    ) -> SQLExpression<Value> {
        SQLExpression(Columns<M>.node(for: keyPath))
    }

    /// Sets a column to a value; nil is NULL.
    public mutating func set<Value: PostgresCodable>(_ column: any KeyPath<M, Value> & Sendable, to value: Value) {
        assignments.append(Assignment(column: Columns<M>.node(for: column), value: SQLNode(value: value)))
    }

    /// Sets a column to what the server computes.
    public mutating func set<Value: PostgresCodable>(
        _ column: any KeyPath<M, Value> & Sendable, to value: SQLExpression<Value>
    ) {
        assignments.append(Assignment(column: Columns<M>.node(for: column), value: value.node))
    }
}

extension Select {
    /// The update of these rows, not run yet.
    public func update(_ change: (inout Changes<M>) -> Void) -> Update<M> {
        var changes = Changes<M>()
        change(&changes)
        return Update(rows: self, changes: changes)
    }
}
