/// Statements that may share a connection with others.
enum SharedStatement {
    /// Words that a statement begins with which leaves no transaction and no setting behind.
    private static let words: [StaticString] = [
        "SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "MERGE", "VALUES", "TABLE",
    ]

    /// Whether the text begins with such a word. Said of a statement after a comment, or in parentheses, it may be wrong
    /// the one way only: it has a connection for itself.
    static func isOne(_ sql: String) -> Bool {
        let text = sql.utf8.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\t") }
        guard let first = text.first else { return false }
        for word in words where first & upperCase == word.utf8Start[0] {
            let length = word.utf8CodeUnitCount
            let begin = text.prefix(length)
            guard begin.count == length, zip(begin, 0...).allSatisfy({ $0 & upperCase == word.utf8Start[$1] }) else {
                continue
            }
            guard let next = text.dropFirst(length).first else { return true }
            // A longer word is another one.
            return
                !(UInt8(ascii: "0")...UInt8(ascii: "9") ~= next
                || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= next & upperCase
                || next == UInt8(ascii: "_") || next >= 0x80)
        }
        return false
    }

    /// Without it an ASCII letter is a capital one.
    private static let upperCase: UInt8 = 0xDF
}
