public import Postgres

/// One column: its name in SQL, the property it belongs to, and what SQL shall know about it.
///
///     Column("project_id", \.projectID, .type("varchar(10)"), .unique)
///
/// The SQL type follows from the property's type unless `.type` says another one. A column is NOT NULL unless the
/// property is an `Optional`.
public struct Column<M: Sendable, Value: PostgresCodable>: Sendable {
    @usableFromInline let erased: ModelColumn<M>

    /// A column for a property.
    @inlinable
    public init(_ name: String, _ keyPath: any KeyPath<M, Value> & Sendable, _ options: ColumnOption<Value>...) {
        let reader = PropertyReader(keyPath)
        // Made here, where the type of the value is known: COPY runs it once for every cell.
        self.init(name, reader, options) { (model, row) throws(PostgresError) in
            try row.append(reader.read(model))
        }
    }

    @usableFromInline
    init(
        _ name: String, _ reader: PropertyReader<M, Value>, _ options: [ColumnOption<Value>],
        copy: @escaping ModelColumn<M>.Copy
    ) {
        var definition = ColumnDefinition(
            name: name, type: Value.postgresType, isNullable: Value.self is any NullableColumnValue.Type)
        for option in options { option.kind.apply(to: &definition) }
        let hasDefault = definition.isIdentity || definition.defaultSQL != nil
        let isIdentityUnset = options.lazy.compactMap(\.isUnset).first
        erased = ModelColumn(
            definition: definition, keyPath: reader.keyPath,
            bind: { model, column, values, renderer in
                values.append(reader.read(model), column: column, hasDefault: hasDefault, to: &renderer)
            },
            copy: copy,
            isUnset: { model in
                guard hasDefault else { return false }
                let value = reader.read(model)
                return isIdentityUnset?(value) ?? value.isPostgresNull
            },
            gathered: LookupKey.kind(of: Value.self).map { kind in
                GatheredKey(kind: kind) { LookupKey(reader.read($0)) }
            })
    }

    /// The column as SQL sees it.
    public var definition: ColumnDefinition { erased.definition }
}

/// A column of a model, whatever its Swift type: what is done to its values is in closures.
@usableFromInline
final class ModelColumn<M: Sendable>: Sendable {
    typealias Bind = @Sendable (UnsafePointer<M>, _ column: Int, inout ModelValues, inout SQLRenderer) -> Void
    @usableFromInline
    typealias Copy = @Sendable (UnsafePointer<M>, inout PostgresRowEncoder) throws(PostgresError) -> Void

    let definition: ColumnDefinition
    let keyPath: any PartialKeyPath<M> & Sendable
    /// Appends the model's value to a statement.
    let bind: Bind
    /// Appends the model's value to a row of COPY.
    let copy: Copy
    /// Whether the model leaves the column to the server: an identity of nil or 0, nil where there is a default.
    let isUnset: @Sendable (UnsafePointer<M>) -> Bool
    /// How rows are told apart by the column, where they can be.
    let gathered: GatheredKey<M>?

    init(
        definition: ColumnDefinition, keyPath: any PartialKeyPath<M> & Sendable, bind: @escaping Bind,
        copy: @escaping Copy, isUnset: @escaping @Sendable (UnsafePointer<M>) -> Bool, gathered: GatheredKey<M>?
    ) {
        self.definition = definition
        self.keyPath = keyPath
        self.bind = bind
        self.copy = copy
        self.isUnset = isUnset
        self.gathered = gathered
    }
}

/// What a column has to be to take NULL. Only `Optional` is.
protocol NullableColumnValue {}
extension Optional: NullableColumnValue {}
