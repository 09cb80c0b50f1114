/// What the comparison of a source with its tables in PostgreSQL has found.
public struct VerificationReport: Codable, Sendable, Equatable {
    /// What the tables were compared with.
    public var source: SourceDescription
    /// Where the tables are.
    public var schema: String
    /// One entry for each table of the plan, in its order.
    public var tables: [TableVerification]
    /// Time it took.
    public var seconds: Double

    /// True when every table is the same on both sides.
    public var isEqual: Bool { tables.allSatisfy(\.isEqual) }
    /// Rows compared.
    public var rowCount: Int { tables.reduce(0) { $0 + $1.sourceRows } }

    private enum CodingKeys: CodingKey { case source, schema, tables, seconds, isEqual }

    init(source: SourceDescription, schema: String, tables: [TableVerification], seconds: Double) {
        self.source = source
        self.schema = schema
        self.tables = tables
        self.seconds = seconds
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        source = try container.decode(SourceDescription.self, forKey: .source)
        schema = try container.decode(String.self, forKey: .schema)
        tables = try container.decode([TableVerification].self, forKey: .tables)
        seconds = try container.decode(Double.self, forKey: .seconds)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(source, forKey: .source)
        try container.encode(schema, forKey: .schema)
        try container.encode(tables, forKey: .tables)
        try container.encode(seconds, forKey: .seconds)
        try container.encode(isEqual, forKey: .isEqual)
    }
}

/// The comparison of one table.
public struct TableVerification: Codable, Sendable, Equatable {
    /// The table or collection in the source.
    public var table: String
    /// The table in PostgreSQL.
    public var target: String
    /// Rows in the source.
    public var sourceRows: Int
    /// Rows in PostgreSQL.
    public var targetRows: Int
    /// The sum of the SHA-256 of all rows in canonical form, computed from the source alone.
    public var sourceDigest: String
    /// The same, from PostgreSQL's side.
    public var targetDigest: String
    /// Rows compared field by field with what the server shows as text.
    public var samples: Int
    /// The first differences found.
    public var differences: [Difference]
    /// Whatever else is wrong: rows that point at nothing, a sequence that would give a number again.
    public var problems: [String]
    /// Time it took.
    public var seconds: Double

    /// True when counts and digests agree and nothing else was found.
    public var isEqual: Bool {
        sourceRows == targetRows && sourceDigest == targetDigest && differences.isEmpty && problems.isEmpty
    }
}

/// One place where source and target differ. Shows values: that is its purpose.
public struct Difference: Codable, Sendable, Hashable {
    /// In what way they differ.
    public enum Kind: String, Codable, Sendable, Hashable {
        /// The row is in the source and not in the target.
        case missing
        /// The row is in the target and not in the source.
        case additional
        /// A value differs.
        case changed
    }

    /// In what way they differ.
    public var kind: Kind
    /// The table, as the source calls it.
    public var table: String
    /// The row's key, or the whole row where it has none.
    public var row: String
    /// The column, when a value differs.
    public var column: String?
    /// The value in the source; nil for a row that differs as a whole.
    public var source: String?
    /// The value in PostgreSQL; nil for a row that differs as a whole.
    public var target: String?

    /// One place where the sides differ; values only where a value differs.
    public init(
        kind: Kind, table: String, row: String, column: String? = nil, source: String? = nil, target: String? = nil
    ) {
        self.kind = kind
        self.table = table
        self.row = row
        self.column = column
        self.source = source
        self.target = target
    }
}

extension Difference: CustomStringConvertible {
    public var description: String {
        switch kind {
        case .missing: "\(table), \(row): missing in PostgreSQL"
        case .additional: "\(table), \(row): not in the source"
        case .changed:
            "\(table), \(row), \(column ?? ""): \(source ?? "NULL") in the source, \(target ?? "NULL") in PostgreSQL"
        }
    }
}
