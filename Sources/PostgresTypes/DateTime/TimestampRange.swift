public import PostgresWire

/// What `timestamp` and `timestamptz` share: their range, parts, text and bytes.
@usableFromInline
enum TimestampRange {
    /// From 4714-11-24 BC 00:00:00, where Julian days begin, to the last microsecond of 294276.
    @inlinable static var finite: ClosedRange<Int64> { -211_813_488_000_000_000...9_223_371_331_199_999_999 }

    /// The eight bytes, checked.
    @inlinable
    static func decode(_ bytes: RawSpan, type: PostgresType) throws(PostgresError) -> Int64 {
        guard bytes.byteCount == 8 else { throw invalid(type, "it must be 8 bytes") }
        let value: Int64 = bytes.bigEndian()
        guard finite ~= value || value == .max || value == .min else { throw invalid(type, "it is out of range") }
        return value
    }

    @usableFromInline @inline(never)
    static func invalid(_ type: PostgresType, _ reason: String) -> PostgresError {
        .invalidBytes(PostgresTimestamp.self, type: type, reason)
    }

    /// A day since 2000-01-01 and microseconds of it; nil out of range.
    static func microseconds(day: Int, _ time: Int64) -> Int64? {
        let (start, overflows) = Int64(day).multipliedReportingOverflow(by: ClockTime.microsecondsPerDay)
        let (total, overflowsToo) = start.addingReportingOverflow(time)
        return !overflows && !overflowsToo && finite ~= total ? total : nil
    }

    /// The same from a date; `year` as people count it.
    static func microseconds(year: Int, month: Int, day: Int, time: Int64) -> Int64? {
        GregorianCalendar.checkedDays(year: year, month: month, day: day).flatMap { microseconds(day: $0, time) }
    }

    /// Day since 2000-01-01 and microseconds of that day.
    static func split(_ value: Int64) -> (day: Int, time: Int64) {
        let day = GregorianCalendar.floorDivide(value, ClockTime.microsecondsPerDay)
        // Subtracting with overflow ignored: the product may pass Int64.min by less than a day, the difference does not.
        return (Int(day), value &- day &* ClockTime.microsecondsPerDay)
    }

    static func components(_ value: Int64) -> PostgresTimestamp.Components? {
        guard value != .max, value != .min else { return nil }
        let (day, time) = split(value)
        let date = GregorianCalendar.date(ofDay: day)
        let clock = ClockTime.split(time)
        return PostgresTimestamp.Components(
            year: GregorianCalendar.civilYear(date.year), month: date.month, day: date.day,
            hour: clock.hour, minute: clock.minute, second: clock.second, microsecond: clock.microsecond)
    }

    /// How the text is laid out.
    enum Style {
        /// As the server writes a value: `2024-01-02 03:04:05+00`.
        case server
        /// As ISO 8601, and the server within JSON: `2024-01-02T03:04:05+00:00`.
        case iso
    }

    static func text(_ value: Int64, style: Style, zoned: Bool) -> String {
        if value == .max { return "infinity" }
        if value == .min { return "-infinity" }
        let (day, time) = split(value)
        return DateTimeWriter.text { writer in
            let isBC = writer.append(dateOfDay: day)
            writer.append(style == .server ? " " : "T")
            writer.append(timeOfDay: time)
            if zoned { writer.append(zone: 0, minutes: style == .iso) }
            if isBC { writer.append(text: " BC") }
        }
    }

    /// Reads both layouts; `zoned` says whether an offset must be there or must not.
    static func parse(_ text: some StringProtocol, zoned: Bool) -> Int64? {
        DateTimeReader.read(text) { parse(&$0, zoned: zoned) }
    }

    private static func parse(_ reader: inout DateTimeReader, zoned: Bool) -> Int64? {
        if let sign = reader.infinity() { return sign > 0 ? .max : .min }
        guard let date = reader.date() else { return nil }
        var time: Int64 = 0
        // A space also stands before the era, so a date without a time is tried for that first.
        var isBC = zoned ? nil : reader.isBeforeChrist()
        if isBC == nil {
            guard reader.takes(" ", "T"), let clock = reader.timeOfDay() else { return nil }
            time = clock
            if zoned {
                guard let zone = reader.zone() else { return nil }
                time -= Int64(zone) * ClockTime.microsecondsPerSecond
            }
            isBC = reader.isBeforeChrist()
        }
        guard let isBC else { return nil }
        return microseconds(year: isBC ? -date.year : date.year, month: date.month, day: date.day, time: time)
    }
}
