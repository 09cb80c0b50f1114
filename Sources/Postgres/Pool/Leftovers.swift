/// What a statement may leave in its session beyond its transaction, as far as its text tells: settings, temporary tables,
/// advisory locks, LISTEN, cursors.
///
/// Words only raise a suspicion, which costs one reset too many. What a function does from within is not seen.
enum Leftovers {
    /// Takes them away, and leaves the statements that are parsed: all of `DISCARD ALL` but those.
    static let reset = """
        SET SESSION AUTHORIZATION DEFAULT; RESET ALL; CLOSE ALL; UNLISTEN *; \
        SELECT pg_catalog.pg_advisory_unlock_all(); DISCARD TEMP; DISCARD SEQUENCES
        """

    /// Whether the next user of the session might meet something of this text.
    static func mayRemain(after sql: String) -> Bool {
        var words = StatementWords(sql)
        var isAfterSet = false
        var before = ""
        while let (word, begins) = words.next() {
            // SET, unless it ends with its transaction.
            if isAfterSet, !["local", "transaction", "constraints"].contains(word) { return true }
            // In an UPDATE it does not begin; in the block of a DO it may be either.
            isAfterSet = word == "set" && (begins || words.isBlock)
            switch word {
            case "listen", "load": if begins || words.isBlock { return true }
            case "do": if begins { words.isBlock = true }
            case "set_config", "setseed", "temp", "temporary", "pg_temp": return true
            case "hold": if before == "with" { return true }
            default:
                if word.hasPrefix("pg_"), word.contains("advisory_lock"), !word.contains("xact") { return true }
            }
            before = word
        }
        return false
    }

    /// What is done all the time and leaves nothing, so that its text need not be read.
    static func isHarmless(_ tag: String) -> Bool {
        switch tag {
        case "BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE": true
        default: false
        }
    }
}

extension Request {
    /// Its statements may have left something in the session.
    var mayLeaveSomething: Bool {
        if let statement { return statement.mayLeaveSomething }
        if case .script = exchange {
            return !tags.allSatisfy(Leftovers.isHarmless) && Leftovers.mayRemain(after: sql)
        }
        // A loop of its own costs nothing in a debug build, where `contains` would allocate for each batch.
        var index = 0
        while index < batch.count {
            if batch[index].mayLeaveSomething { return true }
            index += 1
        }
        return false
    }
}

/// The words of a text in small letters, and which of them begin a statement. Comments are passed over, and texts in
/// quotes, except in a block of code, whose body may be one.
private struct StatementWords {
    private let text: [UInt8]
    private var position = 0
    private var begins = true
    var isBlock = false

    init(_ sql: String) { text = Array(sql.utf8) }

    mutating func next() -> (word: String, begins: Bool)? {
        while position < text.count {
            let byte = text[position]
            if Self.isWord(byte) { return word() }
            position += 1
            switch byte {
            case UInt8(ascii: ";"): begins = true
            case UInt8(ascii: "'") where !isBlock: skip(past: [UInt8(ascii: "'")])
            case UInt8(ascii: "-") where at(UInt8(ascii: "-")): skip(past: [UInt8(ascii: "\n")])
            case UInt8(ascii: "/") where at(UInt8(ascii: "*")): skip(past: [UInt8(ascii: "*"), UInt8(ascii: "/")])
            default: break
            }
        }
        return nil
    }

    private mutating func word() -> (word: String, begins: Bool) {
        defer { begins = false }
        let start = position
        while position < text.count, Self.isWord(text[position]) { position += 1 }
        let small = text[start..<position].map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        return (String(decoding: small, as: UTF8.self), begins)
    }

    private func at(_ byte: UInt8) -> Bool { position < text.count && text[position] == byte }

    private mutating func skip(past end: [UInt8]) {
        while position < text.count {
            if text[position...].starts(with: end) {
                position += end.count
                return
            }
            position += 1
        }
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x5F
            || byte >= 0x80
    }
}
