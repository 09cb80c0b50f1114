public import Postgres

/// A value that can be written into SQL text itself, for the places where no parameter can stand: the defaults of
/// CREATE TABLE.
///
/// Everywhere else values are parameters.
public protocol SQLLiteralConvertible: Sendable {
    /// The value as a SQL literal, quoted where it needs to be.
    var sqlLiteral: String { get }
}

extension Bool: SQLLiteralConvertible {
    public var sqlLiteral: String { self ? "true" : "false" }
}

extension SQLLiteralConvertible where Self: FixedWidthInteger {
    public var sqlLiteral: String { description }
}

extension Int: SQLLiteralConvertible {}
extension Int64: SQLLiteralConvertible {}
extension Int32: SQLLiteralConvertible {}
extension Int16: SQLLiteralConvertible {}

extension SQLLiteralConvertible where Self: BinaryFloatingPoint & LosslessStringConvertible {
    public var sqlLiteral: String {
        if isNaN { return "'NaN'" }
        if isInfinite { return self < 0 ? "'-Infinity'" : "'Infinity'" }
        return description
    }
}

extension Double: SQLLiteralConvertible {}
extension Float: SQLLiteralConvertible {}

extension String: SQLLiteralConvertible {
    /// The text in quotes, inner quotes doubled. With a backslash inside, the `E'…'` form: that one means the same
    /// whatever `standard_conforming_strings` is (PostgreSQL documentation, "String Constants").
    public var sqlLiteral: String {
        let quoted = replacing("'", with: "''")
        return contains("\\") ? "E'" + quoted.replacing("\\", with: "\\\\") + "'" : "'" + quoted + "'"
    }
}

extension Optional: SQLLiteralConvertible where Wrapped: SQLLiteralConvertible {
    public var sqlLiteral: String { self?.sqlLiteral ?? "NULL" }
}

extension PostgresNumeric: SQLLiteralConvertible {
    public var sqlLiteral: String { "'\(description)'" }
}
