public import Postgres

/// Comparisons with a value.
extension SQLExpression where Value: PostgresEncodable {
    /// `=`, or `IS NULL` for a nil.
    @inlinable
    public static func == (left: Self, right: Value) -> SQLExpression<Bool> {
        SQLExpression<Bool>(.equal(left.node, SQLNode(value: right)))
    }

    /// `<>`, or `IS NOT NULL` for a nil.
    @inlinable
    public static func != (left: Self, right: Value) -> SQLExpression<Bool> {
        SQLExpression<Bool>(.notEqual(left.node, SQLNode(value: right)))
    }

    @inlinable
    public static func < (left: Self, right: Value) -> SQLExpression<Bool> {
        SQLExpression<Bool>(.infix(left.node, "<", SQLNode(value: right)))
    }

    @inlinable
    public static func <= (left: Self, right: Value) -> SQLExpression<Bool> {
        SQLExpression<Bool>(.infix(left.node, "<=", SQLNode(value: right)))
    }

    @inlinable
    public static func > (left: Self, right: Value) -> SQLExpression<Bool> {
        SQLExpression<Bool>(.infix(left.node, ">", SQLNode(value: right)))
    }

    @inlinable
    public static func >= (left: Self, right: Value) -> SQLExpression<Bool> {
        SQLExpression<Bool>(.infix(left.node, ">=", SQLNode(value: right)))
    }

    /// `BETWEEN`: both ends belong to it.
    @inlinable
    public func between(_ lower: Value, and upper: Value) -> SQLExpression<Bool> {
        SQLExpression<Bool>(.between(node, SQLNode(value: lower), SQLNode(value: upper)))
    }

    /// `IS DISTINCT FROM`: as `!=`, but NULL is a value like any other. Always true or false.
    @inlinable
    public func isDistinct(from value: Value) -> SQLExpression<Bool> {
        SQLExpression<Bool>(.infix(node, "IS DISTINCT FROM", SQLNode(value: value)))
    }

    /// True where it is one of the values; false for all rows when there are none.
    ///
    /// One parameter, an array, however many values there are: the statement's text stays the same.
    @inlinable
    public func `in`(_ values: [Value]) -> SQLExpression<Bool> where [Value]: PostgresEncodable {
        SQLExpression<Bool>(.isAny(node, of: SQLNode(value: values)))
    }

    /// True where it is one of the values. NULL is none of them.
    @inlinable
    public func `in`<Wrapped>(_ values: [Wrapped]) -> SQLExpression<Bool>
    where Value == Wrapped?, [Wrapped]: PostgresEncodable {
        SQLExpression<Bool>(.isAny(node, of: SQLNode(value: values)))
    }
}

/// Comparisons with another expression.
extension SQLExpression {
    /// `=`. Two NULLs are not equal, see ``isDistinct(from:)``.
    public static func == (left: Self, right: Self) -> SQLExpression<Bool> {
        SQLExpression<Bool>(.equal(left.node, right.node))
    }

    /// `<>`
    public static func != (left: Self, right: Self) -> SQLExpression<Bool> {
        SQLExpression<Bool>(.notEqual(left.node, right.node))
    }

    public static func < (left: Self, right: Self) -> SQLExpression<Bool> {
        SQLExpression<Bool>(.infix(left.node, "<", right.node))
    }

    public static func <= (left: Self, right: Self) -> SQLExpression<Bool> {
        SQLExpression<Bool>(.infix(left.node, "<=", right.node))
    }

    public static func > (left: Self, right: Self) -> SQLExpression<Bool> {
        SQLExpression<Bool>(.infix(left.node, ">", right.node))
    }

    public static func >= (left: Self, right: Self) -> SQLExpression<Bool> {
        SQLExpression<Bool>(.infix(left.node, ">=", right.node))
    }

    /// `IS DISTINCT FROM`: as `!=`, but NULL is a value like any other. Always true or false.
    public func isDistinct(from other: Self) -> SQLExpression<Bool> {
        SQLExpression<Bool>(.infix(node, "IS DISTINCT FROM", other.node))
    }

    /// `IS NULL`
    public var isNull: SQLExpression<Bool> { SQLExpression<Bool>(.postfix(node, "IS NULL")) }

    /// `IS NOT NULL`
    public var isNotNull: SQLExpression<Bool> { SQLExpression<Bool>(.postfix(node, "IS NOT NULL")) }
}

/// Text, or an `Optional` of it.
public protocol TextValue: PostgresEncodable {}
extension String: TextValue {}
extension Optional: TextValue where Wrapped: TextValue {}

extension SQLExpression where Value: TextValue {
    /// `LIKE`: `%` stands for any text, `_` for any character, a backslash before either for itself.
    @inlinable
    public func like(_ pattern: String) -> SQLExpression<Bool> {
        SQLExpression<Bool>(.infix(node, "LIKE", SQLNode(value: pattern)))
    }

    /// `ILIKE`: as ``like(_:)``, upper and lower case being the same.
    @inlinable
    public func ilike(_ pattern: String) -> SQLExpression<Bool> {
        SQLExpression<Bool>(.infix(node, "ILIKE", SQLNode(value: pattern)))
    }
}
