/// An address of the Internet Protocol, version 4 or 6, without a prefix and without a zone.
///
/// The `::ffff:1.2.3.4` of version 6 and the `1.2.3.4` of version 4 are different addresses, as they are to the server.
public enum PostgresIPAddress: PostgresTextConvertible {
    /// Version 4: the four bytes, the first in the highest place.
    case v4(UInt32)
    /// Version 6: the first eight bytes and the last eight.
    case v6(UInt64, UInt64)

    /// 32 or 128.
    public var bitCount: Int {
        switch self {
        case .v4: 32
        case .v6: 128
        }
    }

    /// Four or sixteen bytes in network order.
    public var bytes: [UInt8] {
        switch self {
        case .v4(let value): withUnsafeBytes(of: value.bigEndian, Array.init)
        case .v6(let high, let low):
            withUnsafeBytes(of: high.bigEndian, Array.init) + withUnsafeBytes(of: low.bigEndian, Array.init)
        }
    }

    /// Nil unless there are four or sixteen bytes.
    public init?(bytes: some Collection<UInt8>) {
        func number(_ bytes: some Sequence<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
        switch bytes.count {
        case 4: self = .v4(UInt32(truncatingIfNeeded: number(bytes)))
        case 16: self = .v6(number(bytes.prefix(8)), number(bytes.suffix(8)))
        default: return nil
        }
    }

    /// The address with everything behind the first `length` bits 0. `length` is 0 to `bitCount`.
    func masked(to length: Int) -> PostgresIPAddress {
        func mask(_ value: UInt64, _ length: Int) -> UInt64 {
            length <= 0 ? 0 : length >= 64 ? value : value & ~(UInt64.max >> UInt64(length))
        }
        return switch self {
        case .v4(let value): .v4(UInt32(truncatingIfNeeded: mask(UInt64(value) << 32, length) >> 32))
        case .v6(let high, let low): .v6(mask(high, length), mask(low, length - 64))
        }
    }
}

extension PostgresIPAddress {
    /// Reads `192.0.2.1` and `2001:db8::1`, also with the last four bytes as in version 4. Numbers with leading zeros,
    /// which some read as octal, are refused in version 4.
    public init?(_ description: String) {
        guard let value = TextScanner.read(description, { PostgresIPAddress(&$0) }) else { return nil }
        self = value
    }

    /// Reads an address and stops behind it.
    init?(_ scanner: inout TextScanner) {
        let text = scanner.run {
            TextScanner.hexadecimalDigit($0) != nil || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: ":")
        }
        if !text.utf8.contains(UInt8(ascii: ":")) {
            guard let value = PostgresIPAddress.readV4(text[...]) else { return nil }
            self = .v4(value)
            return
        }
        guard let words = PostgresIPAddress.readV6(text) else { return nil }
        func half(_ words: ArraySlice<UInt16>) -> UInt64 { words.reduce(0) { $0 << 16 | UInt64($1) } }
        self = .v6(half(words[0..<4]), half(words[4..<8]))
    }

    private static func readV4(_ text: Substring) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var value: UInt32 = 0
        for part in parts {
            guard part.utf8.count == 1 || !part.hasPrefix("0"), let byte = UInt8(part) else { return nil }
            value = value << 8 | UInt32(byte)
        }
        return value
    }

    /// The eight words of an address.
    private static func readV6(_ text: String) -> [UInt16]? {
        // At most one `::`, which stands for as many zeros as are missing. Splitting by hand: without Foundation there is
        // no search for two characters.
        var before: [UInt16] = []
        var after: [UInt16]?
        var rest = text[...]
        if rest.hasPrefix("::") {
            after = []
            rest = rest.dropFirst(2)
        }
        while !rest.isEmpty {
            let word = rest.prefix { $0 != ":" }
            if word.contains(".") {
                guard word.endIndex == rest.endIndex, let value = readV4(word) else { return nil }
                let words = [UInt16(truncatingIfNeeded: value >> 16), UInt16(truncatingIfNeeded: value)]
                if after == nil { before += words } else { after? += words }
                break
            }
            guard 1...4 ~= word.utf8.count, let value = UInt16(word, radix: 16) else { return nil }
            if after == nil { before.append(value) } else { after?.append(value) }
            rest = rest[word.endIndex...]
            if rest.hasPrefix("::") {
                guard after == nil else { return nil }
                after = []
                rest = rest.dropFirst(2)
            } else if rest.hasPrefix(":") {
                rest = rest.dropFirst()
                guard !rest.isEmpty else { return nil }
            }
        }
        guard let after else { return before.count == 8 ? before : nil }
        let missing = 8 - before.count - after.count
        guard missing >= 1 else { return nil }
        return before + [UInt16](repeating: 0, count: missing) + after
    }

    /// The server's text: version 6 in lower case, its longest run of zeros (the first of equally long ones, two words
    /// or more) as `::`, and the last four bytes as in version 4 where the address is one made of such an address.
    public var description: String {
        switch self {
        case .v4(let value): return PostgresIPAddress.textV4(value)
        case .v6(let high, let low):
            let words = [high, low].flatMap { half in
                [48, 32, 16, 0].map { UInt16(truncatingIfNeeded: half >> UInt64($0)) }
            }
            return PostgresIPAddress.textV6(words)
        }
    }

    private static func textV4(_ value: UInt32) -> String {
        [24, 16, 8, 0].map { String(value >> UInt32($0) & 0xFF) }.joined(separator: ".")
    }

    private static func textV6(_ words: [UInt16]) -> String {
        let zeros = longestRunOfZeros(words)
        let isMadeOfV4 = zeros == 0..<6 || (zeros == 0..<5 && words[5] == 0xFFFF)
        var text = ""
        var index = 0
        while index < 8 {
            if index == zeros.lowerBound, !zeros.isEmpty {
                text += "::"
                index = zeros.upperBound
            } else if index == 6, isMadeOfV4 {
                if !text.hasSuffix(":") { text += ":" }
                return text + textV4(UInt32(words[6]) << 16 | UInt32(words[7]))
            } else {
                if index > 0, !text.hasSuffix(":") { text += ":" }
                text += String(words[index], radix: 16)
                index += 1
            }
        }
        return text
    }

    private static func longestRunOfZeros(_ words: [UInt16]) -> Range<Int> {
        var longest = 0..<0
        var start = 0
        for index in 0...8 where index == 8 || words[index] != 0 {
            if index - start > longest.count { longest = start..<index }
            start = index + 1
        }
        return longest.count >= 2 ? longest : 8..<8
    }
}
