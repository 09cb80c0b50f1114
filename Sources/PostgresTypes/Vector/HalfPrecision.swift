/// IEEE 754 numbers of 16 bits. Swift's `Float16` is not there on every platform.
enum HalfPrecision {
    /// The number that the bits are; every one of them is a `Float` too.
    static func float(_ bits: UInt16) -> Float {
        let sign = UInt32(bits & 0x8000) << 16
        let exponent = UInt32(bits >> 10 & 0x1F)
        let fraction = UInt32(bits & 0x3FF)
        switch exponent {
        case 0:
            // Zero, or a fraction of 2^-14 in steps of 2^-24: exact in a Float.
            let magnitude = Float(fraction) * 0x1p-24
            return sign == 0 ? magnitude : -magnitude
        case 0x1F: return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
        default: return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
        }
    }

    /// The bits of the nearest number, the even one of two that are as near; beyond the greatest it is an infinity.
    static func bits(rounding value: Float) -> UInt16 {
        let sign = UInt16(value.bitPattern >> 16 & 0x8000)
        if value.isNaN { return sign | 0x7E00 }
        let magnitude = value.magnitude
        // Half a step above the greatest number, 65504, and everything beyond.
        if magnitude >= 65520 { return sign | 0x7C00 }
        if magnitude < 0x1p-14 {
            // In steps of 2^-24. The sum rounds, and 1024 steps are the smallest number with an exponent of its own.
            return sign | UInt16((magnitude * 0x1p24).rounded(.toNearestOrEven))
        }
        let shifted = magnitude.bitPattern - (112 << 23)
        let rest = shifted & 0x1FFF
        let bits = UInt16(truncatingIfNeeded: shifted >> 13)
        let roundsUp = rest > 0x1000 || (rest == 0x1000 && bits & 1 == 1)
        // A carry out of the fraction goes into the exponent, which is what it means.
        return sign | (roundsUp ? bits + 1 : bits)
    }
}
