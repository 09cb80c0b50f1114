import PostgresTypes

/// JSON texts in SQLite columns.
enum SQLiteJSON {
    /// Parses a text that `jsonb` can hold without losing anything; nil otherwise.
    static func parse(_ text: UnsafeRawBufferPointer) -> JSONValue? {
        guard let value = try? JSONParser.parse(text, duplicateKeys: .reject), !value.containsNUL else { return nil }
        return value.fitsNumeric ? value : nil
    }

    static func isStorable(_ text: UnsafeRawBufferPointer) -> Bool { parse(text) != nil }
}

extension JSONValue {
    /// True when every number is one that `jsonb`, which keeps numbers as `numeric`, has room for.
    var fitsNumeric: Bool {
        switch self {
        case .null, .bool, .string: true
        case .number(let number):
            Array(number.lexeme.utf8).withUnsafeBytes { ExactDecimal(parsing: $0) != nil }
        case .array(let elements): elements.allSatisfy(\.fitsNumeric)
        case .object(let object): object.members.allSatisfy(\.value.fitsNumeric)
        }
    }
}
