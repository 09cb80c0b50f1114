/// Statements that may share a connection with others.
enum SharedStatement {
    /// Words that a statement begins with which leaves no transaction and no setting behind.
    private static let words: [StaticString] = [
        "SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "MERGE", "VALUES", "TABLE",
    ]

    /// Whether the text begins with such a word. Said of a statement after a comment, or in parentheses, it may be wrong
    /// the one way only: it has a connection for itself.
    static func isOne(_ sql: String) -> Bool {
        var text = sql.utf8.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\t") }
        guard let first = text.popFirst() else { return false }
        for word in words where first & 0xDF == word.utf8Start[0] {
            guard text.count >= word.utf8CodeUnitCount else { continue }
            var place = 1
            for unit in text.prefix(word.utf8CodeUnitCount - 1) {
                guard unit & 0xDF == word.utf8Start[place] else { break }
                place += 1
            }
            guard place == word.utf8CodeUnitCount else { continue }
            // The word ends here: VALUESTABLE is another one.
            let next = text.dropFirst(word.utf8CodeUnitCount - 1).first ?? UInt8(ascii: " ")
            return
                !(UInt8(ascii: "0")...UInt8(ascii: "9") ~= next || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= next & 0xDF
                || next == UInt8(ascii: "_") || next >= 0x80)
        }
        return false
    }
}
