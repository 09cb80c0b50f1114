import PostgresTypes

/// What one pass over all documents of a collection has seen under one key.
struct MongoFieldStatistics {
    /// Kinds of values that can share a column.
    enum Family: CaseIterable {
        case text, objectID, uuid, boolean, date, number
    }

    private var counts: [Family: Int] = [:]
    var documents = 0
    var nulls = 0
    var integers = 0
    var decimals = 0
    /// Numbers that `double precision` cannot hold exactly.
    var inexactInDouble = 0
    var position: Int

    /// `position` is the order in which keys were first seen.
    init(position: Int) { self.position = position }

    /// The family of a value that a column can hold. NaN, infinities, numbers with more digits than `numeric` has and
    /// dates beyond four digits of year belong to none.
    static func family(of value: ExtendedJSON.Value) -> Family? {
        switch value {
        case .string: .text
        case .objectID: .objectID
        case .uuid: .uuid
        case .bool: .boolean
        case .date(let milliseconds): ExtendedJSON.isoText(milliseconds: milliseconds) == nil ? nil : .date
        case .integer: .number
        case .double(let double): double.isFinite ? .number : nil
        case .number(let number): isNumeric(number.lexeme) ? .number : nil
        case .decimal(let text): isNumeric(text) ? .number : nil
        case .null, .other: nil
        }
    }

    private static func isNumeric(_ text: String) -> Bool {
        Array(text.utf8).withUnsafeBytes { ExactDecimal(parsing: $0) != nil }
    }

    mutating func observe(_ value: ExtendedJSON.Value) {
        documents += 1
        if value == .null { nulls += 1 }
        guard let family = Self.family(of: value) else { return }
        counts[family, default: 0] += 1
        switch value {
        case .integer(let integer):
            integers += 1
            if Double(exactly: integer) == nil { inexactInDouble += 1 }
        case .double(let double):
            // As MongoDB's shell writes every number as a double, whole ones count as integers.
            if Int64(exactly: double) != nil, double.magnitude < 9_007_199_254_740_992 { integers += 1 }
        case .number(let number):
            if JSONNumber(number.double) != number { inexactInDouble += 1 }
        case .decimal: decimals += 1
        default: break
        }
    }

    func count(of family: Family) -> Int { counts[family] ?? 0 }

    /// The family that most values belong to.
    var commonest: (family: Family, count: Int)? {
        Family.allCases.map { ($0, count(of: $0)) }.filter { $0.1 > 0 }.max { $0.1 < $1.1 }
            .map { (family: $0.0, count: $0.1) }
    }

    /// True when values of several families, or arrays and documents, stand under the key.
    var isMixed: Bool { (commonest?.count ?? 0) + nulls < documents }

    /// The column type for a family.
    func type(for family: Family) -> ColumnType {
        switch family {
        case .text, .objectID: return .text
        case .uuid: return .uuid
        case .boolean: return .boolean
        case .date: return .timestamptz
        case .number:
            if integers == count(of: .number) { return .bigint }
            return decimals > 0 || inexactInDouble > 0 ? .numeric(nil) : .doublePrecision
        }
    }
}
