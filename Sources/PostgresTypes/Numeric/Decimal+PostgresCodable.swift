public import PostgresWire

#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// `numeric`, as far as `Decimal` reaches: 38 digits and exponents from -128 to 127. A value with more digits and the
/// infinities throw; NaN is `Decimal.nan`. The scale is not kept: `1.00` becomes 1.
extension Decimal: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    public static var postgresType: PostgresType { .numeric }
    public static var postgresArrayType: PostgresType { .numericArray }

    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        self = try PostgresNumeric(binary: bytes, type: type).decimal()
    }

    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        try PostgresNumeric(self).encode(into: &buffer, as: type)
    }
}

extension PostgresNumeric {
    /// The same number; `Decimal.nan` becomes NaN.
    public init(_ decimal: Decimal) {
        // A Decimal is an integer of at most 128 bits times a power of ten; all of them are within our limits.
        self = PostgresNumeric(decimal.description) ?? .nan
    }

    /// The value as a `Decimal`. Throws `PostgresError.Code.decodingFailed` for the infinities and where `Decimal` would
    /// drop digits.
    public func decimal() throws(PostgresError) -> Decimal {
        if isNaN { return .nan }
        guard isFinite else {
            throw PostgresError(.decodingFailed, "an infinite numeric cannot be read as Swift's Decimal")
        }
        if let small = mantissa() {
            let sign = kind == .negative ? FloatingPointSign.minus : .plus
            return Decimal(sign: sign, exponent: small.exponent, significand: Decimal(small.digits))
        }
        guard let decimal = Decimal(string: description), PostgresNumeric(decimal) == self else {
            throw PostgresError(
                .decodingFailed, "a numeric has more digits than Swift's Decimal",
                advice: "Read it as PostgresNumeric instead")
        }
        return decimal
    }

    /// The value as an integer of 64 bits times a power of ten, for the numbers of up to four groups, which are most.
    private func mantissa() -> (digits: UInt64, exponent: Int)? {
        guard groupCount <= 4 else { return nil }
        var digits: UInt64 = 0
        for index in 0..<Int(groupCount) { digits = digits * 10000 + UInt64(self[group: index]) }
        var exponent = 4 * (Int(weight) - Int(groupCount) + 1)
        while digits != 0, digits % 10 == 0 {
            digits /= 10
            exponent += 1
        }
        return -128...127 ~= exponent ? (digits, exponent) : nil
    }
}
