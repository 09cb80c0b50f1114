import Foundation
import PostgresTypes
import PostgresWire
import Testing

@Suite struct BindTests {
    /// What Bind says of the parameters, as bytes.
    func bind(_ query: PostgresQuery, as types: [PostgresType]) throws(PostgresError) -> [UInt8] {
        var buffer = PostgresBuffer()
        try query.parameters.appendBindParameters(as: types, to: &buffer)
        return buffer.withUnsafeBytes { Array($0) }
    }

    @Test func noParameters() throws {
        #expect(try bind("SELECT 1", as: []) == hex("0000 0000"))
    }

    @Test("values of the server's own types are copied as they are")
    func equalTypes() throws {
        let query: PostgresQuery = "SELECT \(7), \("a"), \(nil as Bool?)"
        #expect(query.parameters.types == [.int8, .text, .bool])
        #expect(
            try bind(query, as: [.int8, .text, .bool])
                == hex("0001 0001 0003 00000008 0000000000000007 00000001 61 ffffffff"))
    }

    @Test("fuzz: a multirange that is cut off is refused before its count is read", arguments: 0..<4)
    func cutOff(count: Int) {
        let value = PostgresRawValue(bytes: [UInt8](repeating: 0, count: count), type: .int4multirange)
        #expect(throws: PostgresError.self) { try bind("\(value)", as: [.int8multirange]) }
    }

    @Test("trap 38: what the server infers decides the encoding")
    func recoded() throws {
        let query: PostgresQuery = "SELECT \(7), \("a"), \(nil as Int?), \(1.5), \([1, 2])"
        #expect(
            try bind(query, as: [.int4, .varchar, .uuid, .numeric, .int2Array])
                == hex(
                    """
                    0001 0001 0005 00000004 00000007 00000001 61 ffffffff 0000000c 0002 0000 0000 0001 0001 1388
                    00000020 00000001 00000000 00000015 00000002 00000001 00000002 0001 00000002 0002
                    """))
        #expect(
            try bind("\("{}"), \("r")", as: [.jsonb, .char]) == hex("0001 0001 0002 00000003 01 7b7d 00000001 72"))
    }

    @Test("more values than stand in place, of which some are recoded, one after the other")
    func manyRecoded() throws {
        let find = PostgresStatement("SELECT $1, $2, $3, $4, $5, $6, $7")
        let query = find(1 as Int32, "a", 2, "{}", nil as String?, true, 3 as Int32)
        #expect(query.parameters.types == [.int4, .text, .int8, .text, .text, .bool, .int4])
        #expect(
            try bind(query, as: [.int4, .text, .int4, .jsonb, .jsonb, .bool, .int8])
                == hex(
                    """
                    0001 0001 0007 00000004 00000001 00000001 61 00000004 00000002 00000003 01 7b7d ffffffff 00000001 01
                    00000008 0000000000000003
                    """))
        var joined: PostgresQuery = "SELECT \(1), \(2)"
        joined.append(", \(3), \(4), \(5), \(6)")
        #expect(joined.sql == "SELECT $1, $2, $3, $4, $5, $6")
        #expect(joined.parameters.types == Array(repeating: .int8, count: 6))
    }

    @Test("values that nobody has to look at are known to fit")
    func fitting() {
        let find = PostgresStatement("SELECT $1, $2, $3")
        #expect(find("{}", "2024-01-02", 1).parameters.fit(as: [.jsonb, .date, .int8]))
        #expect(!find("{}", "2024-01-02", 1).parameters.fit(as: [.jsonb, .date, .int4]))
        #expect(!find("a\0", "b", 1).parameters.fit(as: [.text, .text, .int8]))
        #expect(!find("a", "b", 1).parameters.fit(as: [.text, .text]))
    }

    @Test("a string for a type whose binary form is not text is sent as text")
    func textFormat() throws {
        #expect(
            try bind("\(1), \("2024-01-02")", as: [.int4, .date])
                == hex("0002 0001 0000 0002 00000004 00000001 0000000a") + Array("2024-01-02".utf8))
        let literal = #"{"a\"b","c\\d",NULL,""}"#
        #expect(
            try bind("\(["a\"b", "c\\d", nil, ""] as [String?])", as: [TextTests.userType])
                == hex("0001 0000 0001 00000017") + Array(literal.utf8))
        #expect(try bind("\([String]())", as: [.uuidArray]) == hex("0001 0000 0001 00000002") + Array("{}".utf8))
        #expect(
            try bind("\(nil as String?)", as: [.date]) == hex("0001 0000 0001 ffffffff"))
    }

    @Test("a value for a type that is not built in is written as text: it may be a domain")
    func domains() throws {
        func text<V: PostgresEncodable>(_ value: V) throws -> String {
            let bytes = try bind("\(value)", as: [TextTests.userType])
            #expect(Array(bytes[..<6]) == hex("0001 0000 0001"))
            return String(decoding: bytes[10...], as: UTF8.self)
        }
        #expect(try text(true) == "true")
        #expect(try text(Int16(-7)) == "-7")
        #expect(try text(Int32(-7)) == "-7")
        #expect(try text(-7) == "-7")
        #expect(try text(Float(0.1)) == "0.1")
        #expect(try text(-Double.infinity) == "-inf")
        #expect(try text(PostgresNumeric("1.50")) == "1.50")
        #expect(try text([0, 0xAF] as [UInt8]) == "\\x00af")
        #expect(try text(PostgresDate(year: 2024, month: 1, day: 2)) == "2024-01-02")
        #expect(try text(PostgresTime(hour: 1, minute: 2)) == "01:02:00")
        #expect(try text(PostgresTimeTZ("01:02:00+03")) == "01:02:00+03")
        #expect(try text(PostgresTimestamp(year: 2024, month: 1, day: 2)) == "2024-01-02 00:00:00")
        #expect(try text(PostgresTimestampTZ(year: 2024, month: 1, day: 2)) == "2024-01-02 00:00:00+00")
        #expect(try text(PostgresInterval(months: 1)) == "1 mon")
        #expect(try text(JSONB([1])) == "[1]")
        let uuid = UUID()
        #expect(try text(uuid) == uuid.uuidString)
        #expect(try text([1, nil] as [Int?]) == "{1,NULL}")
        #expect(try text([[0xFF]] as [[UInt8]]) == #"{"\\xff"}"#)
        #expect(throws: PostgresError.self) {
            try text(PostgresRawValue(bytes: [1], type: PostgresType(rawValue: 20_002)))
        }
    }

    @Test("text arrays become arrays of the other text types in binary")
    func textArrays() throws {
        #expect(
            try bind("\(["a", nil] as [String?])", as: [.varcharArray])
                == hex(
                    "0001 0001 0001 0000001d 00000001 00000001 00000413 00000002 00000001 00000001 61 ffffffff"))
    }

    @Test("dates reach timestamp and date in UTC")
    func dates() throws {
        let midnight = Date(timeIntervalSinceReferenceDate: 86_400)
        #expect(try bind("\(midnight)", as: [.date]) == hex("0001 0001 0001 00000004 0000016f"))
        #expect(throws: PostgresError.self) { try bind("\(midnight + 1)", as: [.date]) }
        #expect(try bind("\(midnight)", as: [.timestamp]) == bind("\(midnight)", as: [.timestamptz]))
    }

    @Test("an error names the parameter and leaves the buffer as it was")
    func errors() throws {
        var buffer = PostgresBuffer()
        buffer.append(UInt8(9))
        let cases: [(PostgresQuery, [PostgresType])] = [
            ("\(1), \(2), \(1 << 40)", [.int4, .int4, .int4]),
            ("\(1), \(2), \(true)", [.int4, .int4, .int4]),
            ("\(1), \(2), \([1 << 40])", [.int4, .int4, .int4Array]),
            ("\(1), \(2), \([1])", [.int4, .int4, .int4]),
            ("\(1), \(2), \(PostgresDate.infinity)", [.int4, .int4, .int4]),
            ("\(1), \(2), \("a\0b")", [.int4, .int4, .text]),
            ("\(1), \(2), \(UUID())", [.int4, .int4, .text]),
            ("\(1), \(2), \(["a"])", [.int4, .int4, .text]),
            ("\(1), \(2), \(["a"])", [.int4, .int4, .jsonb]),
        ]
        for (query, types) in cases {
            let error = #expect(throws: PostgresError.self) {
                try query.parameters.appendBindParameters(as: types, to: &buffer)
            }
            #expect(error?.message.hasPrefix("parameter $3: ") == true)
            #expect(error?.code == .encodingFailed)
            #expect(buffer.count == 1)
        }
    }

    @Test("the number in an error follows the value when queries are joined")
    func joinedErrors() {
        let part: PostgresQuery = "b = \("\0")"
        let query: PostgresQuery = "a = \(1) AND \(part) AND c = \(2)"
        let error = #expect(throws: PostgresError.self) { try query.parameters.validate() }
        #expect(error?.message.hasPrefix("parameter $2: ") == true)
    }

    @Test("trap 36: 65535 parameters pass, 65536 are refused, a wrong number is refused")
    func counts() throws {
        var parameters = PostgresParameters()
        for _ in 0..<65535 { parameters.append(true) }
        var buffer = PostgresBuffer()
        try parameters.appendBindParameters(as: [PostgresType](repeating: .bool, count: 65535), to: &buffer)
        #expect(buffer.count == 6 + 65535 * 5)
        #expect(buffer.withUnsafeBytes { Array($0[..<6]) } == hex("0001 0001 ffff"))
        parameters.append(true)
        let many = #expect(throws: PostgresError.self) {
            try parameters.appendBindParameters(as: [PostgresType](repeating: .bool, count: 65536), to: &buffer)
        }
        #expect(many?.code == .invalidUse)
        let wrong = #expect(throws: PostgresError.self) { try bind("\(1)", as: [.int8, .int8]) }
        #expect(wrong?.code == .invalidUse)
        #expect(wrong?.message == "the statement has 2 parameters, but 1 values were given")
    }

    @Test("a raw value is sent as its own type and as no other")
    func rawValues() throws {
        let point = PostgresRawValue(bytes: [1, 2], type: .point)
        #expect(try bind("\(point)", as: [.point]) == hex("0001 0001 0001 00000002 0102"))
        #expect(throws: PostgresError.self) { try bind("\(point)", as: [.box]) }
    }
}
