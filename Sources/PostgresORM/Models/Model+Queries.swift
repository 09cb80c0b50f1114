public import Postgres

/// Where reading begins.
extension Model {
    /// Every row.
    public static func select() -> Select<Self> { Select() }

    /// The rows for which a condition is true: `Project.where { $0.isActive == true && $0.city != nil }`.
    public static func `where`(_ condition: (Columns<Self>) -> SQLExpression<Bool>) -> Select<Self> {
        Select().where(condition)
    }

    /// Every row, ordered.
    public static func order(by ordering: (Columns<Self>) -> Ordering) -> Select<Self> {
        Select().order(by: ordering)
    }

    /// Every row, in memory.
    @inlinable
    public static func all(in database: some PostgresDatabase) async throws(PostgresError) -> [Self] {
        try await Select<Self>().all(in: database)
    }

    /// How many rows the table has.
    public static func count(in database: some PostgresDatabase) async throws(PostgresError) -> Int {
        try await Select<Self>().count(in: database)
    }

    /// The row with this primary key, or nil: `Project.find(7, in: pool)`. A composite key is given in the order of its
    /// columns: `Version.find("SOP-001", 3, in: pool)`. In a ``CoalescingPool`` reads that come together are one statement.
    @inlinable
    public static func find<each Key: PostgresEncodable>(
        _ key: repeat each Key, in database: some PostgresDatabase, file: StaticString = #fileID, line: UInt = #line
    ) async throws(PostgresError) -> Self? {
        if let pool = database as? CoalescingPool, let key = LookupKey(only: repeat each key),
            case .row(let row) = try await pool.find(Self.self, key, from: PostgresCaller(file: file, line: line))
        {
            return row
        }
        return try await database.readOne(findQuery(repeat each key), schema.table.decode)
    }

    @usableFromInline
    static func findQuery<each Key: PostgresEncodable>(_ key: repeat each Key) throws(PostgresError) -> PostgresQuery {
        let table = schema.table
        let columns = try table.requiredKey(for: "finding a row by its key").map { table.sqlColumns[$0] }
        return try SQLRenderer.render { (renderer) throws(PostgresError) in
            renderer.append("SELECT \(table.columnList) FROM \(table.sqlName) WHERE ")
            var index = 0
            for value in repeat each key {
                if index < columns.count {
                    renderer.append((index > 0 ? " AND " : "") + columns[index] + " = ")
                    renderer.append(value: value)
                }
                index += 1
            }
            guard index == columns.count else {
                throw PostgresError(
                    .invalidUse, "the primary key of \(Self.self) has \(columns.count) columns; \(index) were given")
            }
        }
    }

    /// The rows of several keys of one kind.
    static func findQuery(_ keys: [LookupKey]) throws(PostgresError) -> PostgresQuery {
        let table = schema.table
        let columns = table.list(try table.requiredKey(for: "finding a row by its key"))
        return try SQLRenderer.render { (renderer) throws(PostgresError) in
            renderer.append("SELECT \(table.columnList) FROM \(table.sqlName) WHERE \(columns) = ANY(")
            switch keys.first?.kind {
            case .integer: renderer.append(value: keys.compactMap(\.integer))
            case .uuid: renderer.append(value: keys.compactMap(\.uuid))
            case .text, nil: renderer.append(value: keys.compactMap(\.text))
            }
            renderer.append(")")
        }
    }
}
