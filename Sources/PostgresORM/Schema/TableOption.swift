internal import Postgres

/// Something to say about a table that concerns more than one column.
///
///     static let schema = Schema("sop_versions", SOPVersion.init,
///         Column("sop_id", \.sopID),
///         Column("version", \.version),
///         options: [.unique(\.sopID, \.version), .index(.ascending(\.sopID), .descending(\.version))])
public struct TableOption<M: Sendable>: Sendable {
    typealias Name = (any PartialKeyPath<M> & Sendable) -> String?
    /// Adds the option; `name` gives the column of a key path.
    let apply: @Sendable (_ table: inout TableDefinition, _ name: Name) -> Void

    /// A unique constraint over several columns together.
    public static func unique(_ columns: any PartialKeyPath<M> & Sendable...) -> Self {
        Self { table, name in
            guard let names = Self.names(of: columns, in: &table, name) else { return }
            table.uniqueConstraints.append(names)
        }
    }

    /// A condition that every row must fulfil. The text stands in SQL as it is.
    public static func check(_ sql: String) -> Self {
        Self { table, _ in table.checks.append(sql) }
    }

    /// An index over several columns together.
    ///
    /// - Parameter predicate: Index only the rows that fulfil it: `where: "deleted_at IS NULL"`. The text stands in
    ///   SQL as it is.
    public static func index(
        _ columns: IndexedColumn<M>..., method: IndexMethod = .btree, unique: Bool = false,
        where predicate: String? = nil
    ) -> Self {
        Self { table, name in
            guard let names = Self.names(of: columns.map(\.keyPath), in: &table, name) else { return }
            let elements = zip(names, columns).map { PostgresIdentifier($0).sql + $1.direction }
            table.indexes.append(
                IndexDefinition(
                    name: indexName(table: table.name.name, columns: names), method: method, isUnique: unique,
                    elements: elements, predicate: predicate))
        }
    }

    /// An index over an expression, with a name of its own:
    /// `.index(named: "sops_search_idx", on: "to_tsvector('english', body)", method: .gin)`. The text stands in SQL as
    /// it is.
    public static func index(
        named name: String, on expression: String, method: IndexMethod = .btree, unique: Bool = false,
        where predicate: String? = nil
    ) -> Self {
        Self { table, _ in
            table.indexes.append(
                IndexDefinition(
                    name: name, method: method, isUnique: unique, elements: ["(\(expression))"],
                    predicate: predicate))
        }
    }

    /// Spreads the rows over servers by a column's value, where the Citus extension is there; nothing where it is not.
    ///
    /// `createTable` then calls `create_distributed_table` once. Citus wants the column in every key and unique constraint.
    public static func distributed(by column: any PartialKeyPath<M> & Sendable) -> Self {
        Self { table, name in table.distributionColumn = Self.names(of: [column], in: &table, name)?.first }
    }

    private static func names(
        of columns: [any PartialKeyPath<M> & Sendable], in table: inout TableDefinition, _ name: Name
    ) -> [String]? {
        var names: [String] = []
        for column in columns {
            guard let found = name(column) else {
                if table.failure == nil { table.failure = ModelTable<M>.notAColumn(column).message }
                return nil
            }
            names.append(found)
        }
        return names
    }
}

/// A column in an index, and which way it is sorted there.
public struct IndexedColumn<M: Sendable>: Sendable {
    let keyPath: any PartialKeyPath<M> & Sendable
    let direction: String

    public static func ascending(_ column: any PartialKeyPath<M> & Sendable) -> Self {
        Self(keyPath: column, direction: "")
    }
    public static func descending(_ column: any PartialKeyPath<M> & Sendable) -> Self {
        Self(keyPath: column, direction: " DESC")
    }
}
