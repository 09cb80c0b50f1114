public import Postgres

/// Something SQL can compute: a column, a value, a comparison of them. `Value` is what it is read as.
///
/// Made of columns by key path, `$0.isActive`, and of operators. It holds no SQL text: names and values are put in when
/// the statement is rendered, values always as parameters.
///
/// **NULL.** Conditions follow SQL's logic of three values: a comparison with NULL is neither true nor false, and a row
/// is taken only where the condition is true. So `$0.city != "Oslo"` leaves out the rows without a city. Comparing with
/// nil is the exception, since nothing else could be meant: `$0.city == nil` is `IS NULL`, `$0.city != nil` is
/// `IS NOT NULL`, also when the nil is in a variable. ``isDistinct(from:)`` takes NULL for a value like any other.
public struct SQLExpression<Value>: Sendable {
    @usableFromInline let node: SQLNode
    @usableFromInline init(_ node: SQLNode) { self.node = node }

    /// SQL of your own, with its values as parameters: `.sql("age(\(identifier: "born")) > \(limit)::interval")`.
    public static func sql(_ query: PostgresQuery) -> Self { Self(.fragment(query)) }

    /// The same expression, read as an `Optional`: to compare a column that is never NULL with one that may be.
    public var optional: SQLExpression<Value?> { SQLExpression<Value?>(node) }
}

extension SQLExpression where Value: PostgresEncodable {
    /// A value.
    @inlinable
    public static func value(_ value: Value) -> Self { Self(SQLNode(value: value)) }
}

/// The columns of a model, by its key paths: the `$0` of `where { $0.isActive }`.
@dynamicMemberLookup
public struct Columns<M: Model>: Sendable {
    @usableFromInline init() {}

    /// The column of a property. A property without a column makes the statement throw when it is run.
    public subscript<Value: PostgresCodable>(
        dynamicMember keyPath: any KeyPath<M, Value> & Sendable
    ) -> SQLExpression<Value> {
        SQLExpression(Self.node(for: keyPath))
    }

    static func node(for keyPath: any PartialKeyPath<M> & Sendable) -> SQLNode {
        let table = M.schema.table
        do {
            return .column(table.sqlColumns[try table.index(of: keyPath)])
        } catch {
            return .invalid(error)
        }
    }
}
