#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Dates as JSON documents carry them: `2024-05-06T07:08:09.123456Z`.
///
/// By hand, because Foundation's formatters either drop the fraction or take forty microseconds a piece.
enum ISO8601Text {
    /// UTC text of a date, rounded to microseconds, without a fraction when there is none. Nil outside the years 1 to
    /// 9999, which four digits cannot write.
    static func text(of date: Date) -> String? {
        let scaled = (date.timeIntervalSince1970 * 1_000_000).rounded()
        guard let microseconds = Int64(exactly: scaled) else { return nil }
        let days = GregorianCalendar.floorDivide(microseconds, ClockTime.microsecondsPerDay)
        let (year, month, day) = GregorianCalendar.date(ofDay: Int(days) - daysTo2000)
        guard year >= 1, year <= 9999 else { return nil }
        let time = Int(microseconds - days * ClockTime.microsecondsPerDay)
        let seconds = time / 1_000_000
        let fraction = time % 1_000_000
        var text = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
        text += "T\(padded(seconds / 3600, 2)):\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2))"
        if fraction != 0 {
            text += fraction % 1000 == 0 ? ".\(padded(fraction / 1000, 3))" : ".\(padded(fraction, 6))"
        }
        return text + "Z"
    }

    /// Reads `YYYY-MM-DD`, with `T` or a space and `HH:MM[:SS[.fraction]]` and `Z` or an offset after it. A time without
    /// an offset is taken for UTC.
    static func date(of text: String) -> Date? {
        var reader = Reader(bytes: Array(text.utf8))
        guard let year = reader.digits(4), reader.skip("-"), let month = reader.digits(2), reader.skip("-"),
            let day = reader.digits(2),
            let days = GregorianCalendar.checkedDays(year: year, month: month, day: day)
        else { return nil }
        var seconds = (days + daysTo2000) * 86_400
        var fraction = 0.0
        if reader.skip("T") || reader.skip(" ") {
            guard let hour = reader.digits(2), reader.skip(":"), let minute = reader.digits(2), hour <= 24, minute < 60
            else { return nil }
            seconds += hour * 3600 + minute * 60
            if reader.skip(":") {
                guard let second = reader.digits(2), second <= 60 else { return nil }
                seconds += second
                if reader.skip(".") || reader.skip(",") {
                    guard let value = reader.fraction() else { return nil }
                    fraction = value
                }
            }
            if !reader.skip("Z"), !reader.isAtEnd {
                guard let offset = reader.offset() else { return nil }
                seconds -= offset
            }
        }
        return reader.isAtEnd ? Date(timeIntervalSince1970: Double(seconds) + fraction) : nil
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
    }

    /// From 1970-01-01, where `Date` and text count from, to 2000-01-01, where the calendar does.
    private static let daysTo2000 = 10_957

    private struct Reader {
        let bytes: [UInt8]
        var index = 0

        var isAtEnd: Bool { index == bytes.count }

        mutating func skip(_ character: Unicode.Scalar) -> Bool {
            guard index < bytes.count, bytes[index] == UInt8(ascii: character) else { return false }
            index += 1
            return true
        }

        mutating func digits(_ count: Int) -> Int? {
            guard index + count <= bytes.count else { return nil }
            var value = 0
            for byte in bytes[index..<index + count] {
                guard byte >= 0x30, byte <= 0x39 else { return nil }
                value = value * 10 + Int(byte - 0x30)
            }
            index += count
            return value
        }

        mutating func fraction() -> Double? {
            let start = index
            while index < bytes.count, bytes[index] >= 0x30, bytes[index] <= 0x39 { index += 1 }
            guard index > start else { return nil }
            return Double("0." + String(decoding: bytes[start..<index], as: UTF8.self))
        }

        /// `+HH`, `+HHMM` or `+HH:MM`, in seconds.
        mutating func offset() -> Int? {
            let isNegative = skip("-")
            guard isNegative || skip("+"), let hours = digits(2) else { return nil }
            _ = skip(":")
            let minutes = isAtEnd ? 0 : digits(2)
            guard let minutes, hours < 24, minutes < 60 else { return nil }
            return (isNegative ? -1 : 1) * (hours * 3600 + minutes * 60)
        }
    }
}
