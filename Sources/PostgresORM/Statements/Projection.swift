public import Postgres

/// Some columns of some rows, read as tuples: `Project.where { … }.select { ($0.id, $0.projectID) }`.
public struct Projection<M: Model, each Value: PostgresDecodable>: Sendable {
    let rows: Select<M>
    let columns: [SQLNode]
    @usableFromInline let decode: @Sendable (inout PostgresRowDecoder) throws(PostgresError) -> (repeat each Value)

    @inlinable
    init(_ rows: Select<M>, _ columns: repeat SQLExpression<each Value>) {
        var nodes: [SQLNode] = []
        for column in repeat each columns { nodes.append(column.node) }
        self.init(rows, nodes) { (row: inout PostgresRowDecoder) throws(PostgresError) in
            (repeat try row.next((each Value).self))
        }
    }

    @usableFromInline
    init(
        _ rows: Select<M>, _ columns: [SQLNode],
        decode: @escaping @Sendable (inout PostgresRowDecoder) throws(PostgresError) -> (repeat each Value)
    ) {
        self.rows = rows
        self.columns = columns
        self.decode = decode
    }

    /// The statement that reads the rows.
    public var query: PostgresQuery {
        get throws(PostgresError) {
            try SQLRenderer.render { (renderer) throws(PostgresError) in
                try rows.render(into: &renderer) { $0.append(columns, separator: ", ") }
            }
        }
    }
}

extension Select {
    /// Reads only some columns, or what SQL makes of them, as tuples.
    @inlinable
    public func select<each Value: PostgresDecodable>(
        _ columns: (Columns<M>) -> (repeat SQLExpression<each Value>)
    ) -> Projection<M, repeat each Value> {
        let chosen = columns(Columns())
        return Projection(self, repeat each chosen)
    }
}
