public import Postgres

/// Deletes the rows of a ``Select``.
public struct Delete<M: Model>: Sendable {
    let rows: Select<M>

    /// The statement, without RETURNING.
    public var query: PostgresQuery {
        get throws(PostgresError) { try render(returning: false) }
    }

    @usableFromInline
    func render(returning: Bool) throws(PostgresError) -> PostgresQuery {
        try SQLRenderer.render { (renderer) throws(PostgresError) in
            let table = M.schema.table
            renderer.append("DELETE FROM \(table.sqlName)")
            try rows.renderChoice(into: &renderer)
            if returning { renderer.append(" RETURNING \(table.columnList)") }
        }
    }
}

extension Select {
    /// The deletion of these rows, not run yet.
    public func delete() -> Delete<M> { Delete(rows: self) }
}
