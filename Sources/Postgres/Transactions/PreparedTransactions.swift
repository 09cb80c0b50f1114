import PostgresTypes
public import PostgresWire

#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// A transaction that is prepared and waits to be committed or rolled back, by anybody and for as long as it takes.
///
/// It keeps its locks meanwhile, and keeps VACUUM from clearing up.
public struct PostgresPreparedTransaction: Sendable, Hashable {
    /// The name it was prepared under.
    public let id: String
    /// The server's number of it (`xid`).
    public let transactionID: UInt32
    /// When it was prepared.
    public let preparedAt: Date
    /// The role that did.
    public let owner: String
    /// The database that it belongs to, which alone can end it.
    public let database: String
}

extension PostgresConnection {
    /// Runs `body` in a transaction and prepares that to be committed: the first phase of two-phase commit (PostgreSQL
    /// documentation, "PREPARE TRANSACTION"). See ``PostgresPool/prepareTransaction(_:_:file:line:_:)``.
    @concurrent @discardableResult
    public func prepareTransaction<R: Sendable>(
        _ id: String, _ options: PostgresTransactionOptions = PostgresTransactionOptions(),
        _ body: @Sendable (PostgresTransaction) async throws -> R
    ) async throws -> R {
        try PreparedTransactionID.check(id)
        return try await transact(options, ending: .prepare(id), body).0
    }
}

extension PostgresPool {
    /// Runs `body` in a transaction and prepares that to be committed: the first phase of two-phase commit (PostgreSQL
    /// documentation, "PREPARE TRANSACTION").
    ///
    /// When it returns, the server has promised that ``PostgresDatabase/commitPrepared(_:)`` will succeed, restarts
    /// included. The transaction waits for that, or for ``PostgresDatabase/rollbackPrepared(_:)``, with all its locks:
    /// whoever prepares must see to it that one of them comes. What `afterCommit` was given is dropped.
    ///
    /// The server must allow it (`max_prepared_transactions`), and refuses transactions that have used temporary tables,
    /// LISTEN or NOTIFY.
    ///
    /// - Parameter id: any name that no other prepared transaction has, 1 to 199 bytes.
    /// - Throws: as `withTransaction` does; after `outcomeUnknown` it is prepared if
    ///   ``PostgresDatabase/preparedTransactions()`` has it, and rolled back if not.
    @concurrent @discardableResult
    public func prepareTransaction<R: Sendable>(
        _ id: String, _ options: PostgresTransactionOptions = PostgresTransactionOptions(),
        file: StaticString = #fileID, line: UInt = #line,
        _ body: @Sendable (PostgresTransaction) async throws -> R
    ) async throws -> R {
        try PreparedTransactionID.check(id)
        return try await transact(options, ending: .prepare(id), from: PostgresCaller(file: file, line: line), body).0
    }
}

extension PostgresDatabase {
    /// Commits a prepared transaction: the second phase. Not possible inside a transaction.
    ///
    /// - Throws: `server` with 42704 when there is none of that name; `outcomeUnknown` when the answer was lost: one that
    ///   ``preparedTransactions()`` has no longer was committed.
    public func commitPrepared(_ id: String) async throws(PostgresError) {
        try await endPrepared(id, "COMMIT")
    }

    /// Takes back a prepared transaction. Not possible inside a transaction.
    ///
    /// - Throws: as ``commitPrepared(_:)`` does.
    public func rollbackPrepared(_ id: String) async throws(PostgresError) {
        try await endPrepared(id, "ROLLBACK")
    }

    /// The prepared transactions of the whole server, oldest first; ones left behind are found here.
    public func preparedTransactions() async throws(PostgresError) -> [PostgresPreparedTransaction] {
        let rows = try await query(
            """
            SELECT gid, transaction::text::bigint, prepared, owner::text, database::text
            FROM pg_catalog.pg_prepared_xacts ORDER BY prepared, gid
            """, as: (String, Int64, Date, String, String).self)
        var found: [PostgresPreparedTransaction] = []
        for (id, number, preparedAt, owner, database) in try await rows.collect() {
            found.append(
                PostgresPreparedTransaction(
                    id: id, transactionID: UInt32(truncatingIfNeeded: number), preparedAt: preparedAt, owner: owner,
                    database: database))
        }
        return found
    }

    private func endPrepared(_ id: String, _ verb: String) async throws(PostgresError) {
        try PreparedTransactionID.check(id)
        let sql = "\(verb) PREPARED \(PreparedTransactionID.quoted(id))"
        do {
            _ = try await execute(script: sql)
        } catch {
            let isUndone = error.safeToRetry || error.server?.isFatal == false || error.code == .poolTimeout
            guard !isUndone, error.code == .connectionClosed || error.code == .timeout || error.code == .cancelled
            else {
                throw error
            }
            throw PostgresError(
                .outcomeUnknown, "the answer to \(verb) PREPARED was lost: \(error.message)",
                advice: "If preparedTransactions() has it no longer, it was done; else do it again",
                server: error.server)
        }
    }
}

/// The name of a prepared transaction, which the server takes as a literal only.
enum PreparedTransactionID {
    /// GIDSIZE less its NUL.
    static let longest = 199

    static func check(_ id: String) throws(PostgresError) {
        guard (1...longest).contains(id.utf8.count), !id.containsNUL else {
            throw PostgresError(
                .invalidUse, "the name of a prepared transaction has \(id.utf8.count) bytes, or contains a NUL",
                advice: "Between 1 and \(longest) bytes are allowed", safeToRetry: true)
        }
    }

    /// A literal that means the same whatever `standard_conforming_strings` says (PostgreSQL documentation, "String
    /// Constants with C-Style Escapes").
    static func quoted(_ id: String) -> String {
        let text = id.replacing("'", with: "''")
        return text.contains("\\") ? "E'\(text.replacing("\\", with: "\\\\"))'" : "'\(text)'"
    }
}
