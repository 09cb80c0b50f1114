public import PostgresWire

/// An amount in the smallest unit of the server's currency: `money`.
///
/// The value is a whole number of cents; that a cent is a hundredth is not in it. How many digits follow the point, and
/// which currency it is, the server's `lc_monetary` decides: two for most, none for yen, three for dinars. Whoever reads
/// or changes it with another setting sees another amount, which is why `numeric` is the better column type.
///
/// Text depends on that setting too. `description` and `init?(_:)` mean two digits; the other calls take the number.
public struct PostgresMoney: PostgresTextConvertible, Comparable {
    /// The amount in the smallest unit: 1999 for $19.99.
    public var minorUnits: Int64

    @inlinable public init(minorUnits: Int64) { self.minorUnits = minorUnits }

    /// Reads an amount with two digits after the point; see ``init(_:fractionDigits:)``.
    public init?(_ description: String) { self.init(description, fractionDigits: 2) }

    /// Reads what a server writes in any locale: `$1,234.56`, `-1.234,56 €`, `(CHF 1'234.56)`, `1234`.
    ///
    /// Digits after the last separator are the fraction, and there must be exactly `fractionDigits` of them, since a
    /// point in one locale groups thousands in another. Without a separator the number is whole. Nil for anything else,
    /// and for what is out of range.
    public init?(_ text: String, fractionDigits: Int) {
        var groups: [[UInt8]] = []
        var previous: UInt8 = 0x20
        var isNegative = false
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                let digit = byte - UInt8(ascii: "0")
                if groups.isEmpty || !(UInt8(ascii: "0")...UInt8(ascii: "9") ~= previous) {
                    // ".50" is no whole number of fifty.
                    if groups.isEmpty, previous == UInt8(ascii: "."), fractionDigits > 0 { return nil }
                    groups.append([digit])
                } else {
                    groups[groups.count - 1].append(digit)
                }
            case UInt8(ascii: "-"), UInt8(ascii: "("): isNegative = true
            default: break
            }
            previous = byte
        }
        guard let last = groups.last, 0...18 ~= fractionDigits else { return nil }
        var digits = groups.flatMap { $0 }
        if fractionDigits > 0 {
            if groups.count == 1 {
                digits += [UInt8](repeating: 0, count: fractionDigits)
            } else if last.count != fractionDigits {
                return nil
            }
        }
        var value: Int64 = 0
        for digit in digits {
            // Counted downwards, where there is room for one more.
            let (tens, overflows) = value.multipliedReportingOverflow(by: 10)
            let (next, overflowsToo) = tens.subtractingReportingOverflow(Int64(digit))
            guard !overflows, !overflowsToo else { return nil }
            value = next
        }
        if !isNegative {
            guard value != .min else { return nil }
            value = -value
        }
        minorUnits = value
    }

    /// The amount with two digits after the point and no symbol, such as `-1234.50`: what a server reads whose currency
    /// has two.
    public var description: String { description(fractionDigits: 2) }

    /// The amount with so many digits after the point, and no symbol.
    public func description(fractionDigits: Int) -> String {
        let digits = String(minorUnits.magnitude)
        let sign = minorUnits < 0 ? "-" : ""
        guard fractionDigits > 0 else { return sign + digits }
        let padded = String(repeating: "0", count: max(0, fractionDigits + 1 - digits.count)) + digits
        return "\(sign)\(padded.dropLast(fractionDigits)).\(padded.suffix(fractionDigits))"
    }

    public static func < (left: PostgresMoney, right: PostgresMoney) -> Bool { left.minorUnits < right.minorUnits }
}

extension PostgresMoney {
    /// The amount as a number, of a currency with so many digits after the point.
    /// Throws `PostgresError.Code.decodingFailed` when `fractionDigits` is not 0 to 18.
    public func numeric(fractionDigits: Int = 2) throws(PostgresError) -> PostgresNumeric {
        guard 0...18 ~= fractionDigits, let value = PostgresNumeric(description(fractionDigits: fractionDigits)) else {
            throw .invalidBytes(PostgresNumeric.self, type: .money, "no currency has \(fractionDigits) digits")
        }
        return value
    }

    /// An amount in a currency with so many digits after the point.
    /// Throws `PostgresError.Code.encodingFailed` when the number has more of them, or is out of range.
    public init(_ amount: PostgresNumeric, fractionDigits: Int = 2) throws(PostgresError) {
        guard 0...18 ~= fractionDigits,
            let scaled = PostgresNumeric("\(amount)e\(fractionDigits)"), let units = scaled.integerValue(as: Int64.self)
        else { throw .outOfRange(PostgresNumeric.self, as: .money) }
        minorUnits = units
    }
}

extension PostgresMoney: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    @inlinable public static var postgresType: PostgresType { .money }
    @inlinable public static var postgresArrayType: PostgresType { .moneyArray }

    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        guard type == .money else { throw .cannotDecode(PostgresMoney.self, from: type) }
        guard bytes.byteCount == 8 else { throw .invalidBytes(PostgresMoney.self, type: type, "it must be 8 bytes") }
        minorUnits = bytes.bigEndian()
    }

    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        guard type == .money else { throw .cannotEncode(PostgresMoney.self, as: type) }
        buffer.append(minorUnits)
    }
}
