#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// A type that ranges can have as bounds: `PostgresRange<Int>` is an `int8range`.
///
/// Needs no code. Where PostgreSQL has no range of the type, as of text, ranges of it are those that
/// `CREATE TYPE … AS RANGE` makes.
public protocol PostgresRangeBound: Comparable, Hashable, PostgresCodable {
    /// The range type of these bounds when nobody says otherwise.
    static var postgresRangeType: PostgresType { get }
}

extension PostgresRangeBound {
    public static var postgresRangeType: PostgresType { postgresType.range }
}

/// A bound with a next value, such as a day: PostgreSQL writes ranges of it with the lower bound in and the upper one
/// out, whatever way they were given.
public protocol PostgresDiscreteRangeBound: PostgresRangeBound {
    /// The next value; nil where it would be out of range. The value itself where it is infinite.
    var nextRangeBound: Self? { get }
}

extension PostgresDiscreteRangeBound where Self: FixedWidthInteger {
    public var nextRangeBound: Self? {
        let (sum, overflow) = addingReportingOverflow(1)
        return overflow ? nil : sum
    }
}

extension Int: PostgresDiscreteRangeBound {}
extension Int64: PostgresDiscreteRangeBound {}
extension Int32: PostgresDiscreteRangeBound {}
extension Int16: PostgresDiscreteRangeBound {
    public static var postgresRangeType: PostgresType { .int4range }
}
extension PostgresNumeric: PostgresRangeBound {}
extension Decimal: PostgresRangeBound {}
extension PostgresTimestamp: PostgresRangeBound {}
extension PostgresTimestampTZ: PostgresRangeBound {}
extension Date: PostgresRangeBound {}
extension PostgresDate: PostgresDiscreteRangeBound {
    public var nextRangeBound: PostgresDate? {
        guard isFinite else { return self }
        let (sum, overflow) = daysSince2000.addingReportingOverflow(1)
        return overflow || !PostgresDate.finiteRange.contains(sum) ? nil : PostgresDate(daysSince2000: sum)
    }
}
extension PostgresTime: PostgresRangeBound {}
extension Double: PostgresRangeBound {}
extension Float: PostgresRangeBound {}
extension String: PostgresRangeBound {}
