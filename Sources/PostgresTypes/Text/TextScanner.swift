/// Reads the text form of a value from left to right.
///
/// Strict: what is not understood is nil. White space is read over only where a caller says so.
struct TextScanner {
    private let bytes: [UInt8]
    private var position = 0

    private init(_ text: String) { bytes = Array(text.utf8) }

    /// What `body` makes of the whole text; nil when it leaves some of it unread.
    static func read<V>(_ text: String, _ body: (inout TextScanner) -> V?) -> V? {
        var scanner = TextScanner(text)
        guard let value = body(&scanner), scanner.isAtEnd else { return nil }
        return value
    }

    var isAtEnd: Bool { position == bytes.count }

    /// The byte that comes next.
    var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    /// Takes the next byte, whatever it is.
    mutating func take() -> UInt8? {
        guard let next else { return nil }
        position += 1
        return next
    }

    /// Takes the character when it comes next.
    mutating func takes(_ character: Unicode.Scalar) -> Bool {
        guard let next, UInt32(next) == character.value else { return false }
        position += 1
        return true
    }

    /// Reads over white space; true when there was some.
    @discardableResult
    mutating func skipSpaces() -> Bool {
        let start = position
        while let next, next == 0x20 || 0x09...0x0D ~= next { position += 1 }
        return position > start
    }

    /// The bytes that come next for as long as `isWanted` says so.
    mutating func run(while isWanted: (UInt8) -> Bool) -> String {
        let start = position
        while let next, isWanted(next) { position += 1 }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    /// A number in decimal digits without a sign.
    mutating func unsigned<I: FixedWidthInteger>(_: I.Type = I.self) -> I? {
        I(run { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 })
    }

    /// A hexadecimal number of exactly so many digits; at most 16.
    mutating func hexadecimal(digits: Int) -> UInt64? {
        var value: UInt64 = 0
        for _ in 0..<digits {
            guard let byte = take(), let digit = TextScanner.hexadecimalDigit(byte) else { return nil }
            value = value << 4 | UInt64(digit)
        }
        return value
    }

    static func hexadecimalDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// A floating-point number, `NaN` or an infinity. Nil for a number that is none too large for the type, as to the
    /// server.
    mutating func number<F: BinaryFloatingPoint & LosslessStringConvertible>(_: F.Type = F.self) -> F? {
        let text = run {
            switch $0 {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
                true
            default: false
            }
        }
        // Swift reads hexadecimal floats too; the server writes none.
        guard !text.contains("x"), !text.contains("X"), let value = F(text) else { return nil }
        let isNumber = text.utf8.contains { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
        return value.isFinite || !isNumber ? value : nil
    }
}
