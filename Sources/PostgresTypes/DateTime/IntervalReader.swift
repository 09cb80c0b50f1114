/// Reads an interval from left to right, adding up its parts.
struct IntervalReader {
    private var reader: DateTimeReader
    // Wider than the parts, and fed with numbers of at most 19 digits: they cannot overflow.
    private var months: Int128 = 0
    private var days: Int128 = 0
    private var microseconds: Int128 = 0

    init(_ reader: DateTimeReader) { self.reader = reader }

    private var result: PostgresInterval? {
        guard let months = Int32(exactly: months), let days = Int32(exactly: days),
            let microseconds = Int64(exactly: microseconds)
        else { return nil }
        return PostgresInterval(months: months, days: days, microseconds: microseconds)
    }

    mutating func readServer() -> PostgresInterval? {
        var isFirst = true
        while isFirst || reader.takes(" ") {
            isFirst = false
            let isNegative = takeSign()
            guard let number = reader.number(digits: 1...18) else { return nil }
            if reader.takes(":") {
                guard readClock(hours: number, isNegative: isNegative) else { return nil }
                return reader.isAtEnd ? result : nil
            }
            guard reader.takes(" "), addUnit(Int128(isNegative ? -number : number)) else { return nil }
        }
        return reader.isAtEnd ? result : nil
    }

    /// `IntervalStyle` sql_standard: `0`, `1-2` for years and months, `3 4:05:06.7` for days and a clock, one sign before
    /// all of it; or `+1-2 -3 +4:05:06.7`, where each has its own.
    mutating func readStandard() -> PostgresInterval? {
        let isNegative = takeSign()
        guard let first = reader.number(digits: 1...18) else { return nil }
        if reader.isAtEnd { return first == 0 ? result : nil }
        let sign: Int128 = isNegative ? -1 : 1
        if reader.takes("-") {
            guard let months = reader.number(digits: 1...2), months < 12 else { return nil }
            self.months = sign * (Int128(first) * 12 + Int128(months))
            if reader.isAtEnd { return result }
            guard reader.takes(" "), let areDaysNegative = writtenSign(), let days = reader.number(digits: 1...18),
                reader.takes(" "), let isClockNegative = writtenSign()
            else { return nil }
            self.days = Int128(areDaysNegative ? -days : days)
            guard let hours = reader.number(digits: 1...18), reader.takes(":"),
                readClock(hours: hours, isNegative: isClockNegative)
            else { return nil }
        } else {
            days = sign * Int128(first)
            guard reader.takes(" "), let hours = reader.number(digits: 1...18), reader.takes(":"),
                readClock(hours: hours, isNegative: isNegative)
            else { return nil }
        }
        return reader.isAtEnd ? result : nil
    }

    /// `IntervalStyle` postgres_verbose: `@ 1 year -2 mons 3 days 4 hours 5 mins 6.7 secs ago`, where the last word turns
    /// all signs round.
    mutating func readVerbose() -> PostgresInterval? {
        guard reader.takes(word: "@ ") else { return nil }
        var nothing = reader
        if nothing.takes(word: "0"), nothing.isAtEnd { return result }
        var isAgo = false
        repeat {
            if reader.takes(word: "ago") {
                isAgo = true
                break
            }
            let sign: Int128 = takeSign() ? -1 : 1
            guard let number = reader.number(digits: 1...18) else { return nil }
            var fraction: Int64 = 0
            if reader.takes(".") {
                guard let digits = reader.microseconds() else { return nil }
                fraction = digits
            }
            guard reader.takes(" "), addVerbose(Int128(number), Int128(fraction), sign) else { return nil }
        } while reader.takes(" ")
        if isAgo { (months, days, microseconds) = (-months, -days, -microseconds) }
        return reader.isAtEnd ? result : nil
    }

    private mutating func addVerbose(_ number: Int128, _ fraction: Int128, _ sign: Int128) -> Bool {
        if fraction == 0, addUnit(sign * number) { return true }
        if reader.takes(word: "hour") {
            microseconds += sign * number * Int128(ClockTime.microsecondsPerHour)
        } else if reader.takes(word: "min") {
            microseconds += sign * number * Int128(ClockTime.microsecondsPerMinute)
        } else if reader.takes(word: "sec") {
            microseconds += sign * (number * Int128(ClockTime.microsecondsPerSecond) + fraction)
        } else {
            return false
        }
        _ = reader.takes("s")
        return true
    }

    /// True for a minus sign, false for a plus sign, nil for none.
    private mutating func writtenSign() -> Bool? {
        if reader.takes("-") { return true }
        return reader.takes("+") ? false : nil
    }

    mutating func readISO() -> PostgresInterval? {
        guard reader.takes("P"), !reader.isAtEnd else { return nil }
        var isTime = false
        while !reader.isAtEnd {
            if !isTime, reader.takes("T") {
                isTime = true
                if reader.isAtEnd { return nil }
            }
            let isNegative = takeSign()
            guard let number = reader.number(digits: 1...18) else { return nil }
            var fraction: Int64?
            if reader.takes(".") {
                guard let digits = reader.microseconds() else { return nil }
                fraction = digits
            }
            let sign: Int128 = isNegative ? -1 : 1
            guard let unit = reader.takeUnit(), fraction == nil || (isTime && unit == "S") else { return nil }
            let value = sign * Int128(number)
            switch (unit, isTime) {
            case ("Y", false): months += value * 12
            case ("M", false): months += value
            case ("W", false): days += value * 7
            case ("D", false): days += value
            case ("H", true): microseconds += value * Int128(ClockTime.microsecondsPerHour)
            case ("M", true): microseconds += value * Int128(ClockTime.microsecondsPerMinute)
            case ("S", true):
                microseconds += value * Int128(ClockTime.microsecondsPerSecond) + sign * Int128(fraction ?? 0)
            default: return nil
            }
        }
        return result
    }

    /// True for a minus sign; a plus sign is read over.
    private mutating func takeSign() -> Bool {
        if reader.takes("-") { return true }
        _ = reader.takes("+")
        return false
    }

    /// `:MM:SS[.ffffff]` after the hours and their colon.
    private mutating func readClock(hours: Int, isNegative: Bool) -> Bool {
        guard let minutes = reader.number(digits: 2...2), minutes < 60, reader.takes(":"),
            let seconds = reader.number(digits: 2...2), seconds < 60
        else { return false }
        var fraction: Int64 = 0
        if reader.takes(".") {
            guard let digits = reader.microseconds() else { return false }
            fraction = digits
        }
        let size =
            Int128(hours) * Int128(ClockTime.microsecondsPerHour)
            + Int128(minutes) * Int128(ClockTime.microsecondsPerMinute)
            + Int128(seconds) * Int128(ClockTime.microsecondsPerSecond) + Int128(fraction)
        microseconds += isNegative ? -size : size
        return true
    }

    private mutating func addUnit(_ number: Int128) -> Bool {
        if reader.takes(word: "year") {
            months += number * 12
        } else if reader.takes(word: "mon") {
            months += number
        } else if reader.takes(word: "day") {
            days += number
        } else {
            return false
        }
        _ = reader.takes("s")
        return true
    }
}
