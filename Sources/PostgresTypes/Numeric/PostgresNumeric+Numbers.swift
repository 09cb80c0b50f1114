public import PostgresWire

/// To and from Swift's integers and floats. Into a numeric everything fits; out of it, what does not fit throws.
extension PostgresNumeric: ExpressibleByIntegerLiteral {
    public init(integerLiteral value: Int64) { self.init(value) }

    /// The integer, with scale 0.
    public init<I: FixedWidthInteger>(_ integer: I) {
        var groups: [UInt16] = []
        var magnitude = integer.magnitude
        while magnitude > 0 {
            // A byte has no room for 10000.
            let (quotient, remainder) =
                I.bitWidth < 16 ? (0, magnitude) : magnitude.quotientAndRemainder(dividingBy: 10000)
            groups.append(UInt16(truncatingIfNeeded: remainder))
            magnitude = quotient
        }
        let value = PostgresNumeric(
            isNegative: integer < 0, groups: groups.reversed(), weight: groups.count - 1, scale: 0)
        // Only an integer of more than 131072 digits could be nil.
        self = value ?? (integer < 0 ? .negativeInfinity : .infinity)
    }

    /// The shortest decimal that reads back as the same float: `0.1` becomes 0.1. NaN and the infinities stay what they
    /// are.
    public init<F: BinaryFloatingPoint & CustomStringConvertible>(_ float: F) {
        // The shortest decimal of every float is within the limits of numeric.
        self = PostgresNumeric(shortest: float) ?? .nan
    }

    /// As `init(_:)`, nil for a float whose description is no number.
    init?<F: BinaryFloatingPoint & CustomStringConvertible>(shortest float: F) {
        if float.isNaN {
            self = .nan
        } else if float.isInfinite {
            self = float < 0 ? .negativeInfinity : .infinity
        } else if let value = PostgresNumeric(float.description) {
            // "5.0" is how Swift writes the float five; its scale is 0.
            self = value.isInteger ? value.withScale(0) : value
        } else {
            return nil
        }
    }

    /// The same number with another scale, which must not hide digits; else the number unchanged.
    private func withScale(_ scale: Int) -> PostgresNumeric {
        let groups = (0..<Int(groupCount)).map { self[group: $0] }
        return PostgresNumeric(isNegative: kind == .negative, groups: groups, weight: Int(weight), scale: scale) ?? self
    }

    /// The value as an integer. Throws `PostgresError.Code.decodingFailed` when it is not whole or out of range.
    public func integer<I: FixedWidthInteger>(as: I.Type = I.self) throws(PostgresError) -> I {
        guard let value = integerValue(as: I.self) else {
            throw .invalidBytes(I.self, type: .numeric, isInteger ? "it is out of range" : "it is not a whole number")
        }
        return value
    }

    /// The value as an integer, nil when it is none or out of range.
    func integerValue<I: FixedWidthInteger>(as: I.Type) -> I? {
        guard isInteger else { return nil }
        if groupCount == 0 { return 0 }
        // 128 bits have at most 39 digits: ten groups. More would only overflow later.
        guard weight < 10 else { return nil }
        var value: Int128 = 0
        for position in stride(from: Int(weight), through: 0, by: -1) {
            let (product, overflows) = value.multipliedReportingOverflow(by: 10000)
            let group = Int128(group(at: position))
            let (sum, overflowsToo) =
                kind == .negative
                ? product.subtractingReportingOverflow(group) : product.addingReportingOverflow(group)
            if overflows || overflowsToo { return nil }
            value = sum
        }
        return I(exactly: value)
    }

    /// The value as a `Double`. Throws `PostgresError.Code.decodingFailed` when digits would be lost, that is when the
    /// shortest decimal of the nearest `Double` is another number.
    public func double() throws(PostgresError) -> Double {
        guard let value = float(as: Double.self) else {
            throw PostgresError(
                .decodingFailed, "a numeric has more digits than a Double",
                advice: "Use nearestDouble where a rounded value will do")
        }
        return value
    }

    /// The `Double` nearest to the value, an infinity when it is beyond them.
    public var nearestDouble: Double { nearest(Double.self) }

    /// The float that stands for the value without loss, nil when there is none.
    func float<F: BinaryFloatingPoint & LosslessStringConvertible>(as: F.Type) -> F? {
        let value = nearest(F.self)
        return PostgresNumeric(shortest: value) == self ? value : nil
    }

    private func nearest<F: BinaryFloatingPoint & LosslessStringConvertible>(_: F.Type) -> F {
        switch kind {
        case .notANumber: .nan
        case .infinity: .infinity
        case .negativeInfinity: -.infinity
        case .positive, .negative: F(description) ?? (kind == .negative ? -.infinity : .infinity)
        }
    }
}
