/// What a server says it did: `INSERT 0 1`.
///
/// Kept as it came: few callers read it, and a string for each answer would take longer than the rest of CommandComplete.
package struct CommandTag: Sendable {
    /// A tag that has no room in two words.
    private final class Long: Sendable {
        let text: String
        init(_ text: String) { self.text = text }
    }

    /// At most 16 bytes of ASCII, the first in the lowest place, zeros behind them.
    private let low: UInt64
    private let high: UInt64
    private let long: Long?

    private init(low: UInt64, high: UInt64) {
        self.low = low
        self.high = high
        long = nil
    }

    /// No tag: the answer to an empty statement.
    package static var empty: CommandTag { CommandTag(low: 0, high: 0) }

    package init(_ text: String) {
        low = 0
        high = 0
        long = Long(text)
    }

    /// Takes the content of CommandComplete.
    package init(_ content: UnsafeRawBufferPointer) throws(PostgresError) {
        if let short = Self.short(content) {
            self = short
        } else {
            var reader = MessageReader(content, "CommandComplete")
            self.init(try reader.cString())
            try reader.finish()
        }
    }

    private static func short(_ content: UnsafeRawBufferPointer) -> CommandTag? {
        let length = content.count &- 1
        guard length >= 0, length <= 16, content[length] == 0 else { return nil }
        var words: (UInt64, UInt64) = (0, 0)
        withUnsafeMutableBytes(of: &words) { bytes in
            bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: content[..<length]))
        }
        let (low, high) = (UInt64(littleEndian: words.0), UInt64(littleEndian: words.1))
        // A zero in the middle, which ends a text too early, or a byte that is not ASCII: for the other way to judge.
        guard zeros(low) + zeros(high) == 16 - length, (low | high) & 0x8080_8080_8080_8080 == 0 else { return nil }
        return CommandTag(low: low, high: high)
    }

    /// How many bytes of ASCII are zero.
    private static func zeros(_ word: UInt64) -> Int {
        (~((word & 0x7F7F_7F7F_7F7F_7F7F) &+ 0x7F7F_7F7F_7F7F_7F7F | word) & 0x8080_8080_8080_8080).nonzeroBitCount
    }

    package var text: String {
        if let long { return long.text }
        return withUnsafeBytes(of: (low.littleEndian, high.littleEndian)) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}
