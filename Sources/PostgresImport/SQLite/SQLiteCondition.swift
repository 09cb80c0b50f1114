import PostgresTypes

/// Conditions of partial indexes: comparisons of a column with a literal or NULL, joined by AND, OR and NOT.
///
/// Enough for `WHERE deleted_at IS NULL` and its like. Everything else is refused rather than guessed.
struct SQLiteCondition {
    private let tokens: [SQLiteToken]
    private let columns: [ColumnPlan]
    private var index = 0

    /// The condition in PostgreSQL's SQL, or nil.
    static func translate(_ text: String, columns: [ColumnPlan]) -> String? {
        var parser = SQLiteCondition(tokens: SQLiteToken.all(in: text), columns: columns)
        guard let sql = parser.disjunction(), parser.index == parser.tokens.count else { return nil }
        return sql
    }

    private init(tokens: [SQLiteToken], columns: [ColumnPlan]) {
        self.tokens = tokens
        self.columns = columns
    }

    private mutating func accept(_ words: String...) -> Bool {
        let end = index + words.count
        guard end <= tokens.count,
            zip(tokens[index..<end], words).allSatisfy({
                ($0.kind == .word || $0.kind == .symbol) && $0.text.uppercased() == $1
            })
        else { return false }
        index = end
        return true
    }

    private mutating func disjunction() -> String? {
        guard var sql = conjunction() else { return nil }
        while accept("OR") {
            guard let other = conjunction() else { return nil }
            sql += " OR " + other
        }
        return sql
    }

    private mutating func conjunction() -> String? {
        guard var sql = term() else { return nil }
        while accept("AND") {
            guard let other = term() else { return nil }
            sql += " AND " + other
        }
        return sql
    }

    private mutating func term() -> String? {
        if accept("NOT") { return term().map { "NOT \($0)" } }
        if accept("(") {
            guard let inner = disjunction(), accept(")") else { return nil }
            return "(\(inner))"
        }
        guard let column = column() else { return nil }
        let name = PostgresIdentifier(column.target).sql
        if accept("IS", "NOT", "NULL") || accept("NOTNULL") || accept("NOT", "NULL") { return "\(name) IS NOT NULL" }
        if accept("IS", "NULL") || accept("ISNULL") { return "\(name) IS NULL" }
        for symbol in ["=", "==", "<>", "!=", "<=", ">=", "<", ">"] where accept(symbol) {
            guard let literal = literal(for: column.type) else { return nil }
            let plain = symbol == "==" ? "=" : symbol == "!=" ? "<>" : symbol
            return "\(name) \(plain) \(literal)"
        }
        // A column alone is a truth value.
        return column.type == .boolean ? name : nil
    }

    private mutating func column() -> ColumnPlan? {
        guard index < tokens.count, tokens[index].kind == .word || tokens[index].kind == .quotedName else { return nil }
        let name = tokens[index].text.lowercased()
        guard let column = columns.first(where: { $0.source.lowercased() == name }) else { return nil }
        index += 1
        return column
    }

    private mutating func literal(for type: ColumnType) -> String? {
        var sign = ""
        if accept("-") { sign = "-" }
        guard index < tokens.count else { return nil }
        let token = tokens[index]
        guard sign.isEmpty || token.kind == .number,
            case .sql(let sql) = SQLiteDefault.translate(sign + token.source, to: type, epoch: nil)
        else { return nil }
        index += 1
        return sql
    }
}
