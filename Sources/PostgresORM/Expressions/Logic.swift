public import Postgres

extension SQLExpression where Value == Bool {
    /// `AND`
    public static func && (left: Self, right: Self) -> Self { Self(.joined(left.node, .and, right.node)) }

    /// `OR`
    public static func || (left: Self, right: Self) -> Self { Self(.joined(left.node, .or, right.node)) }

    /// `NOT`. What is neither true nor false stays so: see ``SQLExpression``.
    public static prefix func ! (operand: Self) -> Self { Self(.prefix("NOT", operand.node)) }
}

/// A number, or an `Optional` of one.
public protocol NumberValue: PostgresEncodable {}
extension Int: NumberValue {}
extension Int64: NumberValue {}
extension Int32: NumberValue {}
extension Int16: NumberValue {}
extension Double: NumberValue {}
extension Float: NumberValue {}
extension PostgresNumeric: NumberValue {}
extension Optional: NumberValue where Wrapped: NumberValue {}

/// Arithmetic, done by the server: `{ $0.set(\.visits, to: $0.visits + 1) }` loses no update.
extension SQLExpression where Value: NumberValue {
    @inlinable
    public static func + (left: Self, right: Value) -> Self { Self(.infix(left.node, "+", SQLNode(value: right))) }

    @inlinable
    public static func - (left: Self, right: Value) -> Self { Self(.infix(left.node, "-", SQLNode(value: right))) }

    @inlinable
    public static func * (left: Self, right: Value) -> Self { Self(.infix(left.node, "*", SQLNode(value: right))) }

    public static func + (left: Self, right: Self) -> Self { Self(.infix(left.node, "+", right.node)) }

    public static func - (left: Self, right: Self) -> Self { Self(.infix(left.node, "-", right.node)) }

    public static func * (left: Self, right: Self) -> Self { Self(.infix(left.node, "*", right.node)) }
}
