import PostgresLocks
import PostgresTypes
public import PostgresWire

/// A cursor that goes back and forth among the rows of a statement (PostgreSQL documentation, DECLARE and FETCH).
///
///     let cursor = try await tx.scrollCursor("SELECT id, name FROM users ORDER BY id")
///     let last = try await cursor.fetch(.last).decode(as: (Int, String).self).first()
///     let page = try await cursor.fetch(.absolute(100)).collect() + cursor.fetch(.forward(49)).collect()
///     try await cursor.close()
///
/// It sees the rows as they were when it was opened. Fetched rows are held in memory.
public final class PostgresScrollCursor: Sendable {
    /// Where to, and how many rows on the way.
    public enum Direction: Sendable, Hashable {
        /// The row after, or before, the current one.
        case next, prior
        /// The first or the last row.
        case first, last
        /// The row of that number, from 1; from the end where it is negative, and before the first where it is 0.
        case absolute(Int)
        /// The row so many after the current one, or before it where the number is negative.
        case relative(Int)
        /// The next rows, so many.
        case forward(Int)
        /// All rows that follow.
        case forwardAll
        /// The rows before, so many, the nearest first.
        case backward(Int)
        /// All rows before, the nearest first.
        case backwardAll

        var sql: String {
            switch self {
            case .next: "NEXT"
            case .prior: "PRIOR"
            case .first: "FIRST"
            case .last: "LAST"
            case .absolute(let number): "ABSOLUTE \(number)"
            case .relative(let number): "RELATIVE \(number)"
            case .forward(let count): "FORWARD \(count)"
            case .forwardAll: "FORWARD ALL"
            case .backward(let count): "BACKWARD \(count)"
            case .backwardAll: "BACKWARD ALL"
            }
        }
    }

    private let connection: PostgresConnection
    /// Its name in SQL, for `UPDATE … WHERE CURRENT OF`.
    public let name: String
    private let isHeld: Bool
    private let timeout: Duration?
    private let isClosed = Mutex(false)

    init(
        _ query: PostgresQuery, isHeld: Bool, timeout: Duration?, on connection: PostgresConnection
    ) async throws(PostgresError) {
        try connection.checkCursor(fetchSize: 1, needsTransaction: !isHeld)
        name = PostgresCursor.nextName()
        self.isHeld = isHeld
        self.timeout = timeout
        self.connection = connection
        let hold = isHeld ? "WITH HOLD" : "WITHOUT HOLD"
        let sql = "DECLARE \(name) SCROLL CURSOR \(hold) FOR \(query.sql)"
        let statement = try await connection.session.described(sql, timeout: timeout)
        _ = try await connection.session.runOnce(statement, timeout: timeout, connection: connection) {
            (buffer) throws(PostgresError) in
            try query.parameters.appendBindParameters(as: statement.parameterTypes, to: &buffer)
        }
    }

    deinit {
        // What is not held ends with its transaction; what is held would stay until the session ends.
        guard isHeld, !isClosed.withLock({ $0 }) else { return }
        let (session, name) = (connection.session, name)
        Task { _ = try? await session.script("CLOSE \(name)") }
    }

    /// Goes there and gives the rows on the way; none where there is no such row.
    ///
    /// - Throws: `server`, SQLSTATE 34000, when the transaction or the cursor is over, and its other reasons.
    public func fetch(_ direction: Direction) async throws(PostgresError) -> PostgresRows {
        try await run("FETCH \(direction.sql) FROM \(name)")
    }

    /// Goes there without giving the rows; how many there would have been.
    @discardableResult
    public func move(_ direction: Direction) async throws(PostgresError) -> Int {
        try await run("MOVE \(direction.sql) IN \(name)").commandResult?.rowCount ?? 0
    }

    /// Has the server forget it.
    public func close() async throws(PostgresError) {
        let wasClosed = isClosed.withLock { isClosed in
            defer { isClosed = true }
            return isClosed
        }
        if !wasClosed { _ = try await run("CLOSE \(name)") }
    }

    private func run(_ sql: String) async throws(PostgresError) -> PostgresRows {
        try connection.checkLease()
        // Two cursors of one name would have two sets of columns: nothing of it is kept parsed.
        let statement = PreparedStatement(name: "", sql: sql, parameterTypes: [], columns: [])
        return try await connection.session.runOnce(statement, timeout: timeout, connection: connection) {
            (buffer) throws(PostgresError) in
            try PostgresParameters().appendBindParameters(as: [], to: &buffer)
        }
    }
}
