#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension PostgresNumeric: LosslessStringConvertible {
    /// Reads what the server reads and writes: an optional sign, digits with an optional point, an optional exponent; or
    /// `NaN`, `Infinity`, `-Infinity` (also `inf`) in any case. Nil for anything else and for what is beyond the limits.
    ///
    /// The scale is the number of digits after the point, less the exponent: `1.50` has 2, `1.5e-3` has 4, `1.5e3` has 0.
    public init?(_ text: some StringProtocol) {
        // Only a string bridged from elsewhere has no bytes to lend.
        let value =
            text.utf8.withContiguousStorageIfAvailable { PostgresNumeric.parse($0) }
            ?? Array(text.utf8).withUnsafeBufferPointer { PostgresNumeric.parse($0) }
        guard let value else { return nil }
        self = value
    }

    public init?(_ description: String) { self.init(description[...]) }

    private static func parse(_ bytes: UnsafeBufferPointer<UInt8>) -> PostgresNumeric? {
        guard let first = bytes.first else { return nil }
        let isNegative = first == UInt8(ascii: "-")
        let start = isNegative || first == UInt8(ascii: "+") ? 1 : 0
        var end = start
        var point: Int?
        while end < bytes.count {
            if bytes[end] == UInt8(ascii: "."), point == nil {
                point = end
            } else if !(UInt8(ascii: "0")...UInt8(ascii: "9") ~= bytes[end]) {
                break
            }
            end += 1
        }
        guard end - start > (point == nil ? 0 : 1) else { return special(bytes) }
        guard let exponent = exponent(bytes, from: end) else { return nil }
        let digits = DecimalDigits(
            text: UnsafeBufferPointer(rebasing: bytes[start..<end]), point: point.map { $0 - start })
        return PostgresNumeric(isNegative: isNegative, digits: digits, exponent: exponent)
    }

    private static func special(_ bytes: UnsafeBufferPointer<UInt8>) -> PostgresNumeric? {
        guard bytes.count <= 9 else { return nil }
        return switch String(decoding: bytes, as: UTF8.self).lowercased() {
        case "nan": .nan
        case "infinity", "+infinity", "inf", "+inf": .infinity
        case "-infinity", "-inf": .negativeInfinity
        default: nil
        }
    }

    /// The number after an `e`; 0 when there is nothing; nil when it is no exponent or absurdly large.
    private static func exponent(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
        guard start < bytes.count else { return 0 }
        guard bytes[start] | 0x20 == UInt8(ascii: "e"), 2...8 ~= bytes.count - start else { return nil }
        return Int(String(decoding: bytes[(start + 1)...], as: UTF8.self))
    }

    /// Digits times a power of ten.
    private init?(isNegative: Bool, digits: DecimalDigits, exponent: Int) {
        let before = digits.countBeforePoint + exponent
        let scale = max(0, digits.count - before)
        guard let first = digits.firstNonZero, let last = digits.lastNonZero else {
            self.init(isNegative: false, groups: EmptyCollection(), weight: 0, scale: scale)
            return
        }
        // Position of a digit: 0 is the ones, 1 the tens, -1 the tenths. Groups begin at multiples of four.
        let highest = before - 1 - first
        let lowest = before - 1 - last
        let weight = highest >> 2
        guard weight <= PostgresNumeric.maximumWeight, scale <= PostgresNumeric.maximumScale else { return nil }
        let count = weight - (lowest >> 2) + 1
        let value = withUnsafeTemporaryAllocation(of: UInt16.self, capacity: count) { groups -> PostgresNumeric? in
            groups.initialize(repeating: 0)
            for index in first...last {
                let position = before - 1 - index
                let group = weight - (position >> 2)
                groups[group] += UInt16(digits[index]) * PostgresNumeric.powers[position & 3]
            }
            return PostgresNumeric(isNegative: isNegative, groups: groups, weight: weight, scale: scale)
        }
        guard let value else { return nil }
        self = value
    }

    private static let powers: [UInt16] = [1, 10, 100, 1000]

    /// The server's text: every digit, never an exponent; `NaN`, `Infinity`, `-Infinity`.
    public var description: String {
        switch kind {
        case .notANumber: return "NaN"
        case .infinity: return "Infinity"
        case .negativeInfinity: return "-Infinity"
        case .positive, .negative: break
        }
        var text: [UInt8] = []
        text.reserveCapacity(max(0, Int(weight) + 1) * 4 + scale + 3)
        if kind == .negative { text.append(UInt8(ascii: "-")) }
        if weight >= 0 {
            var isFirst = true
            for position in stride(from: Int(weight), through: 0, by: -1) {
                PostgresNumeric.append(group(at: position), keepingZeros: !isFirst, to: &text)
                isFirst = false
            }
        } else {
            text.append(UInt8(ascii: "0"))
        }
        if scale > 0 {
            text.append(UInt8(ascii: "."))
            let end = text.count + scale
            var position = -1
            while text.count < end {
                PostgresNumeric.append(group(at: position), keepingZeros: true, to: &text)
                position -= 1
            }
            text.removeLast(text.count - end)
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func append(_ group: UInt16, keepingZeros: Bool, to text: inout [UInt8]) {
        var divisor: UInt16 = 1000
        var rest = group
        var shows = keepingZeros
        while divisor > 0 {
            let digit = rest / divisor
            rest %= divisor
            shows = shows || digit != 0 || divisor == 1
            if shows { text.append(UInt8(ascii: "0") + UInt8(digit)) }
            divisor /= 10
        }
    }
}

/// Decimal digits of a text, with or without a point among them.
private struct DecimalDigits {
    let text: UnsafeBufferPointer<UInt8>
    /// Where the point is.
    let point: Int?

    var count: Int { text.count - (point == nil ? 0 : 1) }
    var countBeforePoint: Int { point ?? text.count }

    /// A digit, 0 to 9, counted from the left and without the point.
    subscript(index: Int) -> UInt8 { text[index < countBeforePoint ? index : index + 1] - UInt8(ascii: "0") }

    var firstNonZero: Int? { (0..<count).first { self[$0] != 0 } }
    var lastNonZero: Int? { (0..<count).last { self[$0] != 0 } }
}

/// As text, so that no reader of JSON makes a binary float of it; reads numbers too.
extension PostgresNumeric: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self) {
            guard let value = PostgresNumeric(text) else {
                throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a decimal number")
            }
            self = value
        } else {
            self = try PostgresNumeric(container.decode(Decimal.self))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
