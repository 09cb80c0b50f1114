public import Postgres

/// Inserts models, with a rule for those whose key is there already.
///
/// Identities and generated columns are left out: the server makes them. A nil in a column that has a default is left
/// to the default.
public struct Insert<M: Model>: Sendable {
    /// What to do with a model whose key is in the table already.
    enum Conflict: Sendable {
        case fail
        case skip
        /// Sets the row's other columns. `key`: the columns of the unique constraint.
        case update(key: ColumnSet)
        /// What was asked for cannot be said in SQL.
        case invalid(PostgresError)
    }

    @usableFromInline let models: [M]
    @usableFromInline var keepsIdentity = false
    var conflict = Conflict.fail

    /// The insertion of some models, not run yet.
    public init(_ models: [M]) { self.models = models }

    /// Inserts the identities that the models have, in place of new ones.
    ///
    /// The server does not count them: set its sequence past the largest one, or a later insert will collide with it.
    public func keepingIdentity(_ keeps: Bool = true) -> Self {
        var copy = self
        copy.keepsIdentity = keeps
        return copy
    }

    /// Leaves out the models that a unique constraint of any kind forbids.
    public func onConflictDoNothing() -> Self {
        var copy = self
        copy.conflict = .skip
        return copy
    }

    /// Updates the row that has the same values in these columns, which must be the primary key or unique together.
    ///
    /// Sets all columns but these, the primary key, generated ones and those in which every model has a nil although
    /// they have a default: a nil there says nothing. Two models with the same key in one call make the server throw
    /// 21000.
    public func onConflictUpdate(_ columns: any PartialKeyPath<M> & Sendable...) -> Self {
        onConflictUpdate(columns)
    }

    @usableFromInline
    func onConflictUpdate(_ columns: [any PartialKeyPath<M> & Sendable]) -> Self {
        var copy = self
        do {
            var key = ColumnSet()
            for column in columns { key.insert(try M.schema.table.index(of: column)) }
            copy.conflict = .update(key: key)
        } catch {
            copy.conflict = .invalid(error)
        }
        return copy
    }

    /// Updates the row with the same primary key; the key is inserted as it is, an identity too.
    func onKeyConflictUpdate() throws(PostgresError) -> Self {
        var copy = keepingIdentity()
        copy.conflict = .update(key: try M.schema.table.requiredKey(for: "saving a model"))
        return copy
    }

    /// The statement for all models, without RETURNING.
    ///
    /// Throws when they have more values together than a statement can have parameters, 65,535; running the insertion
    /// sends several statements then.
    public var query: PostgresQuery {
        get throws(PostgresError) { try render(models[...], returning: false) }
    }

    /// The most parameters a statement can have: Bind counts them in 16 bits (PostgreSQL documentation, "Message
    /// Formats").
    static var maximumParameters: Int { 65_535 }

    /// How many models one statement takes. More than 1,000 make it no faster.
    @usableFromInline
    var modelsPerStatement: Int { min(1_000, Self.maximumParameters / max(columns.count, 1)) }

    /// What is written: all that may be, without the columns of which an upsert says nothing.
    private var columns: ColumnSet {
        let table = M.schema.table
        let all = keepsIdentity ? table.insertableWithIdentity : table.insertable
        guard table.hasNullableDefaults, case .update = conflict, let first = models.first else { return all }
        let unset = models.dropFirst().reduce(table.unset(in: first)) { $0.intersection(table.unset(in: $1)) }
        return all.subtracting(unset.subtracting(table.key))
    }

    @usableFromInline
    func render(_ models: ArraySlice<M>, returning: Bool) throws(PostgresError) -> PostgresQuery {
        let table = M.schema.table
        let columns = columns
        guard !models.isEmpty else { throw PostgresError(.invalidUse, "no \(M.self) was given to insert") }
        guard columns.count * models.count <= Self.maximumParameters else {
            throw PostgresError(
                .invalidUse, "\(models.count) rows of \(columns.count) columns are more than one statement can take",
                advice: "Run the insertion: it sends as many statements as it needs")
        }
        return try SQLRenderer.render { (renderer) throws(PostgresError) in
            renderer.append("INSERT INTO \(table.sqlName) ")
            // A table of which the server makes every column still wants one to be named.
            let names = columns.isEmpty ? table.sqlColumns.first ?? "" : table.list(columns)
            renderer.append("(\(names)) VALUES ")
            for (index, model) in models.enumerated() {
                renderer.append(index == 0 ? "(" : ", (")
                if columns.isEmpty { renderer.append("DEFAULT") }
                table.append(model, columns, as: .row, to: &renderer)
                renderer.append(")")
            }
            try renderConflict(columns, into: &renderer)
            if returning { renderer.append(" RETURNING \(table.columnList)") }
        }
    }

    private func renderConflict(_ columns: ColumnSet, into renderer: inout SQLRenderer) throws(PostgresError) {
        switch conflict {
        case .fail: break
        case .skip: renderer.append(" ON CONFLICT DO NOTHING")
        case .invalid(let error): throw error
        case .update(let key):
            let table = M.schema.table
            var updated = columns.subtracting(key).subtracting(table.key)
            // With nothing else to set, the key is set to itself: DO NOTHING would return no row.
            if updated.isEmpty { updated = key }
            let sets = updated.map { "\(table.sqlColumns[$0]) = EXCLUDED.\(table.sqlColumns[$0])" }
            renderer.append(" ON CONFLICT (\(table.list(key))) DO UPDATE SET \(sets.joined(separator: ", "))")
        }
    }
}
