import Foundation
import PostgresTypes
import PostgresWire
import Testing

@Suite("JSON in cells")
struct JSONCodingTests {
    struct Profile: Codable, Hashable, Sendable {
        var name: String
        var born: Date
        var tags: [String]
    }

    func encode(_ value: some PostgresEncodable, as type: PostgresType) throws -> [UInt8] {
        var buffer = PostgresBuffer()
        try value.encode(into: &buffer, as: type)
        return buffer.withUnsafeBytes { Array($0) }
    }

    @Test func jsonbHasAVersionAndJsonHasNone() throws {
        let value: JSONValue = ["a": [1, true, nil]]
        #expect(try encode(value, as: .jsonb) == [1] + Array(#"{"a":[1,true,null]}"#.utf8))
        #expect(try encode(value, as: .json) == Array(#"{"a":[1,true,null]}"#.utf8))
        for type in [PostgresType.json, .jsonb] {
            let bytes = try encode(value, as: type)
            #expect(try JSONValue(binary: bytes.span.bytes, type: type) == value)
        }
    }

    @Test func nulCannotBeJsonb() throws {
        let value: JSONValue = ["k": ["a\u{0}b"]]
        let error = #expect(throws: PostgresError.self) { try encode(value, as: .jsonb) }
        #expect(error?.code == .encodingFailed)
        #expect(try encode(value, as: .json) == Array(#"{"k":["a\u0000b"]}"#.utf8))
    }

    @Test func brokenCellsAreErrors() {
        let cells: [([UInt8], PostgresType)] = [
            ([2, 0x7B, 0x7D], .jsonb), ([], .jsonb), ([0x7B], .json), ([0x7B, 0x7D], .int4),
        ]
        for (bytes, type) in cells {
            #expect(throws: PostgresError.self) { try JSONValue(binary: bytes.span.bytes, type: type) }
        }
    }

    @Test func codableValuesKeepMicrosecondsOfDates() throws {
        let profile = Profile(name: "Ada", born: Date(timeIntervalSince1970: -4_869_849_600.123456), tags: ["x"])
        let wrapped = JSONB(profile)
        let bytes = try encode(wrapped, as: .jsonb)
        let read = try JSONB<Profile>(binary: bytes.span.bytes, type: .jsonb)
        #expect(abs(read.born.timeIntervalSince(profile.born)) < 0.000_001)
        #expect(read.name == "Ada")
        #expect(read.value.tags == ["x"])
        #expect(JSON<Profile>.postgresType == .json)
    }

    @Test(arguments: [
        ("2024-02-29T12:34:56.789Z", 1_709_210_096.789), ("2009-04-01T00:00:00.000-0700", 1_238_569_200),
        ("1969-12-31 23:59:59+00:00", -1), ("1970-01-01", 0), ("0001-01-01T00:00:00Z", -62_135_596_800),
    ])
    func datesAreReadInEveryForm(text: String, seconds: Double) throws {
        let bytes = Array("{\"name\":\"\",\"born\":\"\(text)\",\"tags\":[]}".utf8)
        let read = try JSON<Profile>(binary: bytes.span.bytes, type: .json)
        #expect(read.born.timeIntervalSince1970 == seconds)
    }

    @Test(arguments: ["2024-02-30", "2023-02-29T00:00:00Z", "2024-13-01", "0000-01-01", "2024-04-31 10:00"])
    func daysThatNoCalendarHasAreNoDates(text: String) {
        let bytes = Array("{\"name\":\"\",\"born\":\"\(text)\",\"tags\":[]}".utf8)
        #expect(throws: PostgresError.self) { try JSON<Profile>(binary: bytes.span.bytes, type: .json) }
    }

    @Test func decodingErrorsNameTheKeyAndNotTheValue() {
        let bytes = Array(#"{"name":"secret","born":"never","tags":[]}"#.utf8)
        let error = #expect(throws: PostgresError.self) { try JSON<Profile>(binary: bytes.span.bytes, type: .json) }
        #expect(error.map { "\($0)" }?.contains("born") == true)
        #expect(error.map { "\($0)" }?.contains("secret") == false)
    }

    @Test func valuesInsideCodableTypes() throws {
        let value: JSONValue = ["a": [1, 2.5, "x", nil, true], "n": ["deep": ["er": 12345678901234]]]
        let data = try JSONEncoder().encode(value)
        #expect(try JSONDecoder().decode(JSONValue.self, from: data) == value)
    }

    @Test func canonicalTextSortsKeysByBytes() throws {
        let value = try JSONValue(parsing: #"{"é":1,"b":1.0,"a":{"z":1e2,"y":"\u0001\/"}}"#)
        #expect(value.json(canonical: true) == #"{"a":{"y":"\u0001/","z":100},"b":1,"é":1}"#)
    }

    @Test("trap 27: null in JSON is a value, NULL in SQL is none", arguments: [PostgresType.json, .jsonb])
    func nulls(type: PostgresType) throws {
        let text = (type == .jsonb ? [1] : []) + Array("null".utf8)
        var cells = PostgresBuffer()
        try cells.appendCell(JSONValue.null, as: type)
        try cells.appendCell(JSONValue?.some(.null), as: type)
        try cells.appendCell(JSONValue?.none, as: type)
        let cell = [0, 0, 0, UInt8(text.count)] + text
        let written = cells.withUnsafeBytes { Array($0) }
        #expect(written == cell + cell + [0xFF, 0xFF, 0xFF, 0xFF])
        #expect(try JSONValue(binary: text.span.bytes, type: type) == .null)
        #expect(try JSONValue?(binary: text.span.bytes, type: type) == .some(.null))
        #expect(try JSONValue?(postgresNull: type) == JSONValue?.none)
        let error = #expect(throws: PostgresError.self) { try JSONValue(postgresNull: type) }
        #expect(error?.code == .decodingFailed)
        #expect(try JSONB<Int?>(binary: text.span.bytes, type: type).value == nil)
        #expect(throws: PostgresError.self) { try JSONB<Int?>(postgresNull: type) }
    }

    @Test("trap 27: U+0000 is refused for jsonb, with its place; text that only looks like it goes through")
    func nulByPlace() throws {
        let value: JSONValue = ["orders": [1, ["note": "a\0b"]]]
        #expect(value.pathOfNUL == "$.orders[1].note")
        let key: JSONValue = ["a": ["k\0": 1]]
        #expect(key.pathOfNUL == #"$.a."k\u0000""#)
        struct Order: Codable, Sendable { var notes: [String] }
        for error in [
            #expect(throws: PostgresError.self) { try encoded(value) },
            #expect(throws: PostgresError.self) { try encoded(JSONB(["orders": ["x": "a\0"]])) },
            #expect(throws: PostgresError.self) { try encoded(JSONB(Order(notes: ["", "\0"]))) },
        ] {
            #expect(error?.code == .encodingFailed)
            #expect(error?.message.contains("at $.") == true)
        }
        #expect(try encoded(JSONB(Order(notes: ["\\u0000"]))) == [1] + Array(#"{"notes":["\\u0000"]}"#.utf8))
        #expect(try encoded(JSON(Order(notes: ["\0"]))) == Array(#"{"notes":["\u0000"]}"#.utf8))
    }
}
