import PostgresTypes

/// SQLite's default expressions, in PostgreSQL's words.
enum SQLiteDefault {
    /// What became of a default.
    enum Translation: Equatable {
        case sql(String)
        /// There is none: no DEFAULT, or DEFAULT NULL.
        case none
        case untranslatable(String)
    }

    /// Translates the text of a DEFAULT for a column that has become `type`.
    static func translate(_ text: String?, to type: ColumnType, epoch: ColumnPlan.Epoch?) -> Translation {
        guard let text else { return .none }
        var tokens = SQLiteToken.all(in: text)
        while tokens.count >= 2, tokens.first?.text == "(", tokens.last?.text == ")", isOneGroup(tokens) {
            tokens = Array(tokens.dropFirst().dropLast())
        }
        if let now = now(tokens) { return nowDefault(now, type: type, epoch: epoch) ?? .untranslatable(text) }
        guard let literal = literal(tokens) else { return .untranslatable(text) }
        return literalDefault(literal, type: type).map { $0 } ?? .untranslatable(text)
    }

    /// True when the first parenthesis closes with the last.
    private static func isOneGroup(_ tokens: [SQLiteToken]) -> Bool {
        var depth = 0
        for (index, token) in tokens.enumerated() where token.kind == .symbol {
            if token.text == "(" { depth += 1 }
            if token.text == ")" { depth -= 1 }
            if depth == 0 { return index == tokens.count - 1 }
        }
        return false
    }

    // MARK: Literals

    private enum Literal {
        case null
        case text(String)
        case number(String)
        case boolean(Bool)
        case blob(String)
    }

    private static func literal(_ tokens: [SQLiteToken]) -> Literal? {
        guard let first = tokens.first else { return nil }
        if tokens.count == 2, first.kind == .symbol, first.text == "-" || first.text == "+", tokens[1].kind == .number {
            return .number((first.text == "-" ? "-" : "") + tokens[1].text)
        }
        guard tokens.count == 1 else { return nil }
        switch first.kind {
        case .number: return .number(first.text)
        case .string: return .text(first.text)
        // SQLite takes a name in double quotes that is no column for a string.
        case .quotedName: return .text(first.text)
        case .blob: return .blob(first.text)
        case .word:
            switch first.text.uppercased() {
            case "NULL": return .null
            case "TRUE": return .boolean(true)
            case "FALSE": return .boolean(false)
            default: return nil
            }
        case .symbol: return nil
        }
    }

    private static func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "''") + "'" }

    private static func literalDefault(_ literal: Literal, type: ColumnType) -> Translation? {
        switch (literal, type) {
        case (.null, _): return Translation.none
        case (.boolean(let value), .boolean): return .sql(value ? "true" : "false")
        case (.boolean(let value), _) where type.isInteger: return .sql(value ? "1" : "0")
        case (.number(let text), .boolean): return text == "0" ? .sql("false") : text == "1" ? .sql("true") : nil
        case (.text(let text), .boolean):
            switch text.lowercased() {
            case "1", "true", "t": return .sql("true")
            case "0", "false", "f": return .sql("false")
            default: return nil
            }
        case (.number(let text), _) where type.isInteger, (.text(let text), _) where type.isInteger:
            return Int64(text).map { .sql(String($0)) }
        case (.number(let text), .numeric), (.number(let text), .doublePrecision), (.text(let text), .numeric),
            (.text(let text), .doublePrecision):
            return JSONNumber(lexeme: text).map { .sql($0.lexeme) }
        case (.number(let text), _) where type.isText, (.text(let text), _) where type.isText:
            if case .varchar(let length) = type, text.unicodeScalars.count > length { return nil }
            return text.utf8.contains(0) ? nil : .sql(quoted(text))
        case (.text(let text), .jsonb), (.text(let text), .json):
            return (try? JSONValue(parsing: text)) == nil ? nil : .sql(quoted(text))
        case (.text(let text), .timestamp), (.text(let text), .timestamptz), (.text(let text), .date):
            guard let time = civil(text), type != .date || !time.hasTime else { return nil }
            return .sql(quoted(type == .timestamptz && time.offset == nil ? text + "+00" : text))
        case (.text(let text), .uuid):
            let isUUID = Array(text.utf8).withUnsafeBytes { UUIDText.shape($0).isUUID }
            return isUUID ? .sql(quoted(text)) : nil
        case (.blob(let hex), .bytea): return .sql("'\\x\(hex.lowercased())'")
        default: return nil
        }
    }

    private static func civil(_ text: String) -> CivilTime? {
        Array(text.utf8).withUnsafeBytes { CivilTime(parsing: $0) }
    }

    // MARK: The time of the insert

    private enum Now {
        case date, time, dateTime, seconds, milliseconds
        /// `strftime` with a format, in the words of `to_char`.
        case formatted(String)
    }

    private static func now(_ tokens: [SQLiteToken]) -> Now? {
        let words = tokens.map { $0.kind == .string || $0.kind == .quotedName ? $0.text : $0.text.uppercased() }
        switch words {
        case ["CURRENT_TIMESTAMP"], ["DATETIME", "(", "now", ")"], ["DATETIME", "(", ")"]: return .dateTime
        case ["CURRENT_DATE"], ["DATE", "(", "now", ")"], ["DATE", "(", ")"]: return .date
        case ["CURRENT_TIME"], ["TIME", "(", "now", ")"], ["TIME", "(", ")"]: return .time
        case ["UNIXEPOCH", "(", ")"], ["UNIXEPOCH", "(", "now", ")"], ["STRFTIME", "(", "%s", ",", "now", ")"],
            ["CAST", "(", "STRFTIME", "(", "%s", ",", "now", ")", "AS", "INTEGER", ")"],
            ["CAST", "(", "STRFTIME", "(", "%s", ",", "now", ")", "AS", "INT", ")"]:
            return .seconds
        case ["UNIXEPOCH", "(", ")", "*", "1000"], ["UNIXEPOCH", "(", "now", ")", "*", "1000"],
            ["STRFTIME", "(", "%s", ",", "now", ")", "*", "1000"]:
            return .milliseconds
        default: break
        }
        guard words.count == 6, words[0] == "STRFTIME", words[1] == "(", words[3] == ",", words[4] == "now" else {
            return nil
        }
        return toCharFormat(words[2]).map { .formatted($0) }
    }

    /// A `strftime` format as `to_char` writes it, or nil.
    private static func toCharFormat(_ format: String) -> String? {
        let codes: [Character: String] = [
            "Y": "YYYY", "m": "MM", "d": "DD", "H": "HH24", "M": "MI", "S": "SS", "f": "SS.MS", "%": "%",
            "F": "YYYY-MM-DD", "T": "HH24:MI:SS",
        ]
        var text = ""
        var iterator = format.makeIterator()
        while let character = iterator.next() {
            if character == "%" {
                guard let code = iterator.next(), let pattern = codes[code] else { return nil }
                text += pattern
            } else if character.isLetter {
                text += "\"\(character)\""
            } else if character == "'" || character == "\"" {
                return nil
            } else {
                text.append(character)
            }
        }
        return text
    }

    private static func nowDefault(_ now: Now, type: ColumnType, epoch: ColumnPlan.Epoch?) -> Translation? {
        // SQLite's clock is UTC.
        let utc = "now() AT TIME ZONE 'UTC'"
        switch (type, now) {
        case (.timestamptz, .time), (.timestamp, .time): return nil
        case (.timestamptz, _): return .sql("now()")
        case (.timestamp, _): return .sql("(\(utc))")
        case (.date, .date), (.date, .dateTime): return .sql("((\(utc))::date)")
        case (.time, .time): return .sql("((\(utc))::time(0))")
        case (_, .seconds) where type.isInteger: return .sql("(extract(epoch FROM now())::bigint)")
        case (_, .milliseconds) where type.isInteger: return .sql("((extract(epoch FROM now()) * 1000)::bigint)")
        case (_, .formatted(let format)) where type.isText: return .sql("to_char(\(utc), '\(format)')")
        case (_, .dateTime) where type.isText: return .sql("to_char(\(utc), 'YYYY-MM-DD HH24:MI:SS')")
        case (_, .date) where type.isText: return .sql("to_char(\(utc), 'YYYY-MM-DD')")
        case (_, .time) where type.isText: return .sql("to_char(\(utc), 'HH24:MI:SS')")
        default: return nil
        }
    }
}
