/// What will be made of a source: every table, column, type, key and index, and what is left out and why.
///
/// A plan is made from the source's declarations and from all its values. It is written and read as JSON, so that it can
/// be looked at, changed and kept.
public struct ImportPlan: Codable, Sendable, Equatable {
    /// The format of this plan's JSON.
    public var version = 1
    /// What the plan was made of.
    public var source: SourceDescription
    /// The tables to import; those left out are not.
    public var tables: [TablePlan]
    /// Objects of the source that have no counterpart: views, triggers, full-text tables.
    public var skipped: [SkippedObject]

    /// A plan made by hand.
    public init(source: SourceDescription, tables: [TablePlan], skipped: [SkippedObject] = []) {
        self.source = source
        self.tables = tables
        self.skipped = skipped
    }

    /// Rows found in all tables.
    public var rowCount: Int { tables.reduce(0) { $0 + $1.rowCount } }

    private enum CodingKeys: CodingKey { case version, source, tables, skipped }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        version = try container.decodeIfPresent(Int.self, forKey: .version) ?? 1
        source = try container.decode(SourceDescription.self, forKey: .source)
        tables = try container.decode([TablePlan].self, forKey: .tables)
        skipped = try container.decodeIfPresent([SkippedObject].self, forKey: .skipped) ?? []
    }
}

/// Where the data comes from.
public struct SourceDescription: Codable, Sendable, Hashable {
    /// What kind of source.
    public enum Kind: String, Codable, Sendable, Hashable {
        /// A SQLite database.
        case sqlite
        /// Documents exported from MongoDB.
        case mongo
    }

    /// What kind of source it is.
    public var kind: Kind
    /// Where it is.
    public var path: String
    /// Size of the file or files, in bytes.
    public var bytes: Int

    /// A file or directory, and how large it is.
    public init(kind: Kind, path: String, bytes: Int) {
        self.kind = kind
        self.path = path
        self.bytes = bytes
    }
}

/// Something of the source that is not carried over.
public struct SkippedObject: Codable, Sendable, Hashable {
    /// `view`, `trigger`, `index`, `check`, …
    public var kind: String
    /// Its name in the source.
    public var name: String
    /// Why it is left out.
    public var reason: String

    /// Something that is left out, and why.
    public init(kind: String, name: String, reason: String) {
        self.kind = kind
        self.name = name
        self.reason = reason
    }
}
