public import PostgresTypes
import PostgresWire

/// A table as it was when the changes that refer to it were made.
public struct PostgresReplicatedTable: Sendable, Hashable {
    /// What identifies a row that was changed or deleted: `REPLICA IDENTITY` of the table.
    public enum Identity: UInt8, Sendable, Hashable {
        /// The primary key.
        case primaryKey = 0x64  // d
        /// Nothing: updates and deletes are refused by the server.
        case nothing = 0x6E  // n
        /// The whole row.
        case full = 0x66  // f
        /// A unique index.
        case index = 0x69  // i
    }

    /// One column.
    public struct Column: Sendable, Hashable {
        /// Its name.
        public var name: String
        /// Decides how its cells are decoded.
        public var type: PostgresType
        /// What the type's declaration adds, such as the length of `varchar(20)`; -1 when nothing.
        public var typeModifier: Int
        /// A part of what identifies a row.
        public var isKey: Bool
    }

    /// Shared by all changes of the table.
    private final class Storage: Sendable {
        let oid: UInt32
        let schema: String
        let name: String
        let identity: Identity
        let columns: [Column]

        init(oid: UInt32, schema: String, name: String, identity: Identity, columns: [Column]) {
            self.oid = oid
            self.schema = schema
            self.name = name
            self.identity = identity
            self.columns = columns
        }
    }

    private let storage: Storage

    init(oid: UInt32, schema: String, name: String, identity: Identity, columns: [Column]) {
        storage = Storage(oid: oid, schema: schema, name: name, identity: identity, columns: columns)
    }

    /// Its number in `pg_class`.
    public var oid: UInt32 { storage.oid }
    /// Its schema; empty for `pg_catalog`.
    public var schema: String { storage.schema }
    /// Its name, without the schema.
    public var name: String { storage.name }
    /// What identifies its rows.
    public var identity: Identity { storage.identity }
    /// The columns that are published, in order.
    public var columns: [Column] { storage.columns }

    public static func == (left: PostgresReplicatedTable, right: PostgresReplicatedTable) -> Bool {
        left.storage === right.storage
            || (left.oid == right.oid && ExactText.areSame(left.schema, right.schema)
                && ExactText.areSame(left.name, right.name)
                && left.identity == right.identity && left.columns == right.columns)
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(oid)
        hasher.combine(name)
    }
}

extension PostgresReplicatedTable: CustomStringConvertible {
    /// `schema.name`.
    public var description: String { schema.isEmpty ? name : "\(schema).\(name)" }
}
