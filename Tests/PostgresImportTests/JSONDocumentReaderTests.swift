import Foundation
import PostgresTypes
import Testing

@testable import PostgresImport

@Suite("trap 99: documents in a file")
struct JSONDocumentReaderTests {
    /// All documents of a text, read through a buffer of a few bytes so that everything lies across its end.
    func documents(_ text: String, bufferSize: Int = 16) throws -> [String] {
        let file = try TemporaryFile("documents.json", text: text)
        let reader = try JSONDocumentReader(path: file.path, bufferSize: bufferSize)
        var found: [String] = []
        while try reader.next() {
            found.append(try reader.parse().keys.joined())
        }
        return found
    }

    static let layouts: [(String, String)] = [
        ("array", #"[{"a":1},{"b":"x"},{"c":[{}]}]"#),
        (
            "pretty-printed array",
            "[\n  {\n    \"a\": 1\n  },\n  {\n    \"b\": \"x\"\n  },\n  {\n    \"c\": []\n  }\n]\n"
        ),
        ("lines", "{\"a\":1}\n{\"b\":\"x\"}\n{\"c\":null}\n"),
        ("lines without the last newline", "{\"a\":1}\n{\"b\":\"x\"}\n{\"c\":null}"),
        ("lines ending in CR LF", "{\"a\":1}\r\n{\"b\":\"x\"}\r\n{\"c\":null}\r\n"),
        ("pretty-printed, one after the other", "{\n \"a\": 1\n}\n{\n \"b\": \"x\"\n}\n\n{ \"c\" : {} }"),
        ("nothing between", #"{"a":1}{"b":"}"}{"c":"{\"["}"#),
        ("byte order mark", "\u{FEFF}{\"a\":1}\n{\"b\":\"\\\\\"}\n{\"c\":\"\\\"\"}\n"),
        ("byte order mark and array", "\u{FEFF} [ {\"a\":1} , {\"b\":2}\n,\n{\"c\":3} ] \n "),
    ]

    @Test("every layout", arguments: layouts)
    func everyLayout(name: String, text: String) throws {
        for bufferSize in [16, 17, 19, 64, 1 << 16] {
            #expect(try documents(text, bufferSize: bufferSize) == ["a", "b", "c"], "\(name), \(bufferSize)")
        }
    }

    @Test func emptyArraysHaveNoDocuments() throws {
        #expect(try documents("[]").isEmpty)
        #expect(try documents(" [ \n ] \n").isEmpty)
        #expect(try documents("\n \n").isEmpty)
    }

    @Test func documentsMuchLargerThanTheBuffer() throws {
        let long = String(repeating: "0123456789", count: 100_000)
        #expect(try documents("[{\"a\":\"\(long)\"},{\"b\":\"\(long)\"}]") == ["a", "b"])
    }

    static let broken: [(String, String)] = [
        ("[{\"a\":1},{\"b\":", "ends at byte 14"), ("[{\"a\":1},", "closing ]"), ("[{\"a\":1}", "closing ]"),
        ("[", "closing ]"), ("{\"a\":1}\n{\"b\":\"x", "ends at byte 15 (line 2)"),
        ("{\"a\":1}\n{\"b\":\"x\\", "ends at byte 16"),
        ("[{\"a\":1} {\"b\":2}]", "line 1, column 10 (byte 9): expected a comma"),
        ("[{}]\n{}", "line 2, column 1 (byte 5)"),
        ("{\"a\":1}\n\n  {\"b\":tru}\n", "line 3, column 11 (byte 19)"), ("{\"a\":1}\nid,name\n", "line 2, column 1"),
        ("[1,2]", "expected a document"), ("{\"a\":1,\"a\":2}", "a key that the object has already"),
        ("{\"a\":[}", "ends"), ("{\"a\":1]", "line 1, column 7"),
    ]

    @Test("errors say where", arguments: broken)
    func placeOfError(text: String, wanted: String) throws {
        let error = #expect(throws: ImportError.self) { try documents(text) }
        let words = error.map { "\($0)" } ?? ""
        #expect(words.contains(wanted), "\(words)")
    }

    @Test func otherEncodingsAreNamed() throws {
        let file = try TemporaryFile("utf16.json", bytes: [0xFF, 0xFE, 0x7B, 0x00, 0x7D, 0x00])
        let error = #expect(throws: ImportError.self) { try JSONDocumentReader(path: file.path) }
        #expect(error?.message.contains("UTF-16") == true)
    }
}
