public import PostgresWire

/// A date and a time on some clock, without saying which: PostgreSQL's `timestamp`, and its two infinities.
///
/// It is no instant and is never shifted by a time zone. From 4713 BC to 294276 AD, to the microsecond.
public struct PostgresTimestamp: Hashable, Comparable, Sendable {
    /// Date and time in one.
    public struct Components: Hashable, Sendable {
        /// Negative before Christ (44 BC is -44); never 0.
        public var year: Int
        /// 1 to 12.
        public var month: Int
        /// 1 to 31.
        public var day: Int
        /// 0 to 23.
        public var hour: Int
        /// 0 to 59.
        public var minute: Int
        /// 0 to 59.
        public var second: Int
        /// 0 to 999999.
        public var microsecond: Int
    }

    /// Microseconds since 2000-01-01 00:00:00; the greatest and the smallest `Int64` are the infinities.
    public let microsecondsSince2000: Int64

    /// `Int64.max` and `Int64.min` are the infinities.
    @inlinable public init(microsecondsSince2000: Int64) { self.microsecondsSince2000 = microsecondsSince2000 }

    /// Nil when there is no such date or time, or PostgreSQL has no room for it. 24:00:00 is the next day's midnight, and
    /// a 60th second the next minute, as they are to the server.
    public init?(
        year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0, microsecond: Int = 0
    ) {
        guard
            let time = ClockTime.microseconds(hour: hour, minute: minute, second: second, microsecond: microsecond),
            let total = TimestampRange.microseconds(year: year, month: month, day: day, time: time)
        else { return nil }
        microsecondsSince2000 = total
    }

    /// A day and a time of that day. Infinite when the date is; nil when PostgreSQL has no room for it.
    public init?(date: PostgresDate, time: PostgresTime) {
        guard date.isFinite else {
            self = date == .infinity ? .infinity : .negativeInfinity
            return
        }
        guard let total = TimestampRange.microseconds(day: Int(date.daysSince2000), time.microsecondsSinceMidnight)
        else { return nil }
        microsecondsSince2000 = total
    }

    /// Later than every other timestamp.
    public static let infinity = PostgresTimestamp(microsecondsSince2000: .max)
    /// Earlier than every other timestamp.
    public static let negativeInfinity = PostgresTimestamp(microsecondsSince2000: .min)

    /// False for the two infinities.
    @inlinable public var isFinite: Bool { microsecondsSince2000 != .max && microsecondsSince2000 != .min }

    /// Nil for the infinities.
    public var components: Components? { TimestampRange.components(microsecondsSince2000) }

    @inlinable
    public static func < (left: PostgresTimestamp, right: PostgresTimestamp) -> Bool {
        left.microsecondsSince2000 < right.microsecondsSince2000
    }
}

extension PostgresTimestamp: LosslessStringConvertible {
    /// Reads `2024-01-02 03:04:05.6`, with a `T` between, without a time (midnight), ` BC` after it, and `infinity` and
    /// `-infinity`. Nil for anything else: an offset is not read over.
    public init?(_ text: some StringProtocol) {
        guard let value = TimestampRange.parse(text, zoned: false) else { return nil }
        microsecondsSince2000 = value
    }

    public init?(_ description: String) { self.init(description[...]) }

    /// The server's text with `DateStyle` ISO.
    public var description: String { TimestampRange.text(microsecondsSince2000, style: .server, zoned: false) }
}

extension PostgresTimestamp: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    @inlinable public static var postgresType: PostgresType { .timestamp }
    @inlinable public static var postgresArrayType: PostgresType { .timestampArray }

    @inlinable
    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        guard type == .timestamp else { throw .cannotDecode(PostgresTimestamp.self, from: type) }
        self.init(microsecondsSince2000: try TimestampRange.decode(bytes, type: type))
    }

    @inlinable
    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        guard type == .timestamp else { throw .cannotEncode(PostgresTimestamp.self, as: type) }
        buffer.append(microsecondsSince2000)
    }
}

/// As text in ISO 8601, with a `T`.
extension PostgresTimestamp: Codable {
    public init(from decoder: any Decoder) throws { self = try TextFormCoding.decode(from: decoder) }
    public func encode(to encoder: any Encoder) throws {
        try TextFormCoding.encode(TimestampRange.text(microsecondsSince2000, style: .iso, zoned: false), to: encoder)
    }
}
