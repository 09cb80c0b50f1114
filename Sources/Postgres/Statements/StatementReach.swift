/// What running a statement may mean for those that the session has parsed, as far as its text tells.
///
/// Words in the text only raise a suspicion, which the command tag confirms: a column may have any name. A function
/// that changes the session's settings from within is not seen; a server from version 18 on reports `search_path`.
struct StatementReach: OptionSet {
    let rawValue: UInt8

    /// SET or RESET of what names stand for: the path itself, or the role that `"$user"` in it is.
    static let setting = StatementReach(rawValue: 1)
    /// `set_config` of the path, or a block or procedure that speaks of it.
    static let path = StatementReach(rawValue: 2)
    /// DISCARD or DEALLOCATE.
    static let forgetting = StatementReach(rawValue: 4)

    init(rawValue: UInt8) { self.rawValue = rawValue }

    init(of sql: String) {
        let text = sql.utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        func speaks(of words: String...) -> Bool { words.contains { Self.contains(Array($0.utf8), in: text) } }
        var reach: StatementReach = []
        let speaksOfPath = speaks(of: "search_path")
        if speaks(of: "set"), speaksOfPath || speaks(of: "schema", "role", "authorization", "all") {
            reach.insert(.setting)
        }
        if speaksOfPath, speaks(of: "set_config", "do", "call") { reach.insert(.path) }
        if speaks(of: "discard", "deallocate") { reach.insert(.forgetting) }
        self = reach
    }

    private static func contains(_ word: [UInt8], in text: [UInt8]) -> Bool {
        guard let first = word.first, text.count >= word.count else { return false }
        return (0...(text.count - word.count)).contains { start in
            text[start] == first && text[start..<(start + word.count)].elementsEqual(word)
        }
    }

    /// A command that may reach further than itself, whatever its text.
    static func isSuspicious(_ tag: String) -> Bool {
        switch tag {
        case "SET", "RESET", "DO", "CALL", "DISCARD ALL", "DEALLOCATE ALL": true
        default: tag.utf8.starts(with: "SELECT".utf8)
        }
    }

    /// Names may stand for other tables now, so statements must be parsed again.
    func changesNames(_ tag: String) -> Bool {
        switch tag {
        case "SET", "RESET": contains(.setting)
        case "DO", "CALL": contains(.path)
        default: contains(.path) && tag.hasPrefix("SELECT")
        }
    }

    /// The server has forgotten every parsed statement.
    func forgetsStatements(_ tag: String) -> Bool {
        contains(.forgetting) && (tag == "DISCARD ALL" || tag == "DEALLOCATE ALL")
    }
}
