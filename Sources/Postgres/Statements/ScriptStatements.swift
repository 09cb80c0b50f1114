/// Where the statements of a script begin. A semicolon in a string, a comment, parentheses or the body of an SQL
/// function ends nothing.
struct ScriptStatements {
    /// A statement's first character, counted from 0, and its line, from 1.
    struct Start: Equatable {
        var character: Int
        var line: Int
    }

    let starts: [Start]

    init(_ script: String) {
        var scanner = SQLScanner(script)
        var starts: [Start] = []
        var isInside = false
        var parentheses = 0
        /// BEGIN ATOMIC and what is nested in it.
        var blocks = 0
        var lastWord = ""
        while true {
            let start = Start(character: scanner.position, line: scanner.line)
            guard let piece = scanner.next() else { break }
            switch piece {
            case .space, .comment:
                continue
            case .other(";") where parentheses == 0 && blocks == 0:
                isInside = false
                lastWord = ""
                continue
            case .other("("), .other("["): parentheses += 1
            case .other(")"), .other("]"): parentheses = max(0, parentheses - 1)
            case .word(let word):
                if blocks == 0, lastWord == "begin", word == "atomic" {
                    blocks = 1
                } else if blocks > 0 {
                    if word == "case" || word == "begin" { blocks += 1 }
                    if word == "end" { blocks -= 1 }
                }
                lastWord = word
            case .literal, .other: break
            }
            if !isInside {
                isInside = true
                starts.append(start)
            }
        }
        self.starts = starts
    }

    /// The number, from 1, of the statement that the character is in, counted from 0.
    func number(at character: Int) -> Int? {
        starts.lastIndex { $0.character <= character }.map { $0 + 1 }
    }
}
