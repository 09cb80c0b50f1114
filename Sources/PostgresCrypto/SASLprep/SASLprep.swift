/// SASLprep (RFC 4013): the one form of a password that client and server both hash.
///
/// A password that cannot be prepared is used as it is, in UTF-8, because that is what PostgreSQL does when it stores
/// one; the steps and their order are those of its `pg_saslprep`.
package enum SASLprep {
    /// The prepared text, or nil when the RFC prohibits it. ASCII comes back unchanged.
    package static func prepare(_ text: String) -> String? {
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return text }
        var mapped: [Unicode.Scalar] = []
        for scalar in text.unicodeScalars {
            if isNonASCIISpace(scalar) {
                mapped.append(" ")
            } else if !isMappedToNothing(scalar) {
                mapped.append(scalar)
            }
        }
        let prepared = CompatibilityNormalization.compose(mapped)
        guard !prepared.isEmpty, prepared.allSatisfy({ isAssigned($0) && !isProhibited($0) }),
            BidirectionalText.hasOneDirection(prepared)
        else { return nil }
        var result = String.UnicodeScalarView()
        result.append(contentsOf: prepared)
        return String(result)
    }

    /// Whether Unicode 3.2, which stringprep is fixed to, knows the code point (RFC 3454, table A.1).
    private static func isAssigned(_ scalar: Unicode.Scalar) -> Bool {
        guard let age = scalar.properties.age else { return false }
        return age.major < 3 || (age.major == 3 && age.minor <= 2)
    }

    /// RFC 3454, table C.1.2.
    private static func isNonASCIISpace(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0xA0, 0x1680, 0x2000...0x200B, 0x202F, 0x205F, 0x3000: true
        default: false
        }
    }

    /// RFC 3454, table B.1.
    private static func isMappedToNothing(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0xAD, 0x34F, 0x1806, 0x180B...0x180D, 0x200C, 0x200D, 0x2060, 0xFE00...0xFE0F, 0xFEFF: true
        default: false
        }
    }

    /// RFC 4013, section 2.3: spaces, controls, private use, noncharacters, and what has no place in plain text.
    private static func isProhibited(_ scalar: Unicode.Scalar) -> Bool {
        if isNonASCIISpace(scalar) { return true }
        switch scalar.value {
        case 0...0x1F, 0x7F...0x9F: return true  // C.2.1, C.2.2
        case 0x6DD, 0x70F, 0x180E, 0x2028, 0x2029, 0x2061...0x2063, 0x206A...0x206F, 0xFFF9...0xFFFC: return true
        case 0x1D173...0x1D17A: return true
        case 0xE000...0xF8FF, 0xF0000...0xFFFFD, 0x100000...0x10FFFD: return true  // C.3
        case 0xFDD0...0xFDEF: return true  // C.4, with the two last of every plane
        case 0xFFFD: return true  // C.6
        case 0x2FF0...0x2FFB: return true  // C.7
        case 0x340, 0x341, 0x200E, 0x200F, 0x202A...0x202E: return true  // C.8
        case 0xE0001, 0xE0020...0xE007F: return true  // C.9
        case let value: return value & 0xFFFE == 0xFFFE
        }
    }
}
