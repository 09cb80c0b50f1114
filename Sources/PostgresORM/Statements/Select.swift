public import Postgres

/// Which rows of a model's table, in which order: a query to be read, counted, updated or deleted.
///
///     let page = try await Project.where { $0.isActive == true }
///         .order { $0.projectID.ascending }
///         .limit(20).offset(40)
///         .all(in: pool)
///
/// A value: it can be kept, passed on and added to. Nothing is sent before it is asked for rows.
public struct Select<M: Model>: Sendable {
    var condition: SQLNode?
    var orderings: [Ordering] = []
    var limit: Int?
    var offset: Int?

    /// Every row.
    public init() {}

    /// Only the rows for which the condition is true; a second call adds a second condition, both must hold.
    public func `where`(_ condition: (Columns<M>) -> SQLExpression<Bool>) -> Self {
        var copy = self
        let added = condition(Columns()).node
        copy.condition = self.condition.map { .joined($0, .and, added) } ?? added
        return copy
    }

    /// Orders the rows; a second call says how those are ordered that are equal so far.
    public func order(by ordering: (Columns<M>) -> Ordering) -> Self {
        var copy = self
        copy.orderings.append(ordering(Columns()))
        return copy
    }

    /// No more rows than this. 0 is none.
    public func limit(_ count: Int) -> Self {
        var copy = self
        copy.limit = count
        return copy
    }

    /// Leaves out as many rows from the start.
    public func offset(_ count: Int) -> Self {
        var copy = self
        copy.offset = count
        return copy
    }

    /// The statement that reads the rows.
    public var query: PostgresQuery {
        get throws(PostgresError) {
            try SQLRenderer.render { (renderer) throws(PostgresError) in
                try render(selecting: M.schema.table.columnList, into: &renderer)
            }
        }
    }

    /// The statement that counts the rows.
    var countQuery: PostgresQuery {
        get throws(PostgresError) {
            try SQLRenderer.render { (renderer) throws(PostgresError) in
                guard isWindow else {
                    try render(selecting: "count(*)", into: &renderer)
                    return
                }
                renderer.append("SELECT count(*) FROM (")
                try render(selecting: "1", into: &renderer)
                renderer.append(") AS \"rows\"")
            }
        }
    }

    /// The statement that tells whether there is a row.
    var existsQuery: PostgresQuery {
        get throws(PostgresError) {
            try SQLRenderer.render { (renderer) throws(PostgresError) in
                renderer.append("SELECT EXISTS (")
                try render(selecting: "1", into: &renderer)
                renderer.append(")")
            }
        }
    }

    /// True when which rows are meant depends on their order or number, not on a condition alone.
    private var isWindow: Bool { limit != nil || offset != nil }

    /// Appends `SELECT list FROM table WHERE … ORDER BY … LIMIT … OFFSET …`.
    func render(selecting list: String, into renderer: inout SQLRenderer) throws(PostgresError) {
        try render(into: &renderer) { $0.append(list) }
    }

    /// Appends the statement with the list that `list` appends.
    func render(into renderer: inout SQLRenderer, list: (inout SQLRenderer) -> Void) throws(PostgresError) {
        renderer.append("SELECT ")
        list(&renderer)
        renderer.append(" FROM \(M.schema.table.sqlName)")
        renderCondition(into: &renderer)
        for (index, ordering) in orderings.enumerated() {
            renderer.append(index == 0 ? " ORDER BY " : ", ")
            ordering.render(into: &renderer)
        }
        if let limit {
            renderer.append(" LIMIT ")
            renderer.append(value: try Self.checked(limit, "limit"))
        }
        if let offset {
            renderer.append(" OFFSET ")
            renderer.append(value: try Self.checked(offset, "offset"))
        }
    }

    /// Appends the WHERE of an UPDATE or DELETE of these rows.
    ///
    /// Neither of them has a LIMIT in PostgreSQL, so that a limited choice of rows is made, and locked, by their key.
    func renderChoice(into renderer: inout SQLRenderer) throws(PostgresError) {
        guard isWindow else {
            renderCondition(into: &renderer)
            return
        }
        let table = M.schema.table
        let key = table.list(try table.requiredKey(for: "changing a limited number of rows"))
        renderer.append(" WHERE (\(key)) IN (")
        try render(selecting: key, into: &renderer)
        renderer.append(" FOR UPDATE)")
    }

    private func renderCondition(into renderer: inout SQLRenderer) {
        guard let condition else { return }
        renderer.append(" WHERE ")
        renderer.append(condition)
    }

    private static func checked(_ count: Int, _ what: String) throws(PostgresError) -> Int {
        guard count >= 0 else { throw PostgresError(.invalidUse, "a \(what) of \(count) rows: it cannot be negative") }
        return count
    }
}
