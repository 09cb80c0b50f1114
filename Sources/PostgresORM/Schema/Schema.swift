public import Postgres

/// A table and the initialiser that makes a model of one of its rows.
///
/// The compiler holds the columns against the initialiser: one column per parameter, in the same order, each of the
/// same type. Rows are decoded by calling that initialiser with one cell after another, specialised in the module that
/// declares the schema: no reflection, no lookup by name, no box per value.
public struct Schema<M: Sendable>: Sendable {
    @usableFromInline let table: ModelTable<M>

    /// Declares a table of any number of columns.
    ///
    /// up to sixteen columns there are initialisers of the same form that decode faster still: the compiler does not
    /// unroll a loop over a parameter pack.
    ///
    /// - Parameters:
    ///   - name: The table. `PostgresIdentifier(schema: "app", "projects")` names one in a schema.
    ///   - make: What makes a model of the columns' values, in their order: a struct's memberwise initialiser, mostly.
    ///   - columns: The columns, in the initialiser's order.
    ///   - options: What concerns several columns: composite unique constraints and indexes, checks.
    @inlinable
    public init<each Value: PostgresCodable>(
        _ name: PostgresIdentifier,
        _ make: @escaping @Sendable (repeat each Value) -> M,
        _ columns: repeat Column<M, each Value>,
        options: [TableOption<M>] = []
    ) {
        var erased: [ModelColumn<M>] = []
        for column in repeat each columns { erased.append(column.erased) }
        self.init(name, erased, options) { (row: inout PostgresRowDecoder) throws(PostgresError) -> M in
            make(repeat try row.next((each Value).self))
        }
    }

    @usableFromInline
    init(
        _ name: PostgresIdentifier, _ columns: [ModelColumn<M>], _ options: [TableOption<M>],
        decode: @escaping ModelTable<M>.Decode
    ) {
        table = ModelTable(name: name, columns: columns, options: options, decode: decode)
    }

    /// The table as SQL sees it: what `createTable` creates.
    public var definition: TableDefinition { table.definition }

    /// The table's name.
    public var name: PostgresIdentifier { table.definition.name }
}
