/// An ErrorResponse or NoticeResponse: every field the server sent.
///
/// PostgreSQL documentation, "Error and Notice Message Fields".
public struct PostgresServerError: Error, Sendable, Hashable {
    /// Which field, by the protocol's one-byte code.
    public struct Field: RawRepresentable, Hashable, Sendable {
        public var rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// S: the severity, perhaps translated.
        public static let localizedSeverity = Field(rawValue: UInt8(ascii: "S"))
        /// V: the severity in English.
        public static let severity = Field(rawValue: UInt8(ascii: "V"))
        /// C: the SQLSTATE.
        public static let sqlState = Field(rawValue: UInt8(ascii: "C"))
        /// M: one line of what happened.
        public static let message = Field(rawValue: UInt8(ascii: "M"))
        /// D: more of it; may hold row values.
        public static let detail = Field(rawValue: UInt8(ascii: "D"))
        /// H: what to do about it, as the server guesses.
        public static let hint = Field(rawValue: UInt8(ascii: "H"))
        /// P: where in the statement, in characters from 1.
        public static let position = Field(rawValue: UInt8(ascii: "P"))
        /// p: where in `internalQuery`.
        public static let internalPosition = Field(rawValue: UInt8(ascii: "p"))
        /// q: a statement that the server itself made, as of a function.
        public static let internalQuery = Field(rawValue: UInt8(ascii: "q"))
        /// W: what was going on, the innermost first: functions, the line of a COPY.
        public static let context = Field(rawValue: UInt8(ascii: "W"))
        /// s: the schema of the object in question.
        public static let schema = Field(rawValue: UInt8(ascii: "s"))
        /// t: the table.
        public static let table = Field(rawValue: UInt8(ascii: "t"))
        /// c: the column.
        public static let column = Field(rawValue: UInt8(ascii: "c"))
        /// d: the data type.
        public static let dataType = Field(rawValue: UInt8(ascii: "d"))
        /// n: the constraint.
        public static let constraint = Field(rawValue: UInt8(ascii: "n"))
        /// F: the file of the server's source.
        public static let file = Field(rawValue: UInt8(ascii: "F"))
        /// L: the line in that file.
        public static let line = Field(rawValue: UInt8(ascii: "L"))
        /// R: the routine of the server.
        public static let routine = Field(rawValue: UInt8(ascii: "R"))
    }

    /// The fields in the order they came, unknown ones included.
    public var fields: [(field: Field, value: String)] { storage.map { ($0.field, $0.value) } }

    private struct Entry: Hashable, Sendable {
        var field: Field
        var value: String
    }
    private var storage: [Entry]

    /// An error made of its fields.
    public init(fields: [(field: Field, value: String)]) {
        storage = fields.map { Entry(field: $0.field, value: $0.value) }
    }

    /// The value of one field, or nil when the server did not send it.
    public subscript(field: Field) -> String? {
        storage.first { $0.field == field }?.value
    }

    /// The five-character code to decide by; messages are translated, codes are not.
    public var sqlState: SQLState { SQLState(rawValue: self[.sqlState] ?? "") }
    /// ERROR, FATAL, PANIC, WARNING, NOTICE, DEBUG, INFO or LOG, never translated.
    public var severity: String { self[.severity] ?? self[.localizedSeverity] ?? "ERROR" }
    /// One line of what happened, in the language of the server.
    public var message: String { self[.message] ?? "" }
    /// More of it; may hold row values.
    public var detail: String? { self[.detail] }
    /// What to do about it, as the server guesses.
    public var hint: String? { self[.hint] }
    /// Where in the statement, counted in characters from 1.
    public var position: Int? { self[.position].flatMap { Int($0) } }
    /// What was going on: functions, the line of a COPY.
    public var context: String? { self[.context] }
    /// The schema of the object in question.
    public var schemaName: String? { self[.schema] }
    /// The table.
    public var tableName: String? { self[.table] }
    /// The column.
    public var columnName: String? { self[.column] }
    /// The data type.
    public var dataTypeName: String? { self[.dataType] }
    /// The constraint that was violated.
    public var constraintName: String? { self[.constraint] }
    /// The routine of the server that reported it.
    public var routine: String? { self[.routine] }

    /// True when the server ends the session with this error.
    public var isFatal: Bool { severity == "FATAL" || severity == "PANIC" }
}

extension PostgresServerError: CustomStringConvertible, CustomDebugStringConvertible {
    /// Severity, code and message. Detail is left out: it can carry row values.
    public var description: String { "\(severity) \(sqlState): \(message)" }

    /// Every field, row values included.
    public var debugDescription: String {
        storage.map { "\(String(UnicodeScalar($0.field.rawValue))): \($0.value)" }.joined(separator: "\n")
    }
}
