/// Goes through the text of SQL and passes over what is no code: comments, strings, quoted names, dollar quotes, as the
/// server's own lexer does (PostgreSQL documentation, "Lexical Structure").
struct SQLScanner {
    /// What is passed over in one piece.
    enum Piece {
        case space
        case comment
        /// A string or a quoted name.
        case literal
        /// A name or a key word, in lower case.
        case word(String)
        case other(Unicode.Scalar)
    }

    let text: [Unicode.Scalar]
    /// Characters passed so far.
    private(set) var position = 0
    /// From 1.
    private(set) var line = 1

    init(_ sql: String) { text = Array(sql.unicodeScalars) }

    func peek(_ offset: Int = 0) -> Unicode.Scalar? {
        position + offset < text.count ? text[position + offset] : nil
    }

    mutating func advance(_ count: Int = 1) {
        for _ in 0..<count where position < text.count {
            if text[position] == "\n" { line += 1 }
            position += 1
        }
    }

    /// Passes over the next piece; nil at the end.
    mutating func next() -> Piece? {
        guard let character = peek() else { return nil }
        if character.properties.isWhitespace {
            advance()
            return .space
        }
        if character == "-", peek(1) == "-" {
            while let character = peek(), character != "\n" { advance() }
            return .comment
        }
        if character == "/", peek(1) == "*" {
            skipComment()
            return .comment
        }
        if character == "'" || character == "\"" {
            skipQuoted(character, hasEscapes: false)
            return .literal
        }
        if character == "$", skipDollarQuoted() { return .literal }
        if Self.startsWord(character) {
            let word = takeWord()
            guard word == "e", peek() == "'" else { return .word(word) }
            skipQuoted("'", hasEscapes: true)
            return .literal
        }
        advance()
        return .other(character)
    }

    static func startsWord(_ character: Unicode.Scalar) -> Bool {
        character == "_" || character.properties.isAlphabetic || character.value >= 0x80
    }

    static func continuesWord(_ character: Unicode.Scalar) -> Bool {
        startsWord(character) || character == "$" || ("0"..."9").contains(character)
    }

    private mutating func takeWord() -> String {
        let start = position
        while let character = peek(), Self.continuesWord(character) { advance() }
        return string(start..<position).lowercased()
    }

    func string(_ range: Range<Int>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: text[range])
        return String(view)
    }

    /// Comments nest.
    private mutating func skipComment() {
        var depth = 0
        repeat {
            if peek() == "/", peek(1) == "*" {
                depth += 1
                advance(2)
            } else if peek() == "*", peek(1) == "/" {
                depth -= 1
                advance(2)
            } else {
                advance()
            }
        } while depth > 0 && position < text.count
    }

    /// A doubled quote is one of the text; so is one behind a backslash, in `E'…'` alone.
    private mutating func skipQuoted(_ quote: Unicode.Scalar, hasEscapes: Bool) {
        advance()
        while let character = peek() {
            if hasEscapes, character == "\\" {
                advance(2)
            } else if character == quote {
                advance()
                if peek() != quote { return }
                advance()
            } else {
                advance()
            }
        }
    }

    /// `$tag$ … $tag$`; false for `$1`, which is a parameter.
    private mutating func skipDollarQuoted() -> Bool {
        var length = 1
        while let character = peek(length), character != "$" {
            guard length == 1 ? Self.startsWord(character) : Self.continuesWord(character) else { return false }
            length += 1
        }
        guard peek(length) == "$" else { return false }
        let tag = Array(text[position...(position + length)])
        advance(tag.count)
        while position < text.count {
            if peek() == "$", position + tag.count <= text.count,
                text[position..<(position + tag.count)].elementsEqual(tag)
            {
                advance(tag.count)
                return true
            }
            advance()
        }
        return true
    }
}
