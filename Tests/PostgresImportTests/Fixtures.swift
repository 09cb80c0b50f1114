import CSQLite
import Foundation

@testable import PostgresImport

/// A file that is gone with this object.
final class TemporaryFile {
    let path: String

    init(_ name: String = "file") {
        path = FileManager.default.temporaryDirectory.path + "/egret-test-\(UUID().uuidString)-\(name)"
    }

    convenience init(_ name: String, text: String) throws {
        self.init(name)
        try text.write(toFile: path, atomically: false, encoding: .utf8)
    }

    convenience init(_ name: String, bytes: [UInt8]) throws {
        self.init(name)
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }

    deinit {
        for suffix in ["", "-wal", "-shm", "-journal"] { try? FileManager.default.removeItem(atPath: path + suffix) }
    }
}

/// A SQLite database made by the test.
final class SQLiteFixture {
    struct Failure: Error { var message: String }

    let file = TemporaryFile("test.sqlite")
    private var handle: OpaquePointer?

    /// Runs a script in a new database. The connection stays open until the end, so that a log stays beside the file.
    init(_ script: String) throws {
        guard sqlite3_open(file.path, &handle) == SQLITE_OK else { throw Failure(message: "cannot open") }
        try run(script)
    }

    deinit { close() }

    func run(_ script: String) throws {
        var message: UnsafeMutablePointer<CChar>?
        guard sqlite3_exec(handle, script, nil, nil, &message) == SQLITE_OK else {
            defer { sqlite3_free(message) }
            throw Failure(message: message.map { String(cString: $0) } ?? "failed")
        }
    }

    func close() {
        sqlite3_close_v2(handle)
        handle = nil
    }

    var path: String { file.path }

    func plan() throws -> ImportPlan { try SQLiteSource(path: path).makePlan() }
}
