/// Instants of the demo, and how databases write them.
enum DemoTime {
    /// Seconds since 1970 of the first and the last instant of a year's business.
    static let business = 1_262_304_000...1_767_225_599  // 2010-01-01 to 2025-12-31

    /// `2009-01-01 00:00:00`, or with a `T` in between.
    static func timestamp(_ seconds: Int, separator: String = " ") -> String {
        let (days, rest) = seconds.quotientAndRemainder(flooringBy: 86_400)
        return date(days: days) + separator + two(rest / 3600) + ":" + two(rest / 60 % 60) + ":" + two(rest % 60)
    }

    /// `2009-01-01`, by days since 1970.
    ///
    /// Years are counted from March, so that the leap day is the last: Howard Hinnant, "chrono-compatible low-level
    /// date algorithms".
    static func date(days: Int) -> String {
        let (era, day) = (days + 719_468).quotientAndRemainder(flooringBy: 146_097)
        let yearOfEra = (day - day / 1460 + day / 36_524 - day / 146_096) / 365
        let dayOfYear = day - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        let digits = String(year)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits + "-" + two(month) + "-"
            + two(dayOfYear - (153 * shifted + 2) / 5 + 1)
    }

    private static func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}

extension Int {
    /// Division that rounds down, so that times before 1970 come out right.
    fileprivate func quotientAndRemainder(flooringBy divisor: Int) -> (quotient: Int, remainder: Int) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
