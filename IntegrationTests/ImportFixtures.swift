import CSQLite
import Foundation
import Postgres
import PostgresImport

/// A file of the test's own, gone with this object.
final class SourceFile {
    struct Failure: Error { var message: String }

    let path = FileManager.default.temporaryDirectory.path + "/egret-test-\(UUID().uuidString)"

    /// A SQLite database that a script makes.
    init(sqlite script: String) throws {
        var handle: OpaquePointer?
        defer { sqlite3_close_v2(handle) }
        guard sqlite3_open(path, &handle) == SQLITE_OK else { throw Failure(message: "cannot open") }
        var message: UnsafeMutablePointer<CChar>?
        guard sqlite3_exec(handle, script, nil, nil, &message) == SQLITE_OK else {
            defer { sqlite3_free(message) }
            throw Failure(message: message.map { String(cString: $0) } ?? "failed")
        }
    }

    /// A text file.
    init(text: String) throws {
        try text.write(toFile: path, atomically: false, encoding: .utf8)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// Imports as `egret import` does.
func importing(
    _ source: some ImportSource, into configuration: PostgresConfiguration, _ options: ImportOptions = ImportOptions(),
    change: (inout ImportPlan) -> Void = { _ in }
) async throws -> ImportReport {
    var plan = try source.makePlan { _ in }
    change(&plan)
    return try await Importer(source, plan: plan, into: configuration, options: options).run()
}

/// Imports a SQLite script.
func importing(
    sqlite script: String, into configuration: PostgresConfiguration, _ options: ImportOptions = ImportOptions(),
    change: (inout ImportPlan) -> Void = { _ in }
) async throws -> ImportReport {
    let file = try SourceFile(sqlite: script)
    return try await importing(try SQLiteSource(path: file.path), into: configuration, options, change: change)
}

extension PostgresConfiguration {
    /// One text, the first column of the first row.
    func text(_ sql: String) async throws -> String? {
        try await PostgresConnection.withConnection(self) { connection in
            let value = try await connection.query(PostgresQuery(raw: "SELECT (\(sql))::text"), as: String?.self)
                .first()
            return value.flatMap { $0 }
        }
    }

    func run(_ script: String) async throws {
        try await PostgresConnection.withConnection(self) { connection in
            _ = try await connection.execute(script: script)
        }
    }

    /// Tables and schemas that an import could have left.
    func leftovers() async throws -> String {
        try await text(
            """
            SELECT string_agg(n.nspname || '.' || c.relname, ' ') FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
            WHERE nspname LIKE 'egret%' OR nspname = 'public'
            """) ?? ""
    }
}
