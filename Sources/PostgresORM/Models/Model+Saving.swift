public import Postgres

/// Writing one model.
extension Model {
    /// Inserts the model. Returns it as the server has it: with its identity, its defaults, what triggers made of it.
    ///
    /// A new identity is given whatever the model says, unless `keepingIdentity` is true. A nil in a column that has a
    /// default is left to the default.
    @inlinable @discardableResult
    public func insert(
        keepingIdentity: Bool = false, in database: some PostgresDatabase
    ) async throws(PostgresError) -> Self {
        try await database.readRow(
            of: Self.self, Insert([self]).keepingIdentity(keepingIdentity).render([self], returning: true))
    }

    /// Sets every column of the row that has the model's primary key. Returns it as the server has it.
    ///
    /// Throws `PostgresError.Code.rowNotFound` when there is no such row.
    @inlinable @discardableResult
    public func update(in database: some PostgresDatabase) async throws(PostgresError) -> Self {
        let updated = try await database.readOne(updateQuery(), Self.schema.table.decode)
        guard let updated else {
            throw PostgresError(
                .rowNotFound, "no row of \(Self.schema.name) has the primary key of the model to update",
                advice: "It was deleted, or never inserted; save(in:) does either")
        }
        return updated
    }

    /// Inserts the model, or updates the row that has its primary key. Returns it as the server has it.
    ///
    /// - A model whose identity is nil or 0, or whose key is nil and has a default, is inserted.
    /// - Any other is sent as `INSERT … ON CONFLICT (key) DO UPDATE`: one statement, which two savers at once cannot
    ///   make fail. A nil in a column with a default leaves the row's value as it is; set it to NULL by
    ///   ``update(in:)``. A row inserted this way keeps the identity it came with, and the server does not count it.
    @inlinable @discardableResult
    public func save(in database: some PostgresDatabase) async throws(PostgresError) -> Self {
        try await database.readRow(of: Self.self, saveQuery())
    }

    /// Inserts the model, or updates the row that has the same values in these columns, which must be the primary key
    /// or unique together. Returns it as the server has it. For what is set see ``Insert/onConflictUpdate(_:)``.
    @inlinable @discardableResult
    public func upsert(
        on columns: any PartialKeyPath<Self> & Sendable..., in database: some PostgresDatabase
    ) async throws(PostgresError) -> Self {
        try await database.readRow(
            of: Self.self, Insert([self]).onConflictUpdate(columns).render([self], returning: true))
    }

    /// Deletes the row that has the model's primary key. False when there was none.
    @discardableResult
    public func delete(in database: some PostgresDatabase) async throws(PostgresError) -> Bool {
        try await database.execute(deleteQuery()).rowCount ?? 0 > 0
    }

    @usableFromInline
    func updateQuery() throws(PostgresError) -> PostgresQuery {
        let table = Self.schema.table
        let key = try table.requiredKey(for: "updating a model")
        guard !table.updatable.isEmpty else {
            throw PostgresError(.invalidUse, "\(Self.self) has no columns beside its key that could be updated")
        }
        return try SQLRenderer.render { renderer in
            renderer.append("UPDATE \(table.sqlName) SET ")
            table.append(self, table.updatable, as: .assignments, to: &renderer)
            renderer.append(" WHERE ")
            table.append(self, key, as: .key, to: &renderer)
            renderer.append(" RETURNING \(table.columnList)")
        }
    }

    @usableFromInline
    func saveQuery() throws(PostgresError) -> PostgresQuery {
        let table = Self.schema.table
        let isNew = !table.unset(in: self).intersection(table.key).isEmpty
        let insert = isNew ? Insert([self]) : try Insert([self]).onKeyConflictUpdate()
        return try insert.render([self], returning: true)
    }

    func deleteQuery() throws(PostgresError) -> PostgresQuery {
        let table = Self.schema.table
        let key = try table.requiredKey(for: "deleting a model")
        return try SQLRenderer.render { renderer in
            renderer.append("DELETE FROM \(table.sqlName) WHERE ")
            table.append(self, key, as: .key, to: &renderer)
        }
    }
}

extension PostgresDatabase {
    /// The row that a statement returns which must return one.
    @inlinable
    func readRow<M: Model>(of _: M.Type, _ query: PostgresQuery) async throws(PostgresError) -> M {
        guard let row = try await readOne(query, M.schema.table.decode) else {
            throw PostgresError(
                .rowNotFound, "the row was not written",
                advice: "A rule, a trigger that returns NULL or a row policy of \(M.schema.name) keeps it away")
        }
        return row
    }
}
