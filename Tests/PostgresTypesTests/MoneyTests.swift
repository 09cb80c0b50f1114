import PostgresTypes
import PostgresWire
import Testing

@Suite struct MoneyTests {
    @Test(
        "what servers of many locales write",
        arguments: [
            ("$1,234.56", 2, 123_456), ("-$1,234.56", 2, -123_456), ("1.234,56 €", 2, 123_456),
            ("-1.234,56 €", 2, -123_456), ("1\u{A0}234,56 zł", 2, 123_456), ("CHF 1'234.56", 2, 123_456),
            ("($0.50)", 2, -50), ("kr. 12,00", 2, 1200), ("¥1,234,567", 0, 1_234_567), ("-¥5", 0, -5),
            ("KD 1,234.567", 3, 1_234_567), ("1,234", 3, 1234), ("1234", 2, 123_400),
            ("$92,233,720,368,547,758.07", 2, Int64.max), ("-$92,233,720,368,547,758.08", 2, Int64.min),
        ])
    func readable(text: String, digits: Int, units: Int64) {
        #expect(PostgresMoney(text, fractionDigits: digits)?.minorUnits == units)
    }

    @Test(
        "what is ambiguous or no amount",
        arguments: ["", "$", "1,234", "1.5", "1.234", ".50", "$92,233,720,368,547,758.08", "99999999999999999999"])
    func unreadable(text: String) {
        #expect(PostgresMoney(text) == nil)
    }

    @Test func text() throws {
        #expect(PostgresMoney(minorUnits: -5).description == "-0.05")
        #expect(PostgresMoney(minorUnits: 123_456).description == "1234.56")
        #expect(PostgresMoney(minorUnits: .min).description == "-92233720368547758.08")
        #expect(PostgresMoney(minorUnits: 5).description(fractionDigits: 0) == "5")
        #expect(PostgresMoney(minorUnits: 5).description(fractionDigits: 3) == "0.005")
        for units in [0, 1, -1, 99, 100, .max, .min] as [Int64] {
            #expect(PostgresMoney(PostgresMoney(minorUnits: units).description)?.minorUnits == units)
        }
    }

    @Test("a number becomes an amount where it loses nothing")
    func numeric() throws {
        #expect(try PostgresMoney(minorUnits: -1999).numeric().description == "-19.99")
        #expect(try PostgresMoney(minorUnits: 1999).numeric(fractionDigits: 0) == 1999)
        #expect(try PostgresMoney(#require(PostgresNumeric("19.9"))).minorUnits == 1990)
        #expect(try PostgresMoney(7, fractionDigits: 0).minorUnits == 7)
        for text in ["19.999", "NaN", "Infinity", "92233720368547758.08"] {
            #expect(throws: PostgresError.self) { try PostgresMoney(#require(PostgresNumeric(text))) }
        }
        #expect(throws: PostgresError.self) { try PostgresMoney(minorUnits: 1).numeric(fractionDigits: -1) }
    }

    @Test func binary() throws {
        #expect(try encoded(PostgresMoney(minorUnits: -2)) == hex("fffffffffffffffe"))
        #expect(try decoded(hex("00000000000007cf"), PostgresMoney.self).minorUnits == 1999)
        #expect(throws: PostgresError.self) { try decoded(hex("000007cf"), PostgresMoney.self) }
        #expect(throws: PostgresError.self) { try encoded(PostgresMoney(minorUnits: 1), as: .int8) }
        #expect(throws: PostgresError.self) { try decoded(hex("00000000000007cf"), as: .int8, PostgresMoney.self) }
    }
}
