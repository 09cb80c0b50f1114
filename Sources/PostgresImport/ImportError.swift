/// Why an import or a verification cannot go on, and where.
///
/// What the server says stays a `PostgresError`; this is about the source, the plan and what stands in their way. Names
/// of tables and columns, keys and positions are given, values are not.
public struct ImportError: Error, Sendable, Hashable {
    /// What stands in the way, to decide by.
    public enum Code: String, Sendable, Hashable, Codable {
        /// The source is missing, unreadable or empty.
        case sourceUnreadable
        /// The source is no file of the kind it was taken for, or a damaged one.
        case sourceInvalid
        /// The plan contradicts itself or the source.
        case invalidPlan
        /// Two names would be one in PostgreSQL.
        case nameClash
        /// A value that the target type cannot hold.
        case unfitValue
        /// A target table has rows and nobody asked to replace it, or it does not match the plan.
        case targetConflict
    }

    /// What stands in the way, to decide by.
    public var code: Code
    /// One sentence.
    public var message: String
    /// What to do about it, where that is known.
    public var advice: String?
    /// The table or collection, as the source calls it.
    public var table: String?
    /// The column or field, as the source calls it.
    public var column: String?
    /// Which row: its key, or its number counted from 1.
    public var row: String?

    /// An error of the kind `code`, and where it was met.
    public init(
        _ code: Code, _ message: String, advice: String? = nil, table: String? = nil, column: String? = nil,
        row: String? = nil
    ) {
        self.code = code
        self.message = message
        self.advice = advice
        self.table = table
        self.column = column
        self.row = row
    }
}

extension ImportError: CustomStringConvertible {
    public var description: String {
        var text = message
        let place = [table.map { "table \($0)" }, row, column.map { "column \($0)" }].compactMap { $0 }
        if !place.isEmpty { text += " (" + place.joined(separator: ", ") + ")" }
        if let advice { text += ". \(advice)" }
        return text
    }
}
