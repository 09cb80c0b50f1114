/// What will be made of one table or collection.
public struct TablePlan: Codable, Sendable, Equatable {
    /// The table or collection in the source.
    public var source: String
    /// The table in PostgreSQL.
    public var target: String
    /// Rows or documents found when the plan was made.
    public var rowCount: Int
    /// The columns, in their order.
    public var columns: [ColumnPlan]
    /// The column that takes what of a document has no column of its own. Nil for tables of rows.
    public var documentColumn: String?
    /// The primary key; nil for none.
    public var primaryKey: KeyPlan?
    /// Unique keys beside the primary one.
    public var unique: [KeyPlan]
    /// Indexes that are no constraints.
    public var indexes: [IndexPlan]
    /// Foreign keys to tables of the same plan.
    public var foreignKeys: [ForeignKeyPlan]
    /// What a reader of the plan should know.
    public var notes: [String]

    /// A table without keys and indexes, unless they are given.
    public init(
        source: String, target: String, rowCount: Int, columns: [ColumnPlan], documentColumn: String? = nil,
        primaryKey: KeyPlan? = nil, unique: [KeyPlan] = [], indexes: [IndexPlan] = [],
        foreignKeys: [ForeignKeyPlan] = [], notes: [String] = []
    ) {
        self.source = source
        self.target = target
        self.rowCount = rowCount
        self.columns = columns
        self.documentColumn = documentColumn
        self.primaryKey = primaryKey
        self.unique = unique
        self.indexes = indexes
        self.foreignKeys = foreignKeys
        self.notes = notes
    }

    private enum CodingKeys: CodingKey {
        case source, target, rowCount, columns, documentColumn, primaryKey, unique, indexes, foreignKeys, notes
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        source = try container.decode(String.self, forKey: .source)
        target = try container.decodeIfPresent(String.self, forKey: .target) ?? source
        rowCount = try container.decodeIfPresent(Int.self, forKey: .rowCount) ?? 0
        columns = try container.decode([ColumnPlan].self, forKey: .columns)
        documentColumn = try container.decodeIfPresent(String.self, forKey: .documentColumn)
        primaryKey = try container.decodeIfPresent(KeyPlan.self, forKey: .primaryKey)
        unique = try container.decodeIfPresent([KeyPlan].self, forKey: .unique) ?? []
        indexes = try container.decodeIfPresent([IndexPlan].self, forKey: .indexes) ?? []
        foreignKeys = try container.decodeIfPresent([ForeignKeyPlan].self, forKey: .foreignKeys) ?? []
        notes = try container.decodeIfPresent([String].self, forKey: .notes) ?? []
    }

    /// Leaves out what there is none of, so that a plan stays readable.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(source, forKey: .source)
        try container.encode(target, forKey: .target)
        try container.encode(rowCount, forKey: .rowCount)
        try container.encode(columns, forKey: .columns)
        try container.encodeIfPresent(documentColumn, forKey: .documentColumn)
        try container.encodeIfPresent(primaryKey, forKey: .primaryKey)
        if !unique.isEmpty { try container.encode(unique, forKey: .unique) }
        if !indexes.isEmpty { try container.encode(indexes, forKey: .indexes) }
        if !foreignKeys.isEmpty { try container.encode(foreignKeys, forKey: .foreignKeys) }
        if !notes.isEmpty { try container.encode(notes, forKey: .notes) }
    }

    /// The column of that name in PostgreSQL.
    public func column(target name: String) -> ColumnPlan? { columns.first { $0.target == name } }

    /// Columns that tell one row from all others: the primary key, else a unique key that allows no NULL, else none.
    public var rowKey: [String] {
        if let primaryKey { return primaryKey.columns }
        let key = unique.first { key in key.columns.allSatisfy { column(target: $0)?.isNullable == false } }
        return key?.columns ?? []
    }
}

/// A primary or unique key.
public struct KeyPlan: Codable, Sendable, Hashable {
    /// The constraint's name in PostgreSQL.
    public var name: String
    /// Columns by their names in PostgreSQL.
    public var columns: [String]

    /// A key over these columns.
    public init(name: String, columns: [String]) {
        self.name = name
        self.columns = columns
    }
}

/// An index.
public struct IndexPlan: Codable, Sendable, Hashable {
    /// A column of an index.
    public struct Column: Codable, Sendable, Hashable {
        /// The column's name in PostgreSQL.
        public var name: String
        /// True: from the greatest to the smallest.
        public var isDescending: Bool
        /// True where the source compares without regard to the case of A to Z: the index is on the lower-cased text.
        public var ignoresCase: Bool

        /// A column in ascending order, compared as it is, unless told otherwise.
        public init(name: String, isDescending: Bool = false, ignoresCase: Bool = false) {
            self.name = name
            self.isDescending = isDescending
            self.ignoresCase = ignoresCase
        }
    }

    /// Name in PostgreSQL.
    public var name: String
    /// The columns, in their order.
    public var columns: [Column]
    /// True: no two rows have the same values.
    public var isUnique: Bool
    /// `btree` or `gin`.
    public var method: String
    /// The condition of a partial index, in SQL.
    public var condition: String?

    /// A btree over all rows, not unique, unless told otherwise.
    public init(
        name: String, columns: [Column], isUnique: Bool = false, method: String = "btree", condition: String? = nil
    ) {
        self.name = name
        self.columns = columns
        self.isUnique = isUnique
        self.method = method
        self.condition = condition
    }
}

/// A foreign key; added when all tables are loaded.
public struct ForeignKeyPlan: Codable, Sendable, Hashable {
    /// The constraint's name in PostgreSQL.
    public var name: String
    /// The columns that point, by their names in PostgreSQL.
    public var columns: [String]
    /// The table they point at, by its name in PostgreSQL.
    public var targetTable: String
    /// The columns they point at, in the same order.
    public var targetColumns: [String]
    /// `NO ACTION`, `RESTRICT`, `CASCADE`, `SET NULL` or `SET DEFAULT`.
    public var onDelete: String
    /// What happens when the key pointed at changes; the same words as `onDelete`.
    public var onUpdate: String
    /// Rows of the source that point at nothing. With any, the key is added as NOT VALID: it holds for new rows only.
    public var orphans: Int
    /// True: checked when the transaction ends (`DEFERRABLE INITIALLY DEFERRED`).
    public var isDeferred: Bool

    /// A foreign key checked at once, that forbids what would break it, unless told otherwise.
    public init(
        name: String, columns: [String], targetTable: String, targetColumns: [String], onDelete: String = "NO ACTION",
        onUpdate: String = "NO ACTION", orphans: Int = 0, isDeferred: Bool = false
    ) {
        self.name = name
        self.columns = columns
        self.targetTable = targetTable
        self.targetColumns = targetColumns
        self.onDelete = onDelete
        self.onUpdate = onUpdate
        self.orphans = orphans
        self.isDeferred = isDeferred
    }
}
