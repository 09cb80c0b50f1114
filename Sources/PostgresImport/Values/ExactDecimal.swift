import PostgresWire

/// A decimal number, exactly: `digits × 10^exponent`.
///
/// Numbers of up to 19 digits, nearly all there are, live in one machine word; longer ones in an array.
struct ExactDecimal: Equatable {
    var isNegative = false
    /// The digits as one number, when there are at most 19.
    var coefficient: UInt64 = 0
    /// The digits one by one (0 to 9, most significant first), when there are more.
    var longDigits: [UInt8]?
    var exponent = 0

    init(_ value: Int64) {
        isNegative = value < 0
        coefficient = value.magnitude
    }

    /// The shortest decimal that reads back as `value`; nil unless finite.
    init?(shortest value: Double) {
        guard value.isFinite else { return nil }
        var text = value.description
        guard let decimal = text.withUTF8({ ExactDecimal(parsing: UnsafeRawBufferPointer($0)) }) else { return nil }
        self = decimal
        dropTrailingZeros()
    }

    /// Reads `[+-]digits[.digits][e[+-]digits]`; nil for anything else, and for exponents that `numeric` has no room
    /// for.
    init?(parsing bytes: UnsafeRawBufferPointer) {
        var index = 0
        if let first = bytes.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") {
            isNegative = first == UInt8(ascii: "-")
            index = 1
        }
        var digitCount = 0
        var significant = 0
        var sawPoint = false
        scan: while index < bytes.count {
            let byte = bytes[index]
            switch byte {
            case 0x30...0x39:
                digitCount += 1
                if significant > 0 || byte != 0x30 {
                    significant += 1
                    append(byte - 0x30, significant: significant)
                }
                if sawPoint { exponent -= 1 }
            case UInt8(ascii: ".") where !sawPoint: sawPoint = true
            case UInt8(ascii: "e"), UInt8(ascii: "E"): break scan
            default: return nil
            }
            index += 1
        }
        guard digitCount > 0 else { return nil }
        if index < bytes.count {
            guard let written = Self.exponent(bytes, from: index + 1) else { return nil }
            exponent += written
        }
        // numeric holds 131072 digits before the point and 16383 after it.
        guard exponent >= -16_383, exponent + significant <= 131_072 else { return nil }
    }

    private mutating func append(_ digit: UInt8, significant: Int) {
        if longDigits != nil {
            longDigits?.append(digit)
        } else if significant <= 19 {
            coefficient = coefficient * 10 + UInt64(digit)
        } else {
            longDigits = String(coefficient).utf8.map { $0 - 0x30 } + [digit]
        }
    }

    private static func exponent(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        var index = start
        var isNegative = false
        if index < bytes.count, bytes[index] == UInt8(ascii: "-") || bytes[index] == UInt8(ascii: "+") {
            isNegative = bytes[index] == UInt8(ascii: "-")
            index += 1
        }
        guard index < bytes.count, bytes.count - index <= 6 else { return nil }
        var value = 0
        for byte in bytes[index...] {
            guard byte &- 0x30 <= 9 else { return nil }
            value = value * 10 + Int(byte - 0x30)
        }
        return isNegative ? -value : value
    }

    /// Makes the exponent as large as it gets without changing the value; zero gets exponent 0 and no sign.
    mutating func dropTrailingZeros() {
        if var digits = longDigits {
            while digits.last == 0 {
                digits.removeLast()
                exponent += 1
            }
            longDigits = digits
            if digits.count <= 19 {
                coefficient = digits.reduce(0) { $0 * 10 + UInt64($1) }
                longDigits = nil
            }
            return
        }
        guard coefficient != 0 else {
            exponent = 0
            isNegative = false
            return
        }
        while coefficient % 10 == 0 {
            coefficient /= 10
            exponent += 1
        }
    }

    var isZero: Bool { longDigits == nil && coefficient == 0 }

    /// How many digits there are, without leading zeros; 1 for zero.
    var digitCount: Int { longDigits?.count ?? Self.decimalDigits(coefficient) }

    /// Digits before the point, none of them a leading zero; of 0.05 there are none.
    var integerDigits: Int { isZero ? 0 : max(0, digitCount + exponent) }

    /// Digits after the point, as written.
    var fractionDigits: Int { max(0, -exponent) }

    /// The value as an integer, when it is one that fits.
    var int64: Int64? {
        var copy = self
        copy.dropTrailingZeros()
        guard copy.longDigits == nil, copy.exponent >= 0, copy.exponent <= 18 else { return nil }
        var magnitude = copy.coefficient
        for _ in 0..<copy.exponent {
            let (product, overflow) = magnitude.multipliedReportingOverflow(by: 10)
            if overflow { return nil }
            magnitude = product
        }
        if copy.isNegative { return magnitude <= Int64.min.magnitude ? Int64(truncatingIfNeeded: 0 &- magnitude) : nil }
        return Int64(exactly: magnitude)
    }

    private static func decimalDigits(_ value: UInt64) -> Int {
        var count = 1
        var rest = value
        while rest >= 10 {
            rest /= 10
            count += 1
        }
        return count
    }
}

extension ExactDecimal {
    /// Appends the binary form of `numeric`: count of base-10000 digits, weight of the first, sign, digits after the
    /// point to show, the digits (`numeric_recv` in the server's source).
    func append(numericTo buffer: inout PostgresBuffer) {
        // Groups of four count from the point, so the last group is filled up with zeros behind it.
        let padding = exponent >= 0 ? exponent % 4 : (4 - (-exponent % 4)) % 4
        let lowestGroup = exponent >= 0 ? exponent / 4 : -((-exponent + 3) / 4)
        let header = buffer.count
        buffer.append(Int16(0))
        buffer.append(Int16(0))
        buffer.append(UInt16(isNegative && !isZero ? 0x4000 : 0))
        buffer.append(UInt16(clamping: fractionDigits))
        let groups = appendGroups(padding: padding, to: &buffer)
        buffer.overwrite(UInt16(clamping: groups), at: header)
        buffer.overwrite(Int16(clamping: groups == 0 ? 0 : lowestGroup + groups - 1), at: header + 2)
    }

    private func appendGroups(padding: Int, to buffer: inout PostgresBuffer) -> Int {
        if let longDigits {
            let all = longDigits + [UInt8](repeating: 0, count: padding)
            let first = all.count % 4
            var groups = 0
            var index = 0
            while index < all.count {
                let end = index == 0 && first > 0 ? first : index + 4
                buffer.append(all[index..<end].reduce(UInt16(0)) { $0 * 10 + UInt16($1) })
                groups += 1
                index = end
            }
            return groups
        }
        var rest = UInt128(coefficient)
        for _ in 0..<padding { rest *= 10 }
        guard rest > 0 else { return 0 }
        // At most 22 digits: six groups, taken from the low end and written from the high one.
        var packed = (UInt64(0), UInt64(0))
        var groups = 0
        while rest > 0 {
            let group = UInt64(truncatingIfNeeded: rest % 10_000)
            rest /= 10_000
            packed = ((packed.0 << 16) | (packed.1 >> 48), (packed.1 << 16) | group)
            groups += 1
        }
        for _ in 0..<groups {
            buffer.append(UInt16(truncatingIfNeeded: packed.1))
            packed = (packed.0 >> 16, (packed.1 >> 16) | (packed.0 << 48))
        }
        return groups
    }

    /// Appends the one plain text of the value: no exponent, no superfluous zeros, no sign on zero.
    func append(plainTextTo buffer: inout PostgresBuffer) {
        var value = self
        value.dropTrailingZeros()
        guard !value.isZero else {
            buffer.append(UInt8(ascii: "0"))
            return
        }
        if value.isNegative { buffer.append(UInt8(ascii: "-")) }
        let digits = value.longDigits ?? String(value.coefficient).utf8.map { $0 - 0x30 }
        let point = digits.count + value.exponent
        if point <= 0 {
            buffer.append(UInt8(ascii: "0"))
            buffer.append(UInt8(ascii: "."))
            for _ in 0..<(-point) { buffer.append(UInt8(ascii: "0")) }
        }
        for (index, digit) in digits.enumerated() {
            if index == point, index > 0 { buffer.append(UInt8(ascii: ".")) }
            buffer.append(digit + 0x30)
        }
        for _ in 0..<max(0, value.exponent) { buffer.append(UInt8(ascii: "0")) }
    }
}
