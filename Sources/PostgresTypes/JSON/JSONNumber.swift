/// A JSON number, kept as it was written.
///
/// `1`, `1.0` and `10e-1` are equal; `description` gives back the digits that were read.
public struct JSONNumber: Sendable {
    /// The number as RFC 8259, section 6, writes it.
    public let lexeme: String

    /// Takes text that the parser has already checked.
    init(checked lexeme: String) { self.lexeme = lexeme }

    /// Any integer, exactly.
    public init<I: BinaryInteger>(_ value: I) { lexeme = String(value) }

    /// The shortest decimal that reads back as `value`; nil for NaN and infinity, which JSON cannot write.
    public init?(_ value: Double) {
        guard value.isFinite else { return nil }
        let text = value.description
        // "5.0" says what "5" says, in one type fewer to wonder about; "-0.0" stays what it is.
        lexeme = text.hasSuffix(".0") && text != "-0.0" ? String(text.dropLast(2)) : text
    }

    /// Text in JSON's number grammar, or nil.
    public init?(lexeme: String) {
        var copy = lexeme
        let length = copy.withUTF8 { bytes in
            JSONNumber.scan(UnsafeRawBufferPointer(bytes), from: 0)
        }
        guard length == lexeme.utf8.count, length > 0 else { return nil }
        self.lexeme = lexeme
    }

    /// The number as an integer, when it is one that fits: `1e3` is 1000, `1.5` is nil.
    public var int64: Int64? {
        if let value = Int64(lexeme) { return value }
        let parts = Parts(lexeme)
        if parts.digits.isEmpty { return 0 }
        guard parts.exponent >= 0, parts.digits.count + parts.exponent <= 19 else { return nil }
        let digits = String(decoding: parts.digits, as: UTF8.self) + String(repeating: "0", count: parts.exponent)
        return Int64((parts.isNegative ? "-" : "") + digits)
    }

    /// The nearest `Double`; infinite when the number is too large.
    public var double: Double { Double(lexeme) ?? .nan }

    /// The one way to write this value: no superfluous zeros, no sign on zero, an exponent only where plain digits would
    /// run over forty places. Equal numbers have equal canonical texts. One whose exponent has more than 18 digits stays as
    /// it is written.
    public var canonical: String {
        if Self.isPlainInteger(lexeme) { return lexeme }
        let parts = Parts(lexeme)
        guard !parts.digits.isEmpty else { return "0" }
        guard !parts.isBeyond else { return lexeme }
        let sign = parts.isNegative ? "-" : ""
        let digits = String(decoding: parts.digits, as: UTF8.self)
        let exponent = parts.exponent
        if exponent >= 0, exponent <= 40, digits.utf8.count <= 40 - exponent {
            return sign + digits + String(repeating: "0", count: exponent)
        }
        if exponent < 0, exponent >= -40 {
            let fraction = -exponent
            if digits.utf8.count > fraction {
                return sign + digits.dropLast(fraction) + "." + digits.suffix(fraction)
            }
            return sign + "0." + String(repeating: "0", count: fraction - digits.utf8.count) + digits
        }
        return sign + digits + "e\(exponent)"
    }

    /// True for what most numbers are, integers of up to 18 digits: those are canonical as they stand.
    private static func isPlainInteger(_ lexeme: String) -> Bool {
        let text = lexeme.utf8
        guard text.count <= 18, text.first != UInt8(ascii: "-") || lexeme != "-0" else { return false }
        return text.allSatisfy { $0 == UInt8(ascii: "-") || ($0 >= 0x30 && $0 <= 0x39) }
    }

    /// A number taken apart: `digits × 10^exponent`, without zeros at either end; zero has no digits.
    struct Parts {
        var isNegative = false
        var digits: [UInt8] = []
        var exponent = 0
        /// The exponent has more digits than are counted here: no type holds such a value.
        var isBeyond = false

        init(_ lexeme: String) {
            var exponentText = 0
            var exponentNegative = false
            var inFraction = false
            var inExponent = false
            for byte in lexeme.utf8 {
                switch byte {
                case UInt8(ascii: "-"):
                    if inExponent { exponentNegative = true } else { isNegative = true }
                case UInt8(ascii: "."): inFraction = true
                case UInt8(ascii: "e"), UInt8(ascii: "E"): inExponent = true
                case 0x30...0x39:
                    if inExponent {
                        if exponentText < 100_000_000_000_000_000 {
                            exponentText = exponentText * 10 + Int(byte - 0x30)
                        } else {
                            isBeyond = true
                        }
                    } else {
                        digits.append(byte)
                        if inFraction { exponent -= 1 }
                    }
                default: break
                }
            }
            exponent += exponentNegative ? -exponentText : exponentText
            while digits.last == 0x30 {
                digits.removeLast()
                exponent += 1
            }
            digits.removeFirst(digits.firstIndex { $0 != 0x30 } ?? digits.count)
            if digits.isEmpty {
                exponent = 0
                isNegative = false
            }
        }
    }

    /// How many bytes from `start` on are a number by RFC 8259; 0 when none begins there.
    static func scan(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var index = start
        func digits() -> Int {
            let first = index
            while index < bytes.count, bytes[index] >= 0x30, bytes[index] <= 0x39 { index += 1 }
            return index - first
        }
        if index < bytes.count, bytes[index] == UInt8(ascii: "-") { index += 1 }
        guard index < bytes.count else { return 0 }
        if bytes[index] == 0x30 {
            index += 1
        } else if digits() == 0 {
            return 0
        }
        if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
            index += 1
            guard digits() > 0 else { return 0 }
        }
        if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
            index += 1
            if index < bytes.count, bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-") {
                index += 1
            }
            guard digits() > 0 else { return 0 }
        }
        return index - start
    }
}

extension JSONNumber: Hashable {
    public static func == (left: JSONNumber, right: JSONNumber) -> Bool {
        left.lexeme == right.lexeme || left.canonical == right.canonical
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(canonical) }
}

extension JSONNumber: CustomStringConvertible {
    public var description: String { lexeme }
}
