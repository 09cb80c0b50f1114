/// Days and dates in the proleptic Gregorian calendar, which is the one PostgreSQL has for all times.
///
/// Years are counted as astronomers do here: year 0 is 1 BC, -1 is 2 BC. Days are counted from 2000-01-01.
enum GregorianCalendar {
    /// Days from 0000-03-01, where the arithmetic begins, to 2000-01-01.
    private static let offset = 730_425
    /// Days in 400 years, after which the calendar repeats.
    private static let daysPerEra = 146_097

    /// The day's number. `month` is 1 to 12, `day` 1 to 31, `year` of at most nine digits.
    static func days(year: Int, month: Int, day: Int) -> Int {
        // A year that begins in March ends with the leap day, so that every month has a fixed place in it.
        let marchYear = month > 2 ? year : year - 1
        let era = floorDivide(marchYear, 400)
        let yearOfEra = marchYear - era * 400
        let monthFromMarch = month > 2 ? month - 3 : month + 9
        let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * daysPerEra + dayOfEra - offset
    }

    /// The date of a day.
    static func date(ofDay day: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = day + offset
        let era = floorDivide(shifted, daysPerEra)
        let dayOfEra = shifted - era * daysPerEra
        // Leap days counted out, every year has 365 days. 1460, 36524 and 146096 are the last days of 4, 100, 400 years.
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    }

    static func daysInMonth(year: Int, month: Int) -> Int {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: isLeap(year) ? 29 : 28
        default: 31
        }
    }

    static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    /// The astronomers' year of a year as people count it: 1 BC is written -1 and there is no year 0.
    static func astronomicalYear(_ year: Int) -> Int { year < 0 ? year + 1 : year }

    /// The reverse.
    static func civilYear(_ astronomical: Int) -> Int { astronomical > 0 ? astronomical : astronomical - 1 }

    /// The number of the day, nil when there is no such date. `year` is as people count it.
    static func checkedDays(year: Int, month: Int, day: Int) -> Int? {
        guard year != 0, -10_000_000...10_000_000 ~= year, 1...12 ~= month, day >= 1 else { return nil }
        let astronomical = astronomicalYear(year)
        guard day <= daysInMonth(year: astronomical, month: month) else { return nil }
        return days(year: astronomical, month: month, day: day)
    }

    /// Division that rounds down, so that days before 2000 have times of day after midnight.
    static func floorDivide<I: FixedWidthInteger>(_ value: I, _ divisor: I) -> I {
        let quotient = value / divisor
        return value % divisor < 0 ? quotient - 1 : quotient
    }
}

/// A clock's day in microseconds.
enum ClockTime {
    static let microsecondsPerSecond: Int64 = 1_000_000
    static let microsecondsPerMinute: Int64 = 60_000_000
    static let microsecondsPerHour: Int64 = 3_600_000_000
    static let microsecondsPerDay: Int64 = 86_400_000_000

    /// Microseconds since midnight; nil when there is no such time. 24:00:00 and a 60th second are times, as they are to
    /// the server.
    static func microseconds(hour: Int, minute: Int, second: Int, microsecond: Int) -> Int64? {
        guard 0...24 ~= hour, 0...59 ~= minute, 0...60 ~= second, 0...999_999 ~= microsecond else { return nil }
        let total =
            Int64(hour) * microsecondsPerHour + Int64(minute) * microsecondsPerMinute
            + Int64(second) * microsecondsPerSecond + Int64(microsecond)
        return total <= microsecondsPerDay ? total : nil
    }

    /// Hour, minute, second and microsecond of a time of day.
    static func split(_ microseconds: Int64) -> (hour: Int, minute: Int, second: Int, microsecond: Int) {
        let seconds = microseconds / microsecondsPerSecond
        return (
            Int(seconds / 3600), Int(seconds / 60 % 60), Int(seconds % 60), Int(microseconds % microsecondsPerSecond)
        )
    }
}
