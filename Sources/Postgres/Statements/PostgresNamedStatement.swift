public import PostgresTypes
public import PostgresWire

/// A statement's text with names for its values, each as often as it is needed.
///
///     let find = PostgresNamedStatement("SELECT id FROM users WHERE city = :city AND (age > :age OR :age IS NULL)")
///     let ids = try await pool.query(find(["city": "Bergen", "age": 40]), as: Int.self).collect()
///     let same = try await pool.query(find(of: Filter(city: "Bergen", age: 40)), as: Int.self).collect()
///
/// Names begin with a letter or an underscore. Casts (`::`), strings, comments and dollar quotes are left alone; the
/// bounds of an array slice need a space, as in `[1 : n]`. The server sees `$1`, `$2`, ….
public struct PostgresNamedStatement: Sendable {
    /// The text as the server gets it.
    public let sql: String
    /// The names, in the order of their first use.
    public let names: [String]

    /// Never build `text` from what came from outside.
    public init(_ text: String) {
        var scanner = SQLScanner(text)
        var sql = ""
        var names: [String] = []
        var numbers: [ExactText: Int] = [:]
        while true {
            let start = scanner.position
            guard let piece = scanner.next() else { break }
            let isName = scanner.peek().map(SQLScanner.startsWord) ?? false
            guard case .other(":") = piece, isName else {
                sql += scanner.string(start..<scanner.position)
                // The second colon of a cast begins no name.
                if case .other(":") = piece, scanner.peek() == ":" {
                    scanner.advance()
                    sql += ":"
                }
                continue
            }
            let nameStart = scanner.position
            while let character = scanner.peek(), SQLScanner.continuesWord(character), character != "$" {
                scanner.advance()
            }
            let name = scanner.string(nameStart..<scanner.position)
            let number = numbers[ExactText(name)] ?? names.count + 1
            if numbers.updateValue(number, forKey: ExactText(name)) == nil { names.append(name) }
            sql += "$\(number)"
        }
        self.sql = sql
        self.names = names
    }

    private static let otherBytes = "Its name for it looks the same and is made of other code points: write both alike"

    /// The statement with its values; NULL is `Int?.none` or any other `nil` that has a type.
    ///
    /// - Throws: `invalidUse` when a value is missing, or one is given that has no place.
    public func callAsFunction(_ values: [String: any PostgresEncodable]) throws(PostgresError) -> PostgresQuery {
        if let stranger = values.keys.sorted().first(where: { key in !names.contains { ExactText.areSame($0, key) } }) {
            throw PostgresError(
                .invalidUse, "the statement has no place for a value named \(stranger)",
                advice: names.contains(stranger) ? Self.otherBytes : nil)
        }
        var parameters = PostgresParameters()
        for name in names {
            guard let index = values.index(forKey: name), ExactText.areSame(values[index].key, name) else {
                throw PostgresError(.invalidUse, "the statement needs a value named \(name)")
            }
            let value = values[index].value
            parameters.append(value)
        }
        return PostgresQuery(sql: sql, parameters: parameters)
    }

    /// The statement with the members of a value, by their names; case and underscores do not count. A member that is
    /// `nil` is NULL; others than the statement needs are passed over.
    ///
    /// - Throws: `invalidUse` when a member is missing, or is of a type that is no value of PostgreSQL.
    public func callAsFunction<Values: Encodable>(of values: Values) throws(PostgresError) -> PostgresQuery {
        let members = try EncodedMembers(of: values)
        var parameters = PostgresParameters()
        for name in names {
            guard let member = members[name] else {
                throw PostgresError(
                    .invalidUse, "the statement needs a value named \(name), and \(Values.self) has none")
            }
            if let value = member { parameters.append(value) } else { parameters.append(String?.none) }
        }
        return PostgresQuery(sql: sql, parameters: parameters)
    }
}
