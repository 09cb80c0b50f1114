import Foundation
import PostgresTypes
import Testing

@testable import PostgresImport

@Suite("Plans of MongoDB exports")
struct MongoPlanTests {
    func plan(_ text: String, name: String = "books.json") throws -> TablePlan {
        let file = try TemporaryFile(name, text: text)
        return try #require(try MongoSource(path: file.path).makePlan().tables.first)
    }

    @Test func fieldsThatNearlyAllDocumentsHaveBecomeColumns() throws {
        var lines: [String] = []
        for number in 0..<20 {
            var line =
                #"{"_id":{"$oid":"5ca4bbcea2dd94ee581620\#(number + 10)"},"pageCount":\#(number),"when":{"$date":\#(number)},"tags":[]"#
            line += number == 7 ? #","title":5}"# : number == 8 ? "}" : #","title":"t"}"#
            lines.append(line)
        }
        lines[3] = String(lines[3].dropLast()) + #","rare":1}"#
        let table = try plan(lines.joined(separator: "\n"))
        #expect(table.columns.map(\.target) == ["id", "page_count", "when", "title"])
        #expect(table.columns.map(\.type.sql) == ["text", "bigint", "timestamptz", "text"])
        #expect(table.columns.map(\.isNullable) == [false, false, false, true])
        #expect(table.primaryKey?.columns == ["id"])
        #expect(table.documentColumn == "data")
        #expect(table.rowCount == 20)
    }

    @Test(
        "types of fields",
        arguments: [
            ([#"1"#, #"2"#], "bigint"), ([#"1"#, #"2.5"#], "double precision"),
            ([#"{"$numberDouble":"1.0"}"#, "2"], "bigint"),
            ([#"{"$numberDecimal":"1.10"}"#, "2"], "numeric"), ([#"0.12345678901234567890123"#, "1"], "numeric"),
            (["true", "false"], "boolean"),
            ([#""a""#, #""b""#], "text"), ([#"{"$uuid":"6ba7b810-9dad-11d1-80b4-00c04fd430c8"}"#], "uuid"),
            ([#"{"$date":1}"#], "timestamptz"),
            (["9007199254740993", "0.5"], "numeric"),
        ])
    func types(values: [String], wanted: String) throws {
        let text = values.enumerated().map { "{\"_id\":\($0),\"v\":\($1)}" }.joined(separator: "\n")
        #expect(try plan(text).columns.last?.type.sql == wanted)
    }

    @Test func mixedKeysBecomeText() throws {
        let table = try plan(#"[{"_id":1},{"_id":{"$oid":"53c2ae8528d75d572c06adbc"}},{"_id":"x"}]"#)
        #expect(table.columns.map(\.type.sql) == ["text"])
        #expect(table.primaryKey != nil)
    }

    @Test func withoutAKeyThereIsNoPrimaryKey() throws {
        #expect(try plan(#"[{"a":1},{"_id":1,"a":1}]"#).primaryKey == nil)
        #expect(try plan(#"[{"a":1}]"#).columns.map(\.target) == ["a"])
    }

    @Test func namesThatClashStayInTheDocument() throws {
        let table = try plan(#"[{"_id":1,"id":2,"data":3,"fooBar":4,"foo_bar":5,"$x":6,"日本":7}]"#)
        #expect(table.columns.map(\.target) == ["_id", "id", "foo_bar", "x"])
        #expect(table.columns.map(\.source) == ["_id", "id", "fooBar", "$x"])
    }

    /// What the load would store, and what the source's canonical form says.
    func rows(_ text: String) throws -> (data: [String], documents: [String]) {
        let file = try TemporaryFile("rows.json", text: text)
        let source = try MongoSource(path: file.path)
        let table = try #require(try source.makePlan().tables.first)
        let reader = try source.makeReader(for: table)
        var result: (data: [String], documents: [String]) = ([], [])
        while try reader.next() {
            var stored = CanonicalRow()
            try reader.appendCells(to: &stored.buffer)
            result.data.append(
                stored.cells().last?.bytes.map { String(decoding: $0.dropFirst(), as: UTF8.self) } ?? "NULL")
            var canonical = CanonicalRow()
            try reader.appendCanonical(to: &canonical)
            result.documents.append(canonical.cells().last?.bytes.map { String(decoding: $0, as: UTF8.self) } ?? "NULL")
        }
        return result
    }

    @Test func whatDoesNotFitItsColumnStaysInTheDocument() throws {
        let text = (0..<9).map { "{\"_id\":\($0),\"n\":\($0)}" }.joined(separator: "\n") + #"{"_id":9,"n":"nine"}"#
        let (data, documents) = try rows(text)
        #expect(data[0] == #"{"_id":0}"#)
        #expect(data[9] == #"{"_id":9,"n":"nine"}"#)
        #expect(documents[0] == #"{"_id":0,"n":0}"#)
        #expect(documents[9] == #"{"_id":9,"n":"nine"}"#)
    }

    @Test func nullAndMissingStayDifferent() throws {
        let text =
            (0..<9).map { "{\"_id\":\($0),\"n\":\($0)}" }.joined(separator: "\n") + #"{"_id":9,"n":null}{"_id":10}"#
        let (data, _) = try rows(text)
        #expect(data[9] == #"{"_id":9,"n":null}"#)
        #expect(data[10] == #"{"_id":10}"#)
    }

    @Test func characterZeroIsNamed() throws {
        let error = #expect(throws: ImportError.self) { try rows(#"[{"_id":1},{"_id":7,"x":["a\u0000b"]}]"#) }
        #expect(error?.message.contains("_id 7") == true)
        #expect(error?.message.contains("U+0000") == true)
    }

    @Test func aDirectoryHoldsOneFileForEachCollection() throws {
        let directory = TemporaryFile("exports")
        try FileManager.default.createDirectory(atPath: directory.path, withIntermediateDirectories: true)
        for (name, text) in [
            ("users.json", #"[{"_id":1}]"#), ("orderLines.ndjson", "{\"_id\":1}\n"), ("users.metadata.json", "{}"),
            ("old.bson", "x"), ("empty.json", ""), ("notes.txt", "x"),
        ] {
            try text.write(toFile: directory.path + "/" + name, atomically: false, encoding: .utf8)
        }
        let plan = try MongoSource(path: directory.path).makePlan()
        #expect(plan.tables.map(\.target) == ["order_lines", "users"])
        #expect(Set(plan.skipped.map(\.name)) == ["old.bson", "empty.json"])
    }
}
