import PostgresTypes
import PostgresWire
import Testing

@Suite("JSON text")
struct JSONParserTests {
    @Test(
        "reads and writes back what it read",
        arguments: [
            "null", "true", "false", "0", "-0", "1.50", "2.173631433e+09", "1E400", "\"\"", "\"a\\\\b\\\"c\"", "[]",
            "{}",
            "[1,[2,[3]],{}]", #"{"z":1,"a":{"b":[true,null]},"m":"é😀"}"#,
            "123456789012345678901234567890.123456789012345678901234567890",
        ])
    func roundTrip(text: String) throws {
        #expect(try JSONValue(parsing: text).description == text)
    }

    @Test(
        "reads escapes",
        arguments: [
            (#""\u0041\u00e9\ud83d\ude00""#, "Aé😀"), (#""\b\f\n\r\t\/""#, "\u{8}\u{C}\n\r\t/"),
            (#""a\u0000b""#, "a\u{0}b"), (#""x\u000Ay""#, "x\ny"),
        ])
    func escapes(text: String, wanted: String) throws {
        #expect(try JSONValue(parsing: text) == .string(wanted))
    }

    static let broken: [(String, JSONParseError.Reason, Int)] = [
        ("", .unexpectedEnd, 0), ("  ", .unexpectedEnd, 2), ("{", .unexpectedEnd, 1), ("[1,", .unexpectedEnd, 3),
        (#"{"a":"#, .unexpectedEnd, 5), ("tru", .unexpectedEnd, 3), (#""abc"#, .unexpectedEnd, 4),
        ("[1,]", .unexpectedByte, 3), ("{1:2}", .unexpectedByte, 1), ("trux", .unexpectedByte, 3),
        ("{\"a\" 1}", .unexpectedByte, 5), ("'a'", .unexpectedByte, 0), ("[1 2]", .unexpectedByte, 3),
        ("01", .invalidNumber, 0), ("1.", .invalidNumber, 0), ("-", .invalidNumber, 0), ("1e", .invalidNumber, 0),
        ("1.2.3", .invalidNumber, 0), ("+1", .unexpectedByte, 0), ("NaN", .unexpectedByte, 0),
        (#""\x""#, .invalidEscape, 1), (#""\u12g4""#, .invalidEscape, 5), ("\"a\nb\"", .controlCharacter, 2),
        (#""\ud800""#, .loneSurrogate, 1), (#""\udc00""#, .loneSurrogate, 1), (#""\ud800\u0041""#, .loneSurrogate, 1),
        ("1 2", .trailingBytes, 2), ("{} x", .trailingBytes, 3),
    ]

    @Test("says why and where it cannot read", arguments: broken)
    func errors(text: String, reason: JSONParseError.Reason, offset: Int) {
        let error = #expect(throws: JSONParseError.self) { try JSONValue(parsing: text) }
        #expect(error?.reason == reason)
        #expect(error?.offset == offset)
    }

    @Test func errorCountsLinesAndColumnsFromOne() {
        let error = #expect(throws: JSONParseError.self) { try JSONValue(parsing: "{\n \"a\": 1,\n \"b\": x}") }
        #expect(error?.line == 3)
        #expect(error?.column == 7)
    }

    @Test func invalidUTF8IsRefused() {
        let error = #expect(throws: JSONParseError.self) { try JSONValue(parsing: [0x22, 0x61, 0xFF, 0x22]) }
        #expect(error?.reason == .invalidUTF8)
        let escaped = #expect(throws: JSONParseError.self) {
            try JSONValue(parsing: [0x22, 0x5C, 0x6E, 0xC3, 0x22])
        }
        #expect(escaped?.reason == .invalidUTF8)
    }

    @Test func nestingIsLimited() throws {
        let deep = String(repeating: "[", count: 512) + String(repeating: "]", count: 512)
        #expect(try JSONValue(parsing: deep).array?.count == 1)
        let error = #expect(throws: JSONParseError.self) { try JSONValue(parsing: "[" + deep + "]") }
        #expect(error?.reason == .tooDeep)
    }

    @Test func ofTwoEqualKeysTheLastOneCountsUnlessRejected() throws {
        let text = #"{"a":1,"b":2,"a":3}"#
        #expect(try JSONValue(parsing: text).description == #"{"a":3,"b":2}"#)
        let bytes = Array(text.utf8)
        let error = #expect(throws: JSONParseError.self) {
            try bytes.withUnsafeBytes { try JSONParser.parse($0, duplicateKeys: .reject) }
        }
        #expect(error?.reason == .duplicateKey)
        #expect(error?.offset == 13)
    }

    @Test func objectsWithManyKeysAreFoundByKey() throws {
        let text = "{" + (0..<100).map { "\"k\($0)\":\($0)" }.joined(separator: ",") + "}"
        var object = try #require(try JSONValue(parsing: text).object)
        #expect(object["k77"] == 77)
        object["k50"] = nil
        #expect(object.count == 99)
        #expect(object["k99"] == 99)
        #expect(object["k50"] == nil)
        object["new"] = "x"
        #expect(object.keys.last == "new")
    }

    @Test("trap 27: an error names the place by keys and indexes")
    func places() {
        for (text, path) in [
            (#"{"a": [1, {"b": "\ud800"}]}"#, "$.a[1].b"), (#"["x", "\udc00"]"#, "$[1]"), (#""\ud800""#, "$"),
            (#"{"a:[": 1, "k,\"": ["\ud800"]}"#, #"$."k,\""[0]"#), (#"{"a": 1, "\ud800": 2}"#, "$"),
            (#"{"a": {"b": 1}, "c": x}"#, "$.c"), (#"[[], [1], x"#, "$[2]"), ("x", "$"), ("{\"a\": {} , x", "$"),
        ] {
            let error = #expect(throws: JSONParseError.self) { try JSONValue(parsing: text) }
            #expect(error?.path == path, "\(text)")
        }
    }

    @Test("trap 27: what cannot be stored is stripped or replaced when that is asked for, and nothing else is")
    func unstorable() throws {
        let text = #"{"a\u0000": "x\u0000y\ud800z\\u0000\ud83d\ude00\udc00\ud800\ud83d\ude00"}"#
        #expect(throws: JSONParseError.self) { try JSONValue(parsing: text) }
        #expect(try JSONValue(parsing: text, unstorable: .strip) == ["a": "xyz\\u0000\u{1F600}\u{1F600}"])
        let replaced: JSONValue = ["a\u{FFFD}": "x\u{FFFD}y\u{FFFD}z\\u0000\u{1F600}\u{FFFD}\u{FFFD}\u{1F600}"]
        #expect(try JSONValue(parsing: text, unstorable: .replace) == replaced)
        #expect(throws: JSONParseError.self) { try JSONValue(parsing: #""\ud800\u00"#, unstorable: .strip) }
        #expect(try JSONValue(parsing: #""\ud800\u0041""#, unstorable: .strip) == "A")
    }

    @Test("keys that look alike and are other bytes are two, in small objects and large", arguments: [0, 20])
    func spellings(others: Int) throws {
        let more = (0..<others).map { ",\"k\($0)\":0" }.joined()
        let text = "{\"\u{E9}\":1,\"e\u{301}\":2\(more)}"
        let value = try JSONValue(parsing: text)
        #expect(Array(value.description.utf8) == Array(text.utf8))
        guard case .object(let object) = value else { throw PostgresError(.invalidUse, "no object") }
        #expect(object["\u{E9}"] == 1 && object["e\u{301}"] == 2)
    }

    @Test("an error deep within values is short, and says where it is in full") func deepError() throws {
        let text = String(repeating: "[", count: 300) + "{\"\u{1F984}\":?"
        let error = try #require(throws: JSONParseError.self) { try JSONValue(parsing: text) }
        #expect(error.path.utf8.count > 900)
        #expect("\(error)".utf8.count < 1000 && "\(error)".contains("…"))
        #expect("\(error)".contains("in $[0][0]"))
    }
}
