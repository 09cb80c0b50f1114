public import Postgres

/// What an expression is made of. A tree, rendered once into the statement it ends up in.
@usableFromInline
indirect enum SQLNode: Sendable {
    /// A column, by its quoted name.
    case column(String)
    /// A value: always a parameter. The closure appends it, so that its type is known without a box.
    case value(isNull: Bool, append: @Sendable (inout PostgresQuery) -> Void)
    /// `(left operator right)`
    case infix(SQLNode, String, SQLNode)
    /// `(a AND b AND c)`: flat, so that a thousand conditions are not a thousand levels deep.
    case logical(Logic, [SQLNode])
    /// `(operator operand)`
    case prefix(String, SQLNode)
    /// `(operand operator)`
    case postfix(SQLNode, String)
    /// `(operand BETWEEN lower AND upper)`
    case between(SQLNode, SQLNode, SQLNode)
    /// `name(argument, …)`
    case call(String, [SQLNode])
    /// `(operand = ANY(list))`
    case isAny(SQLNode, of: SQLNode)
    /// `(operand)::type`
    case cast(SQLNode, String)
    /// `(document -> key)`
    case step(SQLNode, JSONStep)
    /// SQL written by the user, with its parameters.
    case fragment(PostgresQuery)
    /// Something that cannot be said in SQL; running the statement throws it.
    case invalid(PostgresError)

    /// How conditions are joined.
    @usableFromInline
    enum Logic: String, Sendable {
        case and = " AND "
        case or = " OR "
    }

    /// A value.
    @inlinable
    init<V: PostgresEncodable>(value: V) {
        self = .value(isNull: value.isPostgresNull) { query in query.append(value: value) }
    }

    /// Joins two conditions, taking in the parts of those that are joined in the same way already.
    @usableFromInline
    static func joined(_ left: SQLNode, _ logic: Logic, _ right: SQLNode) -> SQLNode {
        var parts: [SQLNode]
        if case .logical(logic, let inner) = left { parts = inner } else { parts = [left] }
        if case .logical(logic, let inner) = right { parts += inner } else { parts.append(right) }
        return .logical(logic, parts)
    }

    /// `left = right`, or `IS NULL` where the right side is a nil.
    @usableFromInline
    static func equal(_ left: SQLNode, _ right: SQLNode) -> SQLNode {
        if case .value(isNull: true, _) = right { return .postfix(left, "IS NULL") }
        return .infix(left, "=", right)
    }

    /// `left <> right`, or `IS NOT NULL` where the right side is a nil.
    @usableFromInline
    static func notEqual(_ left: SQLNode, _ right: SQLNode) -> SQLNode {
        if case .value(isNull: true, _) = right { return .postfix(left, "IS NOT NULL") }
        return .infix(left, "<>", right)
    }
}
