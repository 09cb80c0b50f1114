/// What an import has done.
public struct ImportReport: Codable, Sendable, Equatable {
    /// What became of one table.
    public struct Table: Codable, Sendable, Equatable {
        /// The table or collection in the source.
        public var source: String
        /// The table in PostgreSQL.
        public var target: String
        /// Rows loaded.
        public var rows: Int
        /// Bytes of values sent.
        public var bytes: Int
        /// Time for its rows.
        public var loadSeconds: Double
        /// Time for its keys and indexes.
        public var keySeconds: Double
        /// Why the table was not loaded, when it was not.
        public var failure: String?
        /// What the plan says of the table and its columns.
        public var notes: [String]
    }

    /// What was imported.
    public var source: SourceDescription
    /// Where the tables are.
    public var schema: String
    /// The server's version.
    public var server: String
    /// One entry for each table of the plan, in its order.
    public var tables: [Table]
    /// What was left out, and why.
    public var skipped: [SkippedObject]
    /// Time for the rows of all tables.
    public var loadSeconds: Double
    /// Time for the keys and indexes of all tables.
    public var keySeconds: Double
    /// Time for foreign keys and the move to the schema.
    public var publishSeconds: Double
    /// The comparison; nil where none was asked for.
    public var verification: VerificationReport?

    /// Rows loaded, of all tables.
    public var rowCount: Int { tables.reduce(0) { $0 + $1.rows } }
    /// Bytes of values sent, of all tables.
    public var bytes: Int { tables.reduce(0) { $0 + $1.bytes } }
    /// Rows a second while rows were loaded.
    public var rowsPerSecond: Double { loadSeconds > 0 ? Double(rowCount) / loadSeconds : 0 }
    /// True when every table was loaded and, where that was asked for, is the same on both sides.
    public var isComplete: Bool {
        tables.allSatisfy { $0.failure == nil } && (verification?.isEqual ?? true)
    }
}
