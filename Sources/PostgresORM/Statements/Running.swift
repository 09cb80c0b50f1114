public import Postgres

/// Reading the rows that a statement returns. What decodes is inlinable: it runs specialised in the caller's module, where
/// the model's type is known.
extension PostgresDatabase {
    /// Every row, made into a `T` each.
    @inlinable
    func read<T>(
        _ query: PostgresQuery, _ decode: @escaping @Sendable (inout PostgresRowDecoder) throws(PostgresError) -> T
    ) async throws(PostgresError) -> [T] {
        try await self.query(query).decode(decode).collect()
    }

    /// The only row, if there is one.
    ///
    /// Reads to the end all the same: whoever leaves before it has the server stop, and take back what it wrote.
    @inlinable
    func readOne<T>(
        _ query: PostgresQuery, _ decode: @escaping @Sendable (inout PostgresRowDecoder) throws(PostgresError) -> T
    ) async throws(PostgresError) -> T? {
        try await read(query, decode).first
    }

    /// The one value of the one row of a statement that always has one.
    func readValue<V: PostgresDecodable>(_ query: PostgresQuery, _: V.Type = V.self) async throws(PostgresError) -> V {
        let value = try await readOne(query) { (row: inout PostgresRowDecoder) throws(PostgresError) in
            try row.next(V.self)
        }
        guard let value else {
            throw PostgresError(.protocolViolation, "the server returned no row for a single value")
        }
        return value
    }
}

extension Select {
    /// Every row, in memory.
    @inlinable
    public func all(in database: some PostgresDatabase) async throws(PostgresError) -> [M] {
        try await database.read(query, M.schema.table.decode)
    }

    /// The rows one after another, as they come: a table larger than memory can be read through.
    ///
    ///     let rows = try await Project.where { $0.isActive }.rows(in: pool)
    ///     for try await project in rows { … }
    @inlinable
    public func rows(in database: some PostgresDatabase) async throws(PostgresError) -> PostgresDecodedRows<M> {
        try await database.query(query).decode(M.schema.table.decode)
    }

    /// The first row, if there is one. Order the rows to say which one that is.
    @inlinable
    public func first(in database: some PostgresDatabase) async throws(PostgresError) -> M? {
        try await database.readOne(atMost(1).query, M.schema.table.decode)
    }

    /// How many rows there are.
    public func count(in database: some PostgresDatabase) async throws(PostgresError) -> Int {
        try await database.readValue(countQuery)
    }

    /// True if there is a row.
    public func exists(in database: some PostgresDatabase) async throws(PostgresError) -> Bool {
        try await database.readValue(existsQuery)
    }

    /// Deletes the rows. Returns how many there were.
    @discardableResult
    public func delete(in database: some PostgresDatabase) async throws(PostgresError) -> Int {
        try await delete().run(in: database)
    }

    /// Sets columns of the rows. Returns how many there were.
    ///
    ///     try await Project.where { $0.id == 7 }.update(in: pool) { $0.set(\.isActive, to: false) }
    @discardableResult
    public func update(
        in database: some PostgresDatabase, _ change: (inout Changes<M>) -> Void
    ) async throws(PostgresError) -> Int {
        try await update(change).run(in: database)
    }

    /// With a limit of `count`, unless there is a smaller one already.
    @usableFromInline
    func atMost(_ count: Int) -> Self {
        if let limit, limit < count { return self }
        return limit(count)
    }
}

extension Projection {
    /// Every row, as a tuple.
    @inlinable
    public func all(in database: some PostgresDatabase) async throws(PostgresError) -> [(repeat each Value)] {
        try await database.read(query, decode)
    }
}

extension Update {
    /// Runs the update. Returns how many rows it set.
    @discardableResult
    public func run(in database: some PostgresDatabase) async throws(PostgresError) -> Int {
        try await database.execute(query).rowCount ?? 0
    }

    /// Runs the update. Returns the rows as they are now.
    @inlinable
    public func returning(in database: some PostgresDatabase) async throws(PostgresError) -> [M] {
        try await database.read(render(returning: true), M.schema.table.decode)
    }
}

extension Delete {
    /// Runs the deletion. Returns how many rows are gone.
    @discardableResult
    public func run(in database: some PostgresDatabase) async throws(PostgresError) -> Int {
        try await database.execute(query).rowCount ?? 0
    }

    /// Runs the deletion. Returns the rows as they were.
    @inlinable
    public func returning(in database: some PostgresDatabase) async throws(PostgresError) -> [M] {
        try await database.read(render(returning: true), M.schema.table.decode)
    }
}
