public import PostgresWire

/// An instant: PostgreSQL's `timestamptz`, to the microsecond, and its two infinities.
///
/// The server keeps no zone with it, and neither does this type: components and text are in UTC, whatever the session's
/// `TimeZone` says.
public struct PostgresTimestampTZ: Hashable, Comparable, Sendable {
    /// Microseconds since 2000-01-01 00:00:00 UTC; the greatest and the smallest `Int64` are the infinities.
    public let microsecondsSince2000: Int64

    /// `Int64.max` and `Int64.min` are the infinities.
    @inlinable public init(microsecondsSince2000: Int64) { self.microsecondsSince2000 = microsecondsSince2000 }

    /// An instant by date and time in UTC. Nil when there is none, or PostgreSQL has no room for it.
    public init?(
        year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0, microsecond: Int = 0
    ) {
        guard
            let time = ClockTime.microseconds(hour: hour, minute: minute, second: second, microsecond: microsecond),
            let total = TimestampRange.microseconds(year: year, month: month, day: day, time: time)
        else { return nil }
        microsecondsSince2000 = total
    }

    /// The instant at which a clock in UTC shows this.
    public init(utc: PostgresTimestamp) { self.init(microsecondsSince2000: utc.microsecondsSince2000) }

    /// What a clock in UTC shows at this instant.
    public var utc: PostgresTimestamp { PostgresTimestamp(microsecondsSince2000: microsecondsSince2000) }

    /// Later than every other instant.
    public static let infinity = PostgresTimestampTZ(microsecondsSince2000: .max)
    /// Earlier than every other instant.
    public static let negativeInfinity = PostgresTimestampTZ(microsecondsSince2000: .min)

    /// False for the two infinities.
    @inlinable public var isFinite: Bool { microsecondsSince2000 != .max && microsecondsSince2000 != .min }

    /// In UTC; nil for the infinities.
    public var components: PostgresTimestamp.Components? { TimestampRange.components(microsecondsSince2000) }

    @inlinable
    public static func < (left: PostgresTimestampTZ, right: PostgresTimestampTZ) -> Bool {
        left.microsecondsSince2000 < right.microsecondsSince2000
    }
}

extension PostgresTimestampTZ: LosslessStringConvertible {
    /// Reads `2024-01-02 03:04:05.6+00`, with a `T` between, with any offset or `Z`, ` BC` after it, and `infinity` and
    /// `-infinity`. Nil for anything else: a time without an offset is no instant.
    public init?(_ text: some StringProtocol) {
        guard let value = TimestampRange.parse(text, zoned: true) else { return nil }
        microsecondsSince2000 = value
    }

    public init?(_ description: String) { self.init(description[...]) }

    /// The server's text with `DateStyle` ISO and `TimeZone` UTC.
    public var description: String { TimestampRange.text(microsecondsSince2000, style: .server, zoned: true) }
}

extension PostgresTimestampTZ: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    @inlinable public static var postgresType: PostgresType { .timestamptz }
    @inlinable public static var postgresArrayType: PostgresType { .timestamptzArray }

    @inlinable
    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        guard type == .timestamptz else { throw .cannotDecode(PostgresTimestampTZ.self, from: type) }
        self.init(microsecondsSince2000: try TimestampRange.decode(bytes, type: type))
    }

    /// Writes `timestamptz`; `timestamp` as what a clock in UTC shows; `date` when it is midnight in UTC.
    @inlinable
    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        if type == .timestamptz || type == .timestamp {
            buffer.append(microsecondsSince2000)
        } else {
            try encodeDate(into: &buffer, as: type)
        }
    }

    @usableFromInline
    func encodeDate(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        guard type == .date else { throw .cannotEncode(PostgresTimestampTZ.self, as: type) }
        if !isFinite {
            let date = self == .infinity ? PostgresDate.infinity : .negativeInfinity
            return try date.encode(into: &buffer, as: type)
        }
        guard microsecondsSince2000 % ClockTime.microsecondsPerDay == 0 else {
            throw PostgresError(
                .encodingFailed, "an instant that is not midnight in UTC cannot be sent as \(type)",
                advice: "Use PostgresDate for a day")
        }
        // 2^63 microseconds are fewer than 2^31 days.
        buffer.append(Int32(truncatingIfNeeded: microsecondsSince2000 / ClockTime.microsecondsPerDay))
    }
}

/// As text in ISO 8601, with a `T` and `+00:00`.
extension PostgresTimestampTZ: Codable {
    public init(from decoder: any Decoder) throws { self = try TextFormCoding.decode(from: decoder) }
    public func encode(to encoder: any Encoder) throws {
        try TextFormCoding.encode(TimestampRange.text(microsecondsSince2000, style: .iso, zoned: true), to: encoder)
    }
}
