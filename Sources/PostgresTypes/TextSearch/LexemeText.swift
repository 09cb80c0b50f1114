/// How lexemes and weights are written in the text of `tsvector` and `tsquery`.
enum LexemeText {
    /// `'cat''s'`: in quotes, with quotes and backslashes doubled.
    static func append(_ lexeme: String, to text: inout String) {
        text += "'"
        for scalar in lexeme.unicodeScalars {
            if scalar == "'" || scalar == "\\" { text.unicodeScalars.append(scalar) }
            text.unicodeScalars.append(scalar)
        }
        text += "'"
    }

    /// True when the server has room for the lexeme (`MAXSTRLEN` in its source), and it has no NUL.
    static func isValid(_ lexeme: String) -> Bool { lexeme.utf8.count <= 2047 && !lexeme.utf8.contains(0) }
}

extension TextScanner {
    /// A lexeme in quotes, with quotes doubled and backslashes before any character; or without quotes, up to white space
    /// or a character that means something.
    mutating func lexeme() -> String? {
        let isQuoted = takes("'")
        var bytes: [UInt8] = []
        while let next {
            switch next {
            case UInt8(ascii: "\\"):
                _ = take()
                guard let escaped = take() else { return nil }
                bytes.append(escaped)
            case UInt8(ascii: "'"):
                guard isQuoted else { return nil }
                _ = take()
                guard takes("'") else { return String(validating: bytes, as: UTF8.self) }
                bytes.append(UInt8(ascii: "'"))
            case 0x09...0x0D, 0x20, UInt8(ascii: ":"), UInt8(ascii: "&"), UInt8(ascii: "|"), UInt8(ascii: "!"),
                UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "<"):
                if !isQuoted { return bytes.isEmpty ? nil : String(validating: bytes, as: UTF8.self) }
                fallthrough
            default:
                bytes.append(next)
                _ = take()
            }
        }
        // The end of the text ends a word, but no quotes.
        return isQuoted || bytes.isEmpty ? nil : String(validating: bytes, as: UTF8.self)
    }

    /// A weight's letter, in either case.
    mutating func weight() -> PostgresTSVector.Weight? {
        guard let next else { return nil }
        let weight: PostgresTSVector.Weight
        switch next | 0x20 {
        case UInt8(ascii: "a"): weight = .a
        case UInt8(ascii: "b"): weight = .b
        case UInt8(ascii: "c"): weight = .c
        case UInt8(ascii: "d"): weight = .d
        default: return nil
        }
        _ = take()
        return weight
    }
}
