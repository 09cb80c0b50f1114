/// Normalisation form NFKC (Unicode Standard Annex 15), for passwords: the standard library offers none.
///
/// Combining classes come from the standard library, decompositions from `CompatibilityMappings`, which is read when
/// the first password that is not ASCII is prepared.
enum CompatibilityNormalization {
    /// `scalars` in form NFKC.
    static func compose(_ scalars: [Unicode.Scalar]) -> [Unicode.Scalar] {
        var values: [UInt32] = []
        for scalar in scalars { decompose(scalar.value, into: &values) }
        sortMarks(&values)
        return composed(values).compactMap { Unicode.Scalar($0) }
    }

    private struct Pair: Hashable {
        var first: UInt32
        var second: UInt32
    }

    private struct Tables: Sendable {
        var decompositions: [UInt32: [UInt32]] = [:]
        var compositions: [Pair: UInt32] = [:]

        init(_ text: String) {
            var codePoint: UInt32 = 0
            for entry in text.utf8.split(whereSeparator: { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }) {
                guard let sign = entry.firstIndex(where: { $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: ":") }) else {
                    continue
                }
                codePoint &+= Self.number(entry[..<sign])
                let parts = entry[entry.index(after: sign)...].split(separator: UInt8(ascii: "*"))
                let becomes = parts[0].split(separator: UInt8(ascii: ",")).map(Self.number)
                decompositions[codePoint] = becomes
                if entry[sign] == UInt8(ascii: "="), becomes.count == 2 {
                    compositions[Pair(first: becomes[0], second: becomes[1])] = codePoint
                }
                guard parts.count == 2 else { continue }
                for step in 1..<Self.number(parts[1]) { decompositions[codePoint &+ step] = [becomes[0] &+ step] }
                codePoint &+= Self.number(parts[1]) &- 1
            }
        }

        private static func number(_ digits: Substring.UTF8View) -> UInt32 {
            UInt32(Substring(digits), radix: 36) ?? 0
        }
    }

    private static let tables = Tables(CompatibilityMappings.text)

    /// Hangul syllables are computed (Unicode Standard, section 3.12): consonant, vowel, and perhaps a final consonant.
    private enum Hangul {
        static let syllables: UInt32 = 0xAC00
        static let initials: UInt32 = 0x1100
        static let vowels: UInt32 = 0x1161
        static let finals: UInt32 = 0x11A7
        static let initialCount: UInt32 = 19
        static let vowelCount: UInt32 = 21
        static let finalCount: UInt32 = 28
        static let syllableCount = initialCount * vowelCount * finalCount
    }

    private static func decompose(_ value: UInt32, into values: inout [UInt32]) {
        if value >= Hangul.syllables, value - Hangul.syllables < Hangul.syllableCount {
            let index = value - Hangul.syllables
            values.append(Hangul.initials + index / (Hangul.vowelCount * Hangul.finalCount))
            values.append(Hangul.vowels + index / Hangul.finalCount % Hangul.vowelCount)
            let final = index % Hangul.finalCount
            if final > 0 { values.append(Hangul.finals + final) }
        } else if let parts = tables.decompositions[value] {
            for part in parts { decompose(part, into: &values) }
        } else {
            values.append(value)
        }
    }

    private static func combiningClass(_ value: UInt32) -> UInt8 {
        Unicode.Scalar(value)?.properties.canonicalCombiningClass.rawValue ?? 0
    }

    /// Puts marks that follow each other into the order of their classes; those of one class keep theirs.
    private static func sortMarks(_ values: inout [UInt32]) {
        for end in values.indices {
            let value = values[end]
            let rank = combiningClass(value)
            guard rank > 0 else { continue }
            var position = end
            while position > 0, combiningClass(values[position - 1]) > rank {
                values[position] = values[position - 1]
                position -= 1
            }
            values[position] = value
        }
    }

    /// Joins each starter with the marks after it that nothing separates from it.
    private static func composed(_ values: [UInt32]) -> [UInt32] {
        var result: [UInt32] = []
        var starter: Int?
        var lastClass: UInt8 = 0
        for value in values {
            let rank = combiningClass(value)
            if let starter {
                let isNext = starter == result.count - 1
                if isNext || (lastClass < rank && lastClass > 0), let joined = composite(result[starter], value) {
                    result[starter] = joined
                    continue
                }
            }
            if rank == 0 { starter = result.count }
            lastClass = rank
            result.append(value)
        }
        return result
    }

    private static func composite(_ first: UInt32, _ second: UInt32) -> UInt32? {
        if first >= Hangul.initials, first - Hangul.initials < Hangul.initialCount,
            second >= Hangul.vowels, second - Hangul.vowels < Hangul.vowelCount
        {
            let pair = (first - Hangul.initials) * Hangul.vowelCount + second - Hangul.vowels
            return Hangul.syllables + pair * Hangul.finalCount
        }
        if first >= Hangul.syllables, first - Hangul.syllables < Hangul.syllableCount,
            (first - Hangul.syllables) % Hangul.finalCount == 0,
            second > Hangul.finals, second - Hangul.finals < Hangul.finalCount
        {
            return first + second - Hangul.finals
        }
        return tables.compositions[Pair(first: first, second: second)]
    }
}
