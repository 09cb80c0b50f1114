import PostgresTypes
import Testing

@Suite("JSON numbers")
struct JSONNumberTests {
    @Test(
        "the canonical form depends on the value alone",
        arguments: [
            ("1", "1"), ("1.0", "1"), ("10e-1", "1"), ("0.1e1", "1"), ("-0", "0"), ("-0.0", "0"), ("0e5", "0"),
            ("1.50", "1.5"), ("150e-2", "1.5"), ("2.173631433e+09", "2173631433"), ("1e-3", "0.001"),
            ("-12.3400", "-12.34"), ("1e39", "1" + String(repeating: "0", count: 39)), ("1e40", "1e40"),
            ("100e40", "1e42"), ("5e-50", "5e-50"),
            ("123456789012345678901234567890", "123456789012345678901234567890"),
        ])
    func canonical(lexeme: String, wanted: String) throws {
        let number = try #require(JSONNumber(lexeme: lexeme))
        #expect(number.canonical == wanted)
        // The canonical text is a number too, and canonical itself.
        #expect(JSONNumber(lexeme: wanted)?.canonical == wanted)
    }

    @Test(
        "an exponent is kept to its last digit, however long it is",
        arguments: [
            ("7890e9999999999", "789e10000000000"), ("1e-10000000000", "1e-10000000000"),
            ("0e99999999999999999999", "0"), ("10e999999999999999999", "1e1000000000000000000"),
            ("10E+99999999999999999999", "10E+99999999999999999999"),
        ])
    func largeExponents(lexeme: String, wanted: String) throws {
        let number = try #require(JSONNumber(lexeme: lexeme))
        #expect(number.canonical == wanted)
        let again = try #require(JSONNumber(lexeme: wanted))
        #expect(again.canonical == wanted && again == number)
        #expect(number.int64 == (wanted == "0" ? 0 : nil))
    }

    @Test func largeExponentsDiffer() {
        #expect(JSONNumber(lexeme: "1e1000000001") != JSONNumber(lexeme: "1e1000000002"))
        #expect(JSONNumber(lexeme: "1e99999999999999999991") != JSONNumber(lexeme: "1e99999999999999999992"))
    }

    @Test(
        "trap 98: integers in any notation",
        arguments: [
            ("2.173631433e+09", Int64?.some(2_173_631_433)), ("1e3", 1000), ("9223372036854775807", Int64.max),
            ("-9223372036854775808", Int64.min), ("9223372036854775808", nil), ("1.5", nil), ("1e30", nil),
            ("12.00", 12), ("0.0", 0), ("-0e5", 0),
        ])
    func integers(lexeme: String, wanted: Int64?) {
        #expect(JSONNumber(lexeme: lexeme)?.int64 == wanted)
    }

    @Test func doublesAreWrittenShortest() {
        #expect(JSONNumber(0.1)?.lexeme == "0.1")
        #expect(JSONNumber(5.0)?.lexeme == "5")
        #expect(JSONNumber(1e300)?.double == 1e300)
        #expect(JSONNumber(Double.nan) == nil)
        #expect(JSONNumber(-Double.infinity) == nil)
    }

    @Test(arguments: ["", "-", "01", "1.", ".5", "1e", "0x10", "1 ", " 1", "١"])
    func whatIsNoNumberIsRefused(text: String) {
        #expect(JSONNumber(lexeme: text) == nil)
    }

    @Test func equalityIsByValue() throws {
        #expect(try JSONValue(parsing: #"{"a":1.0,"b":[1e2]}"#) == JSONValue(parsing: #"{"b":[100],"a":1}"#))
        #expect(try JSONValue(parsing: "1.01") != JSONValue(parsing: "1.010000001"))
        let set: Set<JSONValue> = [["a": 1, "b": 2], ["b": 2, "a": 1]]
        #expect(set.count == 1)
    }
}
