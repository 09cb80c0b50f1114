/// A date and time of day as text writes it, before anybody has made an instant of it.
struct CivilTime: Equatable {
    var year = 1970
    var month = 1
    var day = 1
    var hour = 0
    var minute = 0
    var second = 0
    var microsecond = 0
    /// Minutes east of Greenwich, when the text names an offset or `Z`.
    var offset: Int?
    /// False when the text is a date alone.
    var hasTime = false

    /// Days from 1970-01-01 in the proleptic Gregorian calendar, which PostgreSQL keeps too.
    ///
    /// Years are counted from March, so that the leap day is the last of its year.
    static func days(year: Int, month: Int, day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// Microseconds from 1970-01-01T00:00:00, the offset taken off where there is one.
    var microseconds: Int {
        let minutes = (Self.days(year: year, month: month, day: day) * 24 + hour) * 60 + minute - (offset ?? 0)
        return (minutes * 60 + second) * 1_000_000 + microsecond
    }

    /// Microseconds from midnight, of a time of day.
    var microsecondsOfDay: Int { ((hour * 60 + minute) * 60 + second) * 1_000_000 + microsecond }

    /// The reverse: the civil time of microseconds since 1970, in UTC.
    init(microseconds: Int) {
        var days = microseconds / 86_400_000_000
        var rest = microseconds % 86_400_000_000
        if rest < 0 {
            rest += 86_400_000_000
            days -= 1
        }
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        hour = rest / 3_600_000_000
        minute = rest / 60_000_000 % 60
        second = rest / 1_000_000 % 60
        microsecond = rest % 1_000_000
        hasTime = true
    }

    init() {}

    /// Instants from 0001-01-01 to the end of 9999, in microseconds since 1970: what four digits of year can write, and
    /// what epoch numbers are believed within.
    static let writable = -62_135_596_800_000_000...253_402_300_799_999_999

    private static func daysInMonth(_ month: Int, of year: Int) -> Int {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
    }
}

extension CivilTime {
    /// Reads `YYYY-MM-DD`, alone or followed by `T` or a space and `HH:MM[:SS[.fraction]]`, alone or followed by `Z`,
    /// `±HH`, `±HHMM` or `±HH:MM` (a space before the sign allowed).
    ///
    /// Nil for everything else, for days that no calendar has, for leap seconds and for fractions that microseconds
    /// cannot hold: such text must stay text.
    init?(parsing bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= 10, bytes.count <= 40 else { return nil }
        var cursor = DigitCursor(bytes: bytes)
        guard let year = cursor.digits(4), cursor.skip(UInt8(ascii: "-")), let month = cursor.digits(2),
            cursor.skip(UInt8(ascii: "-")), let day = cursor.digits(2),
            year >= 1, month >= 1, month <= 12, day >= 1, day <= Self.daysInMonth(month, of: year)
        else { return nil }
        self.year = year
        self.month = month
        self.day = day
        if cursor.isAtEnd { return }
        guard cursor.skip(UInt8(ascii: "T")) || cursor.skip(UInt8(ascii: " ")), readTime(&cursor) else { return nil }
        if cursor.isAtEnd { return }
        guard let offset = cursor.offset(), cursor.isAtEnd else { return nil }
        self.offset = offset
    }

    /// Reads `HH:MM:SS[.fraction]`, a time of day.
    init?(parsingTime bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= 8 else { return nil }
        var cursor = DigitCursor(bytes: bytes)
        guard bytes[5] == UInt8(ascii: ":"), readTime(&cursor), cursor.isAtEnd else { return nil }
    }

    private mutating func readTime(_ cursor: inout DigitCursor) -> Bool {
        guard let hour = cursor.digits(2), cursor.skip(UInt8(ascii: ":")), let minute = cursor.digits(2), hour < 24,
            minute < 60
        else { return false }
        self.hour = hour
        self.minute = minute
        hasTime = true
        guard cursor.skip(UInt8(ascii: ":")) else { return true }
        guard let second = cursor.digits(2), second < 60 else { return false }
        self.second = second
        guard cursor.skip(UInt8(ascii: ".")) || cursor.skip(UInt8(ascii: ",")) else { return true }
        guard let fraction = cursor.microseconds() else { return false }
        microsecond = fraction
        return true
    }
}

/// Reads fixed-width numbers from left to right.
private struct DigitCursor {
    let bytes: UnsafeRawBufferPointer
    var index = 0

    init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var isAtEnd: Bool { index == bytes.count }

    mutating func skip(_ byte: UInt8) -> Bool {
        guard index < bytes.count, bytes[index] == byte else { return false }
        index += 1
        return true
    }

    mutating func digits(_ count: Int) -> Int? {
        guard bytes.count - index >= count else { return nil }
        var value = 0
        for position in index..<index + count {
            let digit = bytes[position] &- 0x30
            guard digit <= 9 else { return nil }
            value = value * 10 + Int(digit)
        }
        index += count
        return value
    }

    /// A fraction of a second; nil when there are no digits or some beyond the sixth that are not zero.
    mutating func microseconds() -> Int? {
        let start = index
        var value = 0
        while index < bytes.count, bytes[index] &- 0x30 <= 9 {
            let digit = Int(bytes[index] &- 0x30)
            if index - start < 6 {
                value = value * 10 + digit
            } else if digit != 0 {
                return nil
            }
            index += 1
        }
        guard index > start else { return nil }
        for _ in min(index - start, 6)..<6 { value *= 10 }
        return value
    }

    /// An offset in minutes.
    mutating func offset() -> Int? {
        if skip(UInt8(ascii: "Z")) || skip(UInt8(ascii: "z")) { return 0 }
        _ = skip(UInt8(ascii: " "))
        let isNegative = skip(UInt8(ascii: "-"))
        guard isNegative || skip(UInt8(ascii: "+")), let hours = digits(2), hours < 24 else { return nil }
        _ = skip(UInt8(ascii: ":"))
        var minutes = 0
        if !isAtEnd {
            guard let value = digits(2), value < 60 else { return nil }
            minutes = value
        }
        return (isNegative ? -1 : 1) * (hours * 60 + minutes)
    }
}
