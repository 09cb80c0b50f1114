public import PostgresWire

/// A span of time in three parts: PostgreSQL's `interval`.
///
/// A month has no fixed number of days and a day no fixed number of hours, so the parts are kept apart. Equal only when
/// all parts are (the server says `1 month` equals `30 days`); ordered as the server orders, by months of 30 days and
/// days of 24 hours, and by the parts where that leaves a tie.
public struct PostgresInterval: Hashable, Sendable {
    /// Months; twelve are a year.
    public var months: Int32
    /// Days of the calendar, which may have 23 to 25 hours.
    public var days: Int32
    /// Everything shorter than a day, and hours beyond one.
    public var microseconds: Int64

    /// The three parts, each with a sign of its own.
    @inlinable
    public init(months: Int32 = 0, days: Int32 = 0, microseconds: Int64 = 0) {
        self.months = months
        self.days = days
        self.microseconds = microseconds
    }

    /// Longer than every other interval (PostgreSQL 17 and later).
    public static let infinity = PostgresInterval(months: .max, days: .max, microseconds: .max)
    /// Shorter than every other interval (PostgreSQL 17 and later).
    public static let negativeInfinity = PostgresInterval(months: .min, days: .min, microseconds: .min)

    /// False for the two infinities.
    public var isFinite: Bool { self != .infinity && self != .negativeInfinity }

    /// The length in microseconds if a month had 30 days and a day 24 hours.
    private var span: Int128 {
        (Int128(months) * 30 + Int128(days)) * Int128(ClockTime.microsecondsPerDay) + Int128(microseconds)
    }
}

extension PostgresInterval {
    /// The duration, with all of it in `microseconds`; nil when it does not fit or is not a whole number of them.
    public init?(exactly duration: Duration) {
        let (seconds, attoseconds) = duration.components
        let (whole, overflows) = seconds.multipliedReportingOverflow(by: ClockTime.microsecondsPerSecond)
        let (total, overflowsToo) = whole.addingReportingOverflow(attoseconds / 1_000_000_000_000)
        guard !overflows, !overflowsToo, attoseconds % 1_000_000_000_000 == 0 else { return nil }
        self.init(microseconds: total)
    }

    /// The interval as a duration; nil when it has months or days, whose length depends on the calendar.
    public var duration: Duration? {
        months == 0 && days == 0 ? .microseconds(microseconds) : nil
    }
}

extension PostgresInterval: Comparable {
    public static func < (left: PostgresInterval, right: PostgresInterval) -> Bool {
        let (leftSpan, rightSpan) = (left.span, right.span)
        if leftSpan != rightSpan { return leftSpan < rightSpan }
        return (left.months, left.days, left.microseconds) < (right.months, right.days, right.microseconds)
    }
}

extension PostgresInterval: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    public static var postgresType: PostgresType { .interval }
    public static var postgresArrayType: PostgresType { .intervalArray }

    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        guard type == .interval else { throw .cannotDecode(PostgresInterval.self, from: type) }
        guard bytes.byteCount == 16 else {
            throw .invalidBytes(PostgresInterval.self, type: type, "it must be 16 bytes")
        }
        self.init(months: bytes.bigEndian(at: 12), days: bytes.bigEndian(at: 8), microseconds: bytes.bigEndian())
    }

    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        guard type == .interval else { throw .cannotEncode(PostgresInterval.self, as: type) }
        buffer.append(microseconds)
        buffer.append(days)
        buffer.append(months)
    }
}
