import CSQLite
import Foundation
import Testing

@testable import egret

@Suite struct DemoInputTests {
    @Test(arguments: [
        (0, "1970-01-01 00:00:00"), (-1, "1969-12-31 23:59:59"), (951_782_400, "2000-02-29 00:00:00"),
        (4_102_444_799, "2099-12-31 23:59:59"), (-62_135_596_800, "0001-01-01 00:00:00"),
    ])
    func writesTimestamps(_ seconds: Int, _ text: String) { #expect(DemoTime.timestamp(seconds) == text) }

    @Test func randomSequenceIsThePublishedOne() {
        // The reference implementation's first numbers for the seed 1234567.
        var random = DemoRandom(seed: 1_234_567)
        #expect(random.next() == 6_457_827_717_110_365_317)
        #expect(random.next() == 3_203_168_211_198_807_973)
    }

    @Test func makesTheSameInputEveryTime() throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("demo-\(UUID())")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: directory) }
        let (first, second) = (directory.appendingPathComponent("1.db"), directory.appendingPathComponent("2.db"))
        #expect(try DemoDatabase.write(to: first.path) == 200_000)
        #expect(try DemoDatabase.write(to: second.path) == 200_000)
        #expect(try Data(contentsOf: first) == Data(contentsOf: second))
        #expect(try text("PRAGMA integrity_check", in: first.path) == "ok")
        #expect(try text("PRAGMA foreign_key_check", in: first.path) == nil)
        #expect(try text("SELECT seq FROM sqlite_sequence WHERE name = 'import_batch'", in: first.path) == "1500")

        let documents = directory.appendingPathComponent("1.json")
        #expect(try DemoDocuments.write(to: documents.path) == 20_000)
        let lines = try String(contentsOf: documents, encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 20_000)
        for line in lines.prefix(200) {
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            #expect(object?["_id"] != nil)
        }
    }

    /// The first cell of the first row, nil when there is none.
    private func text(_ sql: String, in path: String) throws -> String? {
        var database: OpaquePointer?
        var statement: OpaquePointer?
        defer {
            sqlite3_finalize(statement)
            sqlite3_close(database)
        }
        try #require(sqlite3_open(path, &database) == SQLITE_OK)
        try #require(sqlite3_prepare_v2(database, sql, -1, &statement, nil) == SQLITE_OK)
        guard sqlite3_step(statement) == SQLITE_ROW else { return nil }
        return sqlite3_column_text(statement, 0).map { String(cString: $0) }
    }
}
