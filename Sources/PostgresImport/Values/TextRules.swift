/// Questions about bytes that claim to be text.
enum TextRules {
    /// True when PostgreSQL can store the bytes as text: valid UTF-8 without NUL.
    static func isStorable(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        // Eight bytes at a time while they are plain ASCII other than NUL.
        while bytes.count - index >= 8 {
            let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            if word & 0x8080_8080_8080_8080 != 0 { break }
            // Bit trick: some byte is zero.
            if (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080 != 0 { return false }
            index += 8
        }
        while index < bytes.count, bytes[index] < 0x80 {
            if bytes[index] == 0 { return false }
            index += 1
        }
        if index == bytes.count { return true }
        return isValidUTF8(UnsafeRawBufferPointer(rebasing: bytes[index...]))
    }

    /// RFC 3629, section 4, NUL refused as well.
    private static func isValidUTF8(_ bytes: UnsafeRawBufferPointer) -> Bool {
        func isContinuation(_ index: Int) -> Bool { index < bytes.count && bytes[index] & 0xC0 == 0x80 }
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            switch byte {
            case 0x01...0x7F: index += 1
            case 0xC2...0xDF:
                guard isContinuation(index + 1) else { return false }
                index += 2
            case 0xE0...0xEF:
                guard isContinuation(index + 1), isContinuation(index + 2) else { return false }
                if byte == 0xE0, bytes[index + 1] < 0xA0 { return false }
                if byte == 0xED, bytes[index + 1] >= 0xA0 { return false }
                index += 3
            case 0xF0...0xF4:
                guard isContinuation(index + 1), isContinuation(index + 2), isContinuation(index + 3) else {
                    return false
                }
                if byte == 0xF0, bytes[index + 1] < 0x90 { return false }
                if byte == 0xF4, bytes[index + 1] >= 0x90 { return false }
                index += 4
            default: return false
            }
        }
        return true
    }

    /// Characters as PostgreSQL counts them for `varchar(n)`: code points.
    static func characterCount(_ bytes: UnsafeRawBufferPointer) -> Int {
        var count = 0
        for byte in bytes where byte & 0xC0 != 0x80 { count += 1 }
        return count
    }

    /// The bytes with everything that PostgreSQL cannot store replaced by U+FFFD.
    static func repaired(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        Array(String(decoding: bytes, as: UTF8.self).replacing("\u{0}", with: "\u{FFFD}").utf8)
    }

    /// The truth value of `true`, `false`, `t` or `f` in any case.
    static func boolean(_ bytes: UnsafeRawBufferPointer) -> Bool? {
        func matches(_ word: StaticString) -> Bool {
            guard bytes.count == word.utf8CodeUnitCount else { return false }
            for (index, byte) in bytes.enumerated() where byte | 0x20 != word.utf8Start[index] { return false }
            return true
        }
        if matches("true") || matches("t") { return true }
        if matches("false") || matches("f") { return false }
        return nil
    }
}
