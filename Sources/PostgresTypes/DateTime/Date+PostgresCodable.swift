public import PostgresWire

#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// `timestamptz`; also `timestamp` and `date`, read and written as what a clock in UTC shows, whatever the session's time
/// zone. A `date` is midnight; only midnight can be written as one.
///
/// A `Date` is a binary float of seconds. It is rounded to the nearest microsecond on its way out. On its way in, the
/// infinities throw, and so does an instant that no `Date` is nearest to, which can happen more than 270 years from 2001;
/// `PostgresTimestampTZ` holds them all.
extension Date: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    @inlinable public static var postgresType: PostgresType { .timestamptz }
    @inlinable public static var postgresArrayType: PostgresType { .timestamptzArray }

    /// Seconds from 2000-01-01, where PostgreSQL counts from, to 2001-01-01, where `Date` does.
    @inlinable static var secondsFrom2000To2001: Int64 { 31_622_400 }

    @inlinable
    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        let microseconds: Int64
        if type == .timestamptz || type == .timestamp {
            microseconds = try TimestampRange.decode(bytes, type: type)
        } else {
            microseconds = try Date.midnight(bytes, type: type)
        }
        self = try Date(microsecondsSince2000: microseconds)
    }

    @inlinable
    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        try PostgresTimestampTZ(self).encode(into: &buffer, as: type)
    }

    @usableFromInline
    static func midnight(_ bytes: RawSpan, type: PostgresType) throws(PostgresError) -> Int64 {
        guard type == .date else { throw .cannotDecode(Date.self, from: type) }
        let date = try PostgresDate(binary: bytes, type: type)
        guard date.isFinite else { return date == .infinity ? .max : .min }
        guard let total = TimestampRange.microseconds(day: Int(date.daysSince2000), 0) else {
            throw .invalidBytes(Date.self, type: type, "it is out of range")
        }
        return total
    }

    @inlinable
    init(microsecondsSince2000 microseconds: Int64) throws(PostgresError) {
        guard microseconds != .max, microseconds != .min else { throw Date.infinityError() }
        // Within the finite range nothing here overflows.
        let sinceReference = microseconds &- Date.secondsFrom2000To2001 &* 1_000_000
        self.init(timeIntervalSinceReferenceDate: Double(sinceReference) / 1_000_000)
        if sinceReference.magnitude < Date.surelyExact { return }
        guard microsecondsSince2000 == microseconds else { throw Date.precisionError() }
    }

    /// Microseconds, 71 years: so far from 2001 a `Double` of seconds is less than a quarter of a microsecond off, and comes
    /// back as the same number of microseconds.
    @inlinable static var surelyExact: UInt64 { 1 << 51 }

    /// Microseconds since 2000-01-01 UTC, rounded to the nearest; nil when PostgreSQL has no room for it.
    @inlinable
    var microsecondsSince2000: Int64? {
        let interval = timeIntervalSinceReferenceDate
        guard abs(interval) < 1e13 else { return nil }
        // Seconds and their fraction apart: both are exact, the product of all of it with a million would not be. Converting
        // cuts off, which takes fewer steps than to round.
        var seconds = Int64(interval)
        var fraction = interval - Double(seconds)
        if fraction < 0 {
            seconds -= 1
            fraction += 1
        }
        let scaled = fraction * 1_000_000
        let whole = Int64(scaled)
        let microseconds = scaled - Double(whole) < 0.5 ? whole : whole + 1
        let total = (seconds + Date.secondsFrom2000To2001).multipliedReportingOverflow(by: 1_000_000)
        let (sum, overflows) = total.partialValue.addingReportingOverflow(microseconds)
        return !total.overflow && !overflows && TimestampRange.finite ~= sum ? sum : nil
    }

    @usableFromInline @inline(never)
    static func infinityError() -> PostgresError {
        PostgresError(
            .decodingFailed, "an infinite timestamp or date cannot be read as Swift's Date",
            advice: "Read it as PostgresTimestampTZ, PostgresTimestamp or PostgresDate")
    }

    @usableFromInline @inline(never)
    static func precisionError() -> PostgresError {
        PostgresError(
            .decodingFailed, "a timestamp so far from 2001 has microseconds that Swift's Date would lose",
            advice: "Read it as PostgresTimestampTZ or PostgresTimestamp")
    }
}

extension PostgresTimestampTZ {
    /// The instant, to the nearest microsecond. Throws `PostgresError.Code.encodingFailed` beyond PostgreSQL's range.
    @inlinable
    public init(_ date: Date) throws(PostgresError) {
        guard let microseconds = date.microsecondsSince2000 else { throw .outOfRange(Date.self, as: .timestamptz) }
        self.init(microsecondsSince2000: microseconds)
    }

    /// The instant as a `Date`. Throws `PostgresError.Code.decodingFailed` for the infinities and where `Date` would lose
    /// microseconds.
    @inlinable
    public func date() throws(PostgresError) -> Date {
        try Date(microsecondsSince2000: microsecondsSince2000)
    }
}
