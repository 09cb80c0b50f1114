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
