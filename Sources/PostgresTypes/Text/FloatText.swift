/// Floating-point numbers as the server writes them: the shortest digits that read back as the same number, without a
/// point where there is nothing after it, with an exponent of at least two digits where it is large.
enum FloatText {
    static func text(_ value: Double) -> String { text(value, fixedBelow: 15) }
    static func text(_ value: Float) -> String { text(value, fixedBelow: 6) }

    /// `limit` is the power of ten from which an exponent is written (`DBL_DIG` and `FLT_DIG` in C).
    private static func text<F: BinaryFloatingPoint & CustomStringConvertible>(_ value: F, fixedBelow limit: Int)
        -> String
    {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
        let sign = value.sign == .minus ? "-" : ""
        // Swift's own text has the digits; only their layout differs.
        let parts = value.magnitude.description.split(separator: "e")
        let mantissa = parts.first?.split(separator: ".") ?? []
        let whole = mantissa.first.map(Array.init) ?? []
        var digits = whole + (mantissa.count > 1 ? Array(mantissa[1]) : [])
        var exponent = whole.count - 1 + (parts.count > 1 ? Int(parts[1]) ?? 0 : 0)
        while digits.first == "0" {
            digits.removeFirst()
            exponent -= 1
        }
        while digits.last == "0" { digits.removeLast() }
        if digits.isEmpty { return sign + "0" }
        return sign + layout(digits, exponent, fixedBelow: limit)
    }

    private static func layout(_ digits: [Character], _ exponent: Int, fixedBelow limit: Int) -> String {
        if exponent < -4 || exponent >= limit {
            let fraction = digits.count > 1 ? "." + String(digits[1...]) : ""
            let size = abs(exponent)
            return "\(digits[0])\(fraction)e\(exponent < 0 ? "-" : "+")\(size < 10 ? "0" : "")\(size)"
        }
        if exponent < 0 { return "0." + String(repeating: "0", count: -exponent - 1) + String(digits) }
        if digits.count <= exponent + 1 {
            return String(digits) + String(repeating: "0", count: exponent + 1 - digits.count)
        }
        return String(digits[...exponent]) + "." + String(digits[(exponent + 1)...])
    }
}
