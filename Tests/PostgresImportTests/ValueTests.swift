import PostgresTypes
import PostgresWire
import Testing

@testable import PostgresImport

func withBytes<R>(_ text: String, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try Array(text.utf8).withUnsafeBytes(body)
}

/// The text of the one canonical cell that `body` appends.
func canonical(_ body: (inout CanonicalRow) throws -> Void) rethrows -> String? {
    var row = CanonicalRow()
    try body(&row)
    return row.cells().first?.bytes.map { String(decoding: $0, as: UTF8.self) }
}

@Suite("Dates and times in text")
struct CivilTimeTests {
    @Test(arguments: [
        ("1970-01-01", 0), ("1970-01-01 00:00:00", 0), ("2000-01-01T00:00:00Z", 946_684_800_000_000),
        ("2009-04-01T00:00:00.000-0700", 1_238_569_200_000_000), ("1969-12-31 23:59:59.999999", -1),
        ("2024-02-29 12:34", 1_709_210_040_000_000), ("2020-06-01 10:00:00.5+02:00", 1_590_998_400_500_000),
        ("2020-06-01 10:00:00 -0130", 1_591_011_000_000_000), ("0001-01-01 00:00:00", -62_135_596_800_000_000),
        ("9999-12-31 23:59:59.999999", 253_402_300_799_999_999),
        ("2020-06-01T10:00:00.1234560000", 1_591_005_600_123_456),
    ])
    func textBecomesMicroseconds(text: String, microseconds: Int) throws {
        let time = try #require(withBytes(text) { CivilTime(parsing: $0) })
        #expect(time.microseconds == microseconds)
    }

    @Test(arguments: [
        "", "2020", "2020-13-01", "2020-02-30", "2021-02-29", "1900-02-29", "0000-00-00", "2020-01-01 24:00:00",
        "2020-01-01 23:60", "2020-01-01 23:59:60", "2020-01-01T", "2020-01-01 10:00:00.", "2020-01-01 10:00:00.1234567",
        "2020-01-01 10:00:00 Europe/Paris", "2020-1-1", " 2020-01-01", "2020-01-01 ", "01/02/2020", "20200101T000000Z",
    ])
    func whatIsNoDateStaysText(text: String) {
        #expect(withBytes(text) { CivilTime(parsing: $0) } == nil)
    }

    @Test func everyDayOfFourCenturiesGoesThereAndBack() {
        let start = CivilTime.days(year: 1800, month: 1, day: 1)
        for day in stride(from: start, through: start + 146_097, by: 1) {
            let time = CivilTime(microseconds: day * 86_400_000_000 + 86_399_999_999)
            #expect(CivilTime.days(year: time.year, month: time.month, day: time.day) == day)
            #expect(time.microsecondsOfDay == 86_399_999_999)
        }
    }
}

@Suite("Exact decimals")
struct ExactDecimalTests {
    static let texts = [
        "0", "1", "-1", "0.05", "-0.05", "10", "1000", "9999", "10000", "10001", "99999999", "100000000", "0.0001",
        "0.00001", "0.1234", "0.12345", "1.0001", "12345.6789", "123456789.123456789", "99999999999999999.99",
        "18446744073709551615", "123456789012345678901234567890.123456789012345678901234567890", "1e10", "1e-10",
        "1.5e3",
        "5e-324", "1.7976931348623157e308", "-9223372036854775808", "100000000000000000000000000000000000000",
        "0.000000000000000000000000000000000001", "70000.00007",
    ]

    @Test("numeric's binary form holds the same digits as the text", arguments: texts)
    func binaryAndTextAgree(text: String) throws {
        let decimal = try #require(withBytes(text) { ExactDecimal(parsing: $0) })
        let fromText = canonical { $0.append(decimal: decimal) }
        var binary = PostgresBuffer()
        decimal.append(numericTo: &binary)
        let fromBinary = try canonical { row in
            try binary.withUnsafeBytes { try TargetCell.append($0, as: .numeric(nil), to: &row) }
        }
        #expect(fromText == fromBinary)
        // And it is the same number as JSON understands it.
        let number = try #require(fromText.flatMap { JSONNumber(lexeme: $0) })
        #expect(JSONNumber(lexeme: text) == number)
    }

    @Test func doublesGiveTheShortestDecimal() {
        for value in [0.1, 0.99, 1.98, 5.65, 1e22, 1e-7, 123_456.789, -0.5, 4.35] {
            let text = ExactDecimal(shortest: value).flatMap { decimal in canonical { $0.append(decimal: decimal) } }
            #expect(text.flatMap { Double($0) } == value)
        }
        #expect(ExactDecimal(shortest: .infinity) == nil)
        #expect(ExactDecimal(shortest: .nan) == nil)
    }

    @Test(arguments: ["", "-", ".", "1e", "1e+", "abc", "1.2.3", "0x1F", "1 ", "1e9999999", "1e200000", "1e-20000"])
    func whatIsNoNumericIsRefused(text: String) {
        #expect(withBytes(text) { ExactDecimal(parsing: $0) } == nil)
    }

    @Test(
        "trap 98: integers in scientific notation",
        arguments: [
            ("2.173631433e+09", Int64?.some(2_173_631_433)), ("9223372036854775807", Int64.max),
            ("9223372036854775808", nil),
            ("-9223372036854775808", Int64.min), ("1.5", nil), ("12.000", 12), ("1e18", 1_000_000_000_000_000_000),
            ("1e19", nil),
        ])
    func integers(text: String, wanted: Int64?) {
        #expect(withBytes(text) { ExactDecimal(parsing: $0) }?.int64 == wanted)
    }

    @Test(arguments: [("12.34", 2, 2), ("0.05", 0, 2), ("1000", 4, 0), ("1.50", 1, 2), ("0", 0, 0)])
    func digitsBeforeAndAfterThePoint(text: String, integer: Int, fraction: Int) throws {
        let decimal = try #require(withBytes(text) { ExactDecimal(parsing: $0) })
        #expect(decimal.integerDigits == integer)
        #expect(decimal.fractionDigits == fraction)
    }
}

@Suite("Text rules")
struct TextRulesTests {
    @Test(
        arguments: [
            ([], true), ([0x61], true), ([0x61, 0x00], false), ([0xC3, 0xA9], true), ([0xC3], false),
            ([0xC0, 0x80], false),
            ([0xED, 0xA0, 0x80], false), ([0xF0, 0x9F, 0x98, 0x80], true), ([0xF4, 0x90, 0x80, 0x80], false),
            ([0xFF], false),
            ([0x61, 0x61, 0x61, 0x61, 0x61, 0x61, 0x61, 0x61, 0x00], false),
            ([0x61, 0x61, 0x00, 0x61, 0x61, 0x61, 0x61, 0x61, 0x61], false),
            ([0x61, 0x61, 0x61, 0x61, 0x61, 0x61, 0x61, 0x61, 0xE9], false),
        ] as [([UInt8], Bool)])
    func storable(bytes: [UInt8], wanted: Bool) {
        #expect(bytes.withUnsafeBytes { TextRules.isStorable($0) } == wanted)
    }

    @Test func uuidsGoBothWays() {
        let text = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
        var bytes = PostgresBuffer()
        #expect(withBytes(text.uppercased()) { UUIDText.append($0, bytesTo: &bytes) })
        #expect(bytes.count == 16)
        var back = PostgresBuffer()
        bytes.withUnsafeBytes { UUIDText.append($0, textTo: &back) }
        #expect(back.withUnsafeBytes { String(decoding: $0, as: UTF8.self) } == text)
        #expect(!withBytes(String(text.dropLast()) + "g") { UUIDText.append($0, bytesTo: &bytes) })
        #expect(bytes.count == 16)
    }

    @Test(arguments: [
        ("pageCount", "page_count"), ("HTTPStatus", "http_status"), ("_id", "id"), ("first name", "first_name"),
        ("tier_and_details", "tier_and_details"), ("2fa", "_2fa"), ("äöü", ""), ("userID2", "user_id2"),
        ("xmin", "xmin_"),
        ("__v", "v"), ("a.b-c", "a_b_c"),
    ])
    func snakeCase(name: String, wanted: String) {
        #expect(TargetNames.snakeCase(name) == wanted)
    }
}
