import Foundation
import PostgresTypes
import PostgresWire
import Testing

@Suite struct NumericTests {
    @Test(
        "trap 21: known bytes, and the server's text of them",
        arguments: [
            ("0", "0000 0000 0000 0000"), ("0.00", "0000 0000 0000 0002"), ("1", "0001 0000 0000 0000 0001"),
            ("-1", "0001 0000 4000 0000 0001"), ("9999", "0001 0000 0000 0000 270f"),
            ("10000", "0001 0001 0000 0000 0001"), ("10001", "0002 0001 0000 0000 0001 0001"),
            ("1.0", "0001 0000 0000 0001 0001"), ("1.00", "0001 0000 0000 0002 0001"),
            ("19.90", "0002 0000 0000 0002 0013 2328"), ("0.1", "0001 ffff 0000 0001 03e8"),
            ("0.0001", "0001 ffff 0000 0004 0001"), ("0.00001", "0001 fffe 0000 0005 03e8"),
            ("-12345.678", "0003 0001 4000 0003 0001 0929 1a7c"), ("NaN", "0000 0000 c000 0000"),
            ("Infinity", "0000 0000 d000 0000"), ("-Infinity", "0000 0000 f000 0000"),
        ])
    func knownBytes(text: String, bytes: String) throws {
        let value = try #require(PostgresNumeric(text))
        #expect(value.description == text)
        #expect(try encoded(value) == hex(bytes))
        let back = try decoded(hex(bytes), PostgresNumeric.self)
        #expect(back == value)
        #expect(back.description == text)
    }

    @Test("a scale that comes with NaN or an infinity is read over")
    func scaleOfSpecials() throws {
        #expect(try decoded(hex("0000 0000 d000 0020"), PostgresNumeric.self) == .infinity)
        #expect(try decoded(hex("0000 0000 c000 0020"), PostgresNumeric.self).scale == 0)
    }

    @Test("zeros around the digits on the wire do not matter")
    func paddedGroups() throws {
        let value = try decoded(hex("0003 0001 0000 0001 0000 0005 0000"), PostgresNumeric.self)
        #expect(value == 5)
        #expect(value.description == "5.0")
        #expect(try decoded(hex("0001 7fff 4000 0000 0000"), PostgresNumeric.self).description == "0")
    }

    @Test(
        "trap 21: bodies that lie throw",
        arguments: [
            "", "0001", "0001 0000 0000", "0001 0000 0000 0000", "0000 0000 0000 0000 0001",
            "0002 0000 0000 0000 0001", "0001 0000 0000 0000 0001 0001", "ffff 0000 0000 0000 0001",
            "0001 0000 0000 0000 2710",  // group of 10000
            "0001 0000 0000 0000 ffff", "0001 0000 8000 0000 0001",  // unknown sign
            "0001 0000 c000 0000 0001",  // NaN with a digit
            "0001 0000 0000 4000 0001",  // scale beyond the limit
            "0001 ffff 0000 0000 0001",  // 0.0001 with scale 0
            "0002 0000 0000 0001 0001 0457",  // 1.1111 with scale 1
        ])
    func lyingBodies(bytes: String) {
        #expect(throws: PostgresError.self) { try decoded(hex(bytes), PostgresNumeric.self) }
    }

    @Test(
        "trap 22: what is read as a number",
        arguments: [
            ("1e5", "100000"), ("1.5e3", "1500"), ("1.5e-3", "0.0015"), ("1E+2", "100"), ("+7", "7"), (".5", "0.5"),
            ("5.", "5"), ("007", "7"), ("-0.0", "0.0"), ("1.50e1", "15.0"), ("0e10", "0"), ("0e-3", "0.000"),
            ("nan", "NaN"), ("INFINITY", "Infinity"), ("-inf", "-Infinity"), ("+inf", "Infinity"),
        ])
    func readable(text: String, written: String) throws {
        #expect(try #require(PostgresNumeric(text)).description == written)
    }

    @Test(
        "trap 22: what is not",
        arguments: [
            "", "-", ".", "e5", "1e", "1e+", "1e5.5", "1.2.3", " 1", "1 ", "--1", "1_000", "0x10", "١", "1e999999999",
            "1e131072", "1e-16384", "-nan", "infinit", "1,5", "1\0", "1e--5", "1e5e5",
        ])
    func unreadable(text: String) {
        #expect(PostgresNumeric(text) == nil)
    }

    @Test("trap 21: the limits hold: 131072 digits before the point, 16383 after it")
    func limits() throws {
        let whole = String(repeating: "9", count: 131_072)
        let fraction = String(repeating: "7", count: 16_383)
        for text in [
            whole, "-\(whole).\(fraction)", "0.\(fraction)", "0." + String(repeating: "0", count: 16_382) + "1",
        ] {
            let value = try #require(PostgresNumeric(text))
            #expect(value.description == text)
            #expect(try decoded(encoded(value), PostgresNumeric.self).description == text)
        }
        #expect(PostgresNumeric(whole + "0") == nil)
        #expect(PostgresNumeric("0." + fraction + "7") == nil)
        #expect(PostgresNumeric("1e131071") != nil)
        #expect(PostgresNumeric("1e-16383")?.scale == 16_383)
    }

    @Test("equal by value whatever the scale, ordered as the server orders")
    func order() throws {
        let texts = [
            "-Infinity", "-1e100", "-123456789.5", "-10000", "-9999.9999", "-1", "-0.5", "-1e-20", "0", "1e-20", "0.5",
            "1", "1.0001", "9999.9999", "10000", "123456789012345678901234567890", "123456789012345678901234567891",
            "1e100", "Infinity", "NaN",
        ]
        let values = try texts.map { try #require(PostgresNumeric($0)) }
        for (index, left) in values.enumerated() {
            for (other, right) in values.enumerated() {
                #expect((left < right) == (index < other), "\(left) \(right)")
                #expect((left == right) == (index == other), "\(left) \(right)")
            }
            #expect(-(-left) == left)
        }
        #expect(PostgresNumeric("1.0") == PostgresNumeric("1.00"))
        #expect(PostgresNumeric("1.0")?.hashValue == PostgresNumeric("1")?.hashValue)
        #expect(PostgresNumeric("-0") == PostgresNumeric("0.0"))
        #expect(-PostgresNumeric(0) == 0)
    }

    @Test("ten thousand random numbers go through text and bytes and back")
    func random() throws {
        var generator = SeededGenerator(state: 21)
        for _ in 0..<10_000 {
            let before = Int.random(in: 1...30, using: &generator)
            let after = Int.random(in: 0...30, using: &generator)
            // Digits that are often zero, so that whole groups are.
            func digits(_ count: Int) -> String {
                (0..<count).map { _ in
                    Bool.random(using: &generator) ? "0" : String(Int.random(in: 0...9, using: &generator))
                }.joined()
            }
            let integer = digits(before).drop { $0 == "0" }
            let unsigned = (integer.isEmpty ? "0" : integer) + (after == 0 ? "" : "." + digits(after))
            let isZero = !unsigned.contains { $0 != "0" && $0 != "." }
            let text = !isZero && Bool.random(using: &generator) ? "-" + unsigned : String(unsigned)
            let value = try #require(PostgresNumeric(text))
            #expect(value.description == text)
            let back = try decoded(encoded(value), PostgresNumeric.self)
            #expect(back.description == text)
            #expect(back == value)
        }
    }

    @Test("integers become numerics and back at their limits")
    func integers() throws {
        func check<I: FixedWidthInteger>(_ values: [I]) throws {
            for value in values {
                #expect(PostgresNumeric(value).description == value.description)
                #expect(try PostgresNumeric(value).integer(as: I.self) == value)
            }
        }
        try check([Int8.min, -1, 0, 1, .max])
        try check([UInt8.min, .max])
        try check([Int16.min, 9999, 10_000, .max])
        try check([Int64.min, .max, 10_000, 100_000_000])
        try check([UInt64.max])
        try check([Int128.min, .max])
        #expect(throws: PostgresError.self) { try PostgresNumeric(256).integer(as: UInt8.self) }
        #expect(throws: PostgresError.self) { try PostgresNumeric(-1).integer(as: UInt8.self) }
        #expect(throws: PostgresError.self) { try PostgresNumeric.nan.integer(as: Int.self) }
        #expect(throws: PostgresError.self) { try #require(PostgresNumeric("0.5")).integer(as: Int.self) }
        #expect(throws: PostgresError.self) { try #require(PostgresNumeric("1e131071")).integer(as: Int.self) }
    }

    @Test("a Double comes out where it loses nothing")
    func doubles() throws {
        for value in [
            0.1, -1.5, 1e22, .leastNonzeroMagnitude, 1.7976931348623157e308, 123_456_789.125, .infinity, -.infinity,
        ] {
            #expect(try PostgresNumeric(value).double() == value)
        }
        #expect(try PostgresNumeric.nan.double().isNaN)
        let third = try #require(PostgresNumeric("0.33333333333333333333"))
        #expect(throws: PostgresError.self) { try third.double() }
        #expect(third.nearestDouble == 1.0 / 3.0)
        #expect(throws: PostgresError.self) { try #require(PostgresNumeric("1e400")).double() }
        #expect(try encoded(PostgresNumeric(0.1), as: .float8) == encoded(0.1))
        #expect(try encoded(PostgresNumeric(Float(0.1)), as: .float4) == encoded(Float(0.1)))
        #expect(throws: PostgresError.self) { try encoded(third, as: .float8) }
        #expect(throws: PostgresError.self) { try encoded(third, as: .int8) }
        #expect(try encoded(PostgresNumeric(7), as: .int2) == hex("0007"))
        #expect(throws: PostgresError.self) { try encoded(PostgresNumeric(7), as: .text) }
    }

    @Test func codable() throws {
        let values: [PostgresNumeric] = [try #require(PostgresNumeric("19.90")), .nan, -5]
        let data = try JSONEncoder().encode(values)
        #expect(String(decoding: data, as: UTF8.self) == #"["19.90","NaN","-5"]"#)
        let back = try JSONDecoder().decode([PostgresNumeric].self, from: data)
        #expect(back.map(\.description) == ["19.90", "NaN", "-5"])
        let numbers = try JSONDecoder().decode([PostgresNumeric].self, from: Data("[0.1, 12345678901234567890]".utf8))
        #expect(numbers.map(\.description) == ["0.1", "12345678901234567890"])
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([PostgresNumeric].self, from: Data(#"["x"]"#.utf8))
        }
    }
}

@Suite struct DecimalTests {
    @Test(
        "decimals go through numeric and back",
        arguments: [
            "0", "1", "-1", "19.9", "0.0001", "-12345.678", "99999999999999999999999999999999999999",
            "0.00000000000000000000000000000000000001", "1234567890123456789.01234567890123456",
        ])
    func roundTrip(text: String) throws {
        let decimal = try #require(Decimal(string: text))
        #expect(try decoded(encoded(decimal), Decimal.self) == decimal)
        #expect(try #require(PostgresNumeric(text)).decimal() == decimal)
        #expect(PostgresNumeric(decimal) == PostgresNumeric(text))
    }

    @Test("random decimals of money's size are the same number, whichever way they are made")
    func random() throws {
        var generator = SeededGenerator(state: 22)
        for _ in 0..<2000 {
            let digits = Int64.random(in: -999_999_999_999_999_999...999_999_999_999_999_999, using: &generator)
            let exponent = Int.random(in: -30...10, using: &generator)
            let text = "\(digits)e\(exponent)"
            #expect(try #require(PostgresNumeric(text)).decimal() == #require(Decimal(string: text)))
        }
    }

    @Test("trap 22: NaN is NaN; infinities and more digits than a Decimal has throw")
    func refusals() throws {
        #expect(PostgresNumeric(Decimal.nan).isNaN)
        #expect(try PostgresNumeric.nan.decimal().isNaN)
        #expect(try decoded(encoded(Decimal.nan), Decimal.self).isNaN)
        #expect(throws: PostgresError.self) { try PostgresNumeric.infinity.decimal() }
        #expect(throws: PostgresError.self) { try decoded(encoded(PostgresNumeric.negativeInfinity), Decimal.self) }
        for text in [
            "1234567890123456789012345678901234567890.5", "1e200", "1e-200",
            "0.123456789012345678901234567890123456789012345",
        ] {
            #expect(throws: PostgresError.self, "\(text)") { try #require(PostgresNumeric(text)).decimal() }
        }
    }

    @Test("the greatest decimals survive")
    func limits() throws {
        for decimal in [Decimal.greatestFiniteMagnitude, -Decimal.greatestFiniteMagnitude, .leastNonzeroMagnitude] {
            #expect(try decoded(encoded(decimal), Decimal.self) == decimal)
        }
    }
}
