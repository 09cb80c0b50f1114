/// Writes dates and times as the server does with `DateStyle` ISO, straight into the bytes of a string.
struct DateTimeWriter {
    /// The longest text there is: an interval of seven numbers with their units.
    private static let capacity = 128

    private let bytes: UnsafeMutableBufferPointer<UInt8>
    private var count = 0

    /// The text that `body` writes.
    static func text(_ body: (inout DateTimeWriter) -> Void) -> String {
        String(unsafeUninitializedCapacity: capacity) { bytes in
            var writer = DateTimeWriter(bytes: bytes)
            body(&writer)
            return writer.count
        }
    }

    private init(bytes: UnsafeMutableBufferPointer<UInt8>) { self.bytes = bytes }

    mutating func append(_ character: Unicode.Scalar) { append(byte: UInt8(truncatingIfNeeded: character.value)) }

    private mutating func append(byte: UInt8) {
        precondition(count < bytes.count)
        bytes[count] = byte
        count += 1
    }

    mutating func append(text: StaticString) {
        text.withUTF8Buffer { for byte in $0 { append(byte: byte) } }
    }

    /// A number, with zeros in front until it has `width` digits.
    mutating func append(_ number: some FixedWidthInteger, width: Int = 1) {
        if number < 0 { append("-") }
        var rest = UInt64(number.magnitude)
        var digits = 1
        var larger: UInt64 = 10
        while digits < 20, rest >= larger {
            digits += 1
            larger &*= 10
        }
        let length = max(digits, width)
        precondition(count + length <= bytes.count)
        for position in stride(from: count + length - 1, through: count, by: -1) {
            bytes[position] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        count += length
    }

    /// Year, month and day; the year with at least four digits and without its era. True when the era is BC.
    mutating func append(dateOfDay day: Int) -> Bool {
        let date = GregorianCalendar.date(ofDay: day)
        append(date.year > 0 ? date.year : 1 - date.year, width: 4)
        append("-")
        append(date.month, width: 2)
        append("-")
        append(date.day, width: 2)
        return date.year <= 0
    }

    /// Hours, minutes, seconds, and up to six digits after the point where they are not zero.
    mutating func append(timeOfDay microseconds: Int64) {
        let time = ClockTime.split(microseconds)
        append(time.hour, width: 2)
        append(":")
        append(time.minute, width: 2)
        append(":")
        append(time.second, width: 2)
        append(fraction: time.microsecond)
    }

    /// A point and up to six digits, nothing when they are all zero.
    mutating func append(fraction microsecond: Int) {
        guard microsecond > 0 else { return }
        append(".")
        var digits = microsecond
        var width = 6
        while digits % 10 == 0 {
            digits /= 10
            width -= 1
        }
        append(digits, width: width)
    }

    /// `+02`, `-03:30` or `+00:19:32`: seconds east of UTC. `minutes` writes those even when they are zero.
    mutating func append(zone seconds: Int, minutes: Bool = false) {
        append(seconds < 0 ? "-" : "+")
        let size = abs(seconds)
        append(size / 3600, width: 2)
        guard minutes || size % 3600 != 0 else { return }
        append(":")
        append(size / 60 % 60, width: 2)
        guard size % 60 != 0 else { return }
        append(":")
        append(size % 60, width: 2)
    }
}
