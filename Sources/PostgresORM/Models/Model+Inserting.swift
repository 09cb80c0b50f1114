public import Postgres

/// Writing many models.
extension Model {
    /// Inserts models, all or none. Returns how many there were.
    ///
    /// A few go by INSERT, many by COPY, which is several times as fast. Where the models shall come back with the
    /// identities and defaults that the server gave them, use `Insert(models).returning(in:)`.
    @inlinable @discardableResult
    public static func insert(
        _ models: [Self], keepingIdentity: Bool = false, in database: some PostgresDatabase
    ) async throws(PostgresError) -> Int {
        let insert = Insert(models).keepingIdentity(keepingIdentity)
        return insert.prefersCopy ? try await insert.copy(in: database) : try await insert.run(in: database)
    }

    /// Inserts models, or updates the rows that have the same values in these columns, which must be the primary key or
    /// unique together. All or none; returns them as the server has them. For what is set see
    /// ``Insert/onConflictUpdate(_:)``.
    @inlinable @discardableResult
    public static func upsert(
        _ models: [Self], on columns: any PartialKeyPath<Self> & Sendable..., in database: some PostgresDatabase
    ) async throws(PostgresError) -> [Self] {
        try await Insert(models).onConflictUpdate(columns).returning(in: database)
    }
}

extension Insert {
    /// Whether COPY is the faster way, and can say the same.
    ///
    /// It takes a round trip more than INSERT, and the server less time for each value: measured with three columns, it
    /// is ahead in processor time from 100 rows on and in time from 150 on.
    @usableFromInline
    var prefersCopy: Bool { models.count * copyColumns.count >= 400 && canCopy }

    /// Runs the insertion, all or nothing. Returns how many rows it inserted or updated.
    @inlinable @discardableResult
    public func run(in database: some PostgresDatabase) async throws(PostgresError) -> Int {
        if models.isEmpty { return 0 }
        if models.count <= modelsPerStatement {
            return try await database.execute(render(models[...], returning: false)).rowCount ?? 0
        }
        return try await database.transaction { (transaction) async throws(PostgresError) in
            var count = 0
            for chunk in self.chunks {
                count += try await transaction.execute(self.render(chunk, returning: false)).rowCount ?? 0
            }
            return count
        }
    }

    /// Runs the insertion, all or nothing. Returns the rows it inserted or updated, as the server has them.
    @inlinable
    public func returning(in database: some PostgresDatabase) async throws(PostgresError) -> [M] {
        if models.isEmpty { return [] }
        if models.count <= modelsPerStatement {
            return try await database.read(render(models[...], returning: true), M.schema.table.decode)
        }
        return try await database.transaction { (transaction) async throws(PostgresError) in
            var rows: [M] = []
            rows.reserveCapacity(self.models.count)
            for chunk in self.chunks {
                rows += try await transaction.read(self.render(chunk, returning: true), M.schema.table.decode)
            }
            return rows
        }
    }

    /// The models, as many at a time as go into one statement.
    @usableFromInline
    var chunks: [ArraySlice<M>] {
        stride(from: 0, to: models.count, by: modelsPerStatement).map {
            models[$0..<min($0 + modelsPerStatement, models.count)]
        }
    }

    /// Whether COPY can say the same: it knows no DEFAULT in a single row.
    var canCopy: Bool {
        let table = M.schema.table
        guard !copyColumns.isEmpty else { return false }
        guard table.hasNullableDefaults || keepsIdentity else { return true }
        let columns = copyColumns
        return models.allSatisfy { table.unset(in: $0).intersection(columns).isEmpty }
    }

    private var copyColumns: ColumnSet {
        keepsIdentity ? M.schema.table.insertableWithIdentity : M.schema.table.insertable
    }

    /// What appends a model to a row of COPY.
    @usableFromInline
    var copiers: [ModelColumn<M>.Copy] { M.schema.table.copiers(copyColumns) }

    @usableFromInline
    var copyColumnNames: [String] {
        copyColumns.map { M.schema.definition.columns[$0].name }
    }

    /// Sends the models by COPY.
    @inlinable
    func copy(in database: some PostgresDatabase) async throws(PostgresError) -> Int {
        let copiers = copiers
        do {
            return try await database.copy(into: M.schema.name, columns: copyColumnNames) { writer in
                for model in self.models {
                    try await writer.writeRow { (row) throws(PostgresError) in
                        try withUnsafePointer(to: model) { (pointer) throws(PostgresError) in
                            for copy in copiers { try copy(pointer, &row) }
                        }
                    }
                }
            }
        } catch {
            throw PostgresError(from: error)
        }
    }
}
