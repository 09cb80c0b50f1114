/// Reads dates and times in ISO 8601 as the server writes them, from left to right.
///
/// Strict: what is not understood is nil, nothing is guessed. `24:00:00` and a 60th second are read, as the server does.
struct DateTimeReader {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0

    private init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    /// What `body` makes of the text.
    static func read<V>(_ text: some StringProtocol, _ body: (inout DateTimeReader) -> V?) -> V? {
        func start(_ bytes: UnsafeBufferPointer<UInt8>) -> V? {
            var reader = DateTimeReader(bytes)
            return body(&reader)
        }
        // Only a string bridged from elsewhere has no bytes to lend.
        return text.utf8.withContiguousStorageIfAvailable(start) ?? Array(text.utf8).withUnsafeBufferPointer(start)
    }

    var isAtEnd: Bool { position == bytes.count }

    /// The byte that comes next.
    var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    /// `infinity` or `-infinity` when that is the whole text: 1 or -1.
    mutating func infinity() -> Int? {
        guard let next, next == UInt8(ascii: "i") || next == UInt8(ascii: "-") else { return nil }
        let start = position
        let sign = takes("-") ? -1 : 1
        if takes(word: "infinity"), isAtEnd { return sign }
        position = start
        return nil
    }

    /// Takes the character when it comes next.
    mutating func takes(_ character: Unicode.Scalar) -> Bool {
        guard let next, UInt32(next) == character.value else { return false }
        position += 1
        return true
    }

    /// Takes either character when it comes next.
    mutating func takes(_ one: Unicode.Scalar, _ other: Unicode.Scalar) -> Bool { takes(one) || takes(other) }

    /// Takes the word when it comes next.
    mutating func takes(word: StaticString) -> Bool {
        let length = word.utf8CodeUnitCount
        guard bytes.count - position >= length else { return false }
        let isNext = word.withUTF8Buffer { $0.elementsEqual(bytes[position..<position + length]) }
        if isNext { position += length }
        return isNext
    }

    /// Takes a capital letter when one comes next.
    mutating func takeUnit() -> Unicode.Scalar? {
        guard let next, UInt8(ascii: "A")...UInt8(ascii: "Z") ~= next else { return nil }
        position += 1
        return Unicode.Scalar(next)
    }

    /// The digit that comes next.
    private mutating func digit() -> Int? {
        guard let next, UInt8(ascii: "0")...UInt8(ascii: "9") ~= next else { return nil }
        position += 1
        return Int(next - UInt8(ascii: "0"))
    }

    /// A number of so many digits, as many as there are; at most 18.
    mutating func number(digits: ClosedRange<Int>) -> Int? {
        var value = 0
        var count = 0
        while count < digits.upperBound, let digit = digit() {
            value = value * 10 + digit
            count += 1
        }
        return count >= digits.lowerBound ? value : nil
    }

    /// A number of exactly two digits.
    mutating func twoDigits() -> Int? {
        guard let tens = digit(), let ones = digit() else { return nil }
        return tens * 10 + ones
    }

    /// `YYYY-MM-DD` with four to seven digits of year; the era comes later in the text.
    mutating func date() -> (year: Int, month: Int, day: Int)? {
        guard let year = number(digits: 4...7), takes("-"), let month = twoDigits(), takes("-"), let day = twoDigits()
        else { return nil }
        return (year, month, day)
    }

    /// The rest of the text: false for none, true for ` BC`, nil for anything else.
    mutating func isBeforeChrist() -> Bool? {
        if isAtEnd { return false }
        let start = position
        if takes(word: " BC"), isAtEnd { return true }
        position = start
        return nil
    }

    /// `HH:MM[:SS[.ffffff]]` in microseconds since midnight. More than six digits are rounded to the nearest microsecond,
    /// to the even one when two are as near, as the server does.
    mutating func timeOfDay() -> Int64? {
        guard let hour = twoDigits(), takes(":"), let minute = twoDigits() else { return nil }
        var second = 0
        var fraction: Int64 = 0
        if takes(":") {
            guard let value = twoDigits() else { return nil }
            second = value
            if takes(".") {
                guard let value = microseconds() else { return nil }
                fraction = value
            }
        }
        guard let whole = ClockTime.microseconds(hour: hour, minute: minute, second: second, microsecond: 0),
            whole + fraction <= ClockTime.microsecondsPerDay
        else { return nil }
        return whole + fraction
    }

    /// The digits after a point as microseconds, 0 to 1000000.
    mutating func microseconds() -> Int64? {
        var value: Int64 = 0
        var count = 0
        while count < 6, let digit = digit() {
            value = value * 10 + Int64(digit)
            count += 1
        }
        guard count > 0 else { return nil }
        while count < 6 {
            value *= 10
            count += 1
        }
        guard let seventh = digit() else { return value }
        var isMore = false
        while let digit = digit() { isMore = isMore || digit != 0 }
        let roundsUp = seventh == 5 && !isMore ? value % 2 == 1 : seventh >= 5
        return roundsUp ? value + 1 : value
    }

    /// `Z`, `±HH`, `±HHMM`, `±HH:MM` or `±HH:MM:SS`, in seconds east of UTC, less than 16 hours.
    mutating func zone() -> Int? {
        if takes("Z", "z") { return 0 }
        let isNegative = takes("-")
        guard isNegative || takes("+"), let hours = twoDigits() else { return nil }
        var minutes = 0
        var seconds = 0
        if takes(":") {
            guard let value = twoDigits() else { return nil }
            minutes = value
            if takes(":") {
                guard let value = twoDigits() else { return nil }
                seconds = value
            }
        } else if let next, next != UInt8(ascii: " ") {
            guard let value = twoDigits() else { return nil }
            minutes = value
        }
        guard hours <= 15, minutes <= 59, seconds <= 59 else { return nil }
        let total = hours * 3600 + minutes * 60 + seconds
        return isNegative ? -total : total
    }
}
