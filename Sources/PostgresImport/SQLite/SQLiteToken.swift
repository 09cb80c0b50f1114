/// One token of SQLite's SQL, enough to read defaults and the conditions of partial indexes.
struct SQLiteToken: Equatable {
    enum Kind {
        /// A keyword or a name without quotes.
        case word
        /// A name in double quotes, brackets or backquotes.
        case quotedName
        case string
        case blob
        case number
        case symbol
    }

    var kind: Kind
    /// The content: of quoted things without their quotes.
    var text: String
    /// The token as it stands.
    var source: String

    /// Cuts text into tokens; comments and white space go.
    static func all(in sql: String) -> [SQLiteToken] {
        let characters = Array(sql.unicodeScalars)
        var tokens: [SQLiteToken] = []
        var index = 0

        func text(_ range: Range<Int>) -> String {
            var view = String.UnicodeScalarView()
            view.append(contentsOf: characters[range])
            return String(view)
        }

        /// Reads to the closing quote; a doubled one stands for itself.
        func quoted(_ close: Unicode.Scalar) -> String {
            var content = String.UnicodeScalarView()
            index += 1
            while index < characters.count {
                if characters[index] == close {
                    if index + 1 < characters.count, characters[index + 1] == close, close != "]" {
                        index += 1
                    } else {
                        break
                    }
                }
                content.append(characters[index])
                index += 1
            }
            index = min(index + 1, characters.count)
            return String(content)
        }

        func isWord(_ scalar: Unicode.Scalar) -> Bool {
            scalar == "_" || scalar == "$" || scalar.value >= 0x80 || scalar.properties.isAlphabetic
                || ("0"..."9").contains(scalar)
        }

        while index < characters.count {
            let start = index
            let scalar = characters[index]
            let next = index + 1 < characters.count ? characters[index + 1] : " "
            switch scalar {
            case " ", "\t", "\n", "\r", "\u{C}": index += 1
            case "-" where next == "-":
                while index < characters.count, characters[index] != "\n" { index += 1 }
            case "/" where next == "*":
                index += 2
                while index + 1 < characters.count, !(characters[index] == "*" && characters[index + 1] == "/") {
                    index += 1
                }
                index = min(index + 2, characters.count)
            case "'":
                let content = quoted("'")
                tokens.append(SQLiteToken(kind: .string, text: content, source: text(start..<index)))
            case "x" where next == "'", "X" where next == "'":
                index += 1
                let content = quoted("'")
                tokens.append(SQLiteToken(kind: .blob, text: content, source: text(start..<index)))
            case "\"", "`", "[":
                let content = quoted(scalar == "[" ? "]" : scalar)
                tokens.append(SQLiteToken(kind: .quotedName, text: content, source: text(start..<index)))
            case _ where ("0"..."9").contains(scalar) || (scalar == "." && ("0"..."9").contains(next)):
                while index < characters.count, isWord(characters[index]) || characters[index] == "." { index += 1 }
                tokens.append(
                    SQLiteToken(kind: .number, text: text(start..<index), source: text(start..<index)))
            case _ where isWord(scalar):
                while index < characters.count, isWord(characters[index]) { index += 1 }
                tokens.append(SQLiteToken(kind: .word, text: text(start..<index), source: text(start..<index)))
            default:
                let pair = String(scalar) + String(next)
                index += ["<=", ">=", "<>", "!=", "==", "||"].contains(pair) ? 2 : 1
                tokens.append(SQLiteToken(kind: .symbol, text: text(start..<index), source: text(start..<index)))
            }
        }
        return tokens
    }
}
