import Postgres
import PostgresTypes

/// The schema that tables are loaded into before anybody sees them.
///
/// When everything has succeeded, they are moved to where they belong in one transaction; when not, the schema goes and
/// with it everything half done. A transaction that is open until the end holds an advisory lock, so that what a crashed
/// import has left behind can be told from one that is running. A session's lock would not do: behind a pooler the session
/// is everybody's.
struct Staging: Sendable {
    static let prefix = "egret_import_"

    let name: String

    init() {
        let number = String(UInt64.random(in: 0...UInt64.max), radix: 16)
        name = Self.prefix + String(repeating: "0", count: 16 - number.count) + number
    }

    /// Creates the schema over `connection`. `owner`, which does nothing else, owns it until it is closed.
    func create(over connection: PostgresConnection, owner: PostgresConnection) async throws {
        try await removeAbandoned(over: connection)
        // It has no snapshot while it waits, and keeps nobody from cleaning up; but it waits for long.
        try await owner.execute(
            script: """
                BEGIN; SET LOCAL idle_in_transaction_session_timeout = 0;
                SELECT pg_advisory_xact_lock(hashtextextended('\(name)', 0))
                """)
        do throws(PostgresError) {
            try await connection.execute("CREATE SCHEMA \(identifier: name)")
        } catch {
            var error = error
            guard error.sqlState == .insufficientPrivilege else { throw error }
            error.advice = "The import needs CREATE on the database: GRANT CREATE ON DATABASE … TO …"
            throw error
        }
    }

    /// Drops the schema and what is in it.
    func drop(over connection: PostgresConnection) async throws {
        try await connection.execute("DROP SCHEMA IF EXISTS \(identifier: name) CASCADE")
    }

    /// Drops the schema over a connection of its own, after a failure that may have closed others. Tries for a few
    /// seconds: a server that crashed may be starting again. False when that did not help.
    func dropAfterFailure(_ configuration: PostgresConfiguration) async -> Bool {
        // A task of its own: the one that failed may be cancelled.
        await Task.detached {
            for _ in 0..<5 {
                do {
                    try await PostgresConnection.withConnection(configuration) { connection in
                        try await drop(over: connection)
                    }
                    return true
                } catch let error as PostgresError where error.code == .server && error.sqlState?.errorClass != "57" {
                    return false
                } catch {
                    try? await Task.sleep(for: .milliseconds(500))
                }
            }
            return false
        }.value
    }

    /// Drops what imports have left that ended without cleaning up.
    private func removeAbandoned(over connection: PostgresConnection) async throws {
        let pattern = Self.prefix.replacing("_", with: "\\_") + "%"
        let schemas = try await connection.query(
            """
            SELECT nspname::text FROM pg_namespace
            WHERE nspname LIKE \(pattern) AND pg_has_role(nspowner, 'USAGE')
            """, as: String.self
        ).collect()
        for schema in schemas {
            try await connection.withTransaction { transaction in
                let isFree = try await transaction.query(
                    "SELECT pg_try_advisory_xact_lock(hashtextextended(\(schema), 0))", as: Bool.self
                ).first()
                guard isFree == true else { return }
                try await transaction.execute("DROP SCHEMA IF EXISTS \(identifier: schema) CASCADE")
            }
        }
    }
}
