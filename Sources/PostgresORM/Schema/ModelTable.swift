public import Postgres

/// What a schema comes down to: the table's definition, the closures that were specialised for its columns, and the
/// pieces of SQL that every statement on it repeats.
///
/// Made once per model and never changed, so that the cost of a statement is only what differs from the last one.
@usableFromInline
final class ModelTable<M: Sendable>: Sendable {
    @usableFromInline typealias Decode = @Sendable (inout PostgresRowDecoder) throws(PostgresError) -> M

    let definition: TableDefinition
    let columns: [ModelColumn<M>]
    /// Reads a row of all columns.
    @usableFromInline let decode: Decode

    /// `"projects"`
    let sqlName: String
    /// `"id"`, `"project_id"`, …: one per column.
    let sqlColumns: [String]
    /// `"id", "project_id", …`: all columns in the order that `decode` reads them.
    let columnList: String

    /// What INSERT writes: neither identities nor generated columns.
    let insertable: ColumnSet
    /// What INSERT writes when identities are kept: no generated columns.
    let insertableWithIdentity: ColumnSet
    /// The primary key.
    let key: ColumnSet
    /// What UPDATE sets: neither the key nor identities nor generated columns.
    let updatable: ColumnSet
    /// The columns that may be left to the server.
    let columnsWithDefault: ColumnSet
    /// True when some column may be left to the server by a nil in it, identities aside.
    let hasNullableDefaults: Bool

    /// How rows are told apart that were read by their key together, where the key is one column of a fit type.
    let gatheredKey: GatheredKey<M>?

    private let indexes: [ColumnKey<M>: Int]

    init(
        name: PostgresIdentifier, columns: [ModelColumn<M>], options: [TableOption<M>], decode: @escaping Decode
    ) {
        self.columns = columns
        self.decode = decode

        var indexes: [ColumnKey<M>: Int] = [:]
        for (index, column) in columns.enumerated() { indexes[ColumnKey(column.keyPath)] = index }
        self.indexes = indexes

        let definitions = columns.map(\.definition)
        var definition = TableDefinition(name: name, columns: definitions)
        for option in options {
            option.apply(&definition) { keyPath in indexes[ColumnKey(keyPath)].map { definitions[$0].name } }
        }
        self.definition = definition

        sqlName = name.sql
        sqlColumns = definitions.map { PostgresIdentifier($0.name).sql }
        columnList = sqlColumns.joined(separator: ", ")
        insertable = ColumnSet(definitions) { !$0.isIdentity && $0.generated == nil }
        insertableWithIdentity = ColumnSet(definitions) { $0.generated == nil }
        let key = ColumnSet(definitions) { $0.isPrimaryKey }
        self.key = key
        gatheredKey = key.count == 1 ? key.first { _ in true }.flatMap { columns[$0].gathered } : nil
        updatable = ColumnSet(definitions) { !$0.isPrimaryKey && !$0.isIdentity && $0.generated == nil }
        columnsWithDefault = ColumnSet(definitions) { $0.isIdentity || $0.defaultSQL != nil }
        hasNullableDefaults = definitions.contains { $0.isNullable && $0.defaultSQL != nil }
    }

    /// The columns in which a model says nothing: an identity of nil or 0, nil where there is a default.
    func unset(in model: M) -> ColumnSet {
        withUnsafePointer(to: model) { pointer in
            columnsWithDefault.filter { columns[$0].isUnset(pointer) }
        }
    }

    /// Appends the values of some of a model's columns to a statement.
    func append(_ model: M, _ wanted: ColumnSet, as layout: ModelValues.Layout, to renderer: inout SQLRenderer) {
        var values = ModelValues(layout, sqlColumns: sqlColumns)
        withUnsafePointer(to: model) { pointer in
            for index in wanted { columns[index].bind(pointer, index, &values, &renderer) }
        }
    }

    /// What appends the values of some columns to a row of COPY, one closure per column.
    func copiers(_ wanted: ColumnSet) -> [ModelColumn<M>.Copy] { wanted.map { columns[$0].copy } }

    /// The column that a key path stands for.
    func index(of keyPath: any PartialKeyPath<M> & Sendable) throws(PostgresError) -> Int {
        guard let index = indexes[ColumnKey(keyPath)] else { throw Self.notAColumn(keyPath) }
        return index
    }

    /// The error for a property that the schema has no column for.
    static func notAColumn(_ keyPath: PartialKeyPath<M>) -> PostgresError {
        PostgresError(
            .invalidUse, "the schema of \(M.self) has no column for \(keyPath)",
            advice: "Add a Column for the property to the schema, or use one that has")
    }

    /// The quoted names of some columns, separated by commas.
    func list(_ columns: ColumnSet) -> String {
        columns.map { sqlColumns[$0] }.joined(separator: ", ")
    }

    /// The primary key, or an error that says who needs it.
    func requiredKey(for purpose: String) throws(PostgresError) -> ColumnSet {
        guard key.isEmpty else { return key }
        throw PostgresError(
            .invalidUse, "\(purpose) needs a primary key, and the schema of \(M.self) has none",
            advice: "Give one of its columns .primaryKey or .identity")
    }
}

/// A key path to look a column up by.
private struct ColumnKey<M>: Hashable, Sendable {
    let keyPath: any PartialKeyPath<M> & Sendable

    init(_ keyPath: any PartialKeyPath<M> & Sendable) { self.keyPath = keyPath }

    static func == (left: Self, right: Self) -> Bool {
        (left.keyPath as PartialKeyPath<M>) == (right.keyPath as PartialKeyPath<M>)
    }

    func hash(into hasher: inout Hasher) { hasher.combine(keyPath as PartialKeyPath<M>) }
}
