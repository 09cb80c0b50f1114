import PostgresTypes
import Testing

@testable import PostgresImport

@Suite("trap 97: Extended JSON")
struct ExtendedJSONTests {
    static let typed: [(String, ExtendedJSON.Value)] = [
        (#"{"$oid":"5CA4BBCEA2DD94EE58162A68"}"#, .objectID("5ca4bbcea2dd94ee58162a68")),
        (#"{"$date":"2009-04-01T00:00:00.000-0700"}"#, .date(1_238_569_200_000)),
        (#"{"$date":"1969-12-31T23:59:59.999Z"}"#, .date(-1)),
        (#"{"$date":-12345}"#, .date(-12345)),
        (#"{"$date":{"$numberLong":"-1577923200000"}}"#, .date(-1_577_923_200_000)),
        (#"{"$numberInt":"371138"}"#, .integer(371_138)),
        (#"{"$numberLong":"9223372036854775807"}"#, .integer(.max)),
        (#"{"$numberDouble":"10.5"}"#, .double(10.5)),
        (#"{"$numberDouble":"Infinity"}"#, .double(.infinity)),
        (#"{"$numberDouble":"-Infinity"}"#, .double(-.infinity)),
        (#"{"$numberDecimal":"123.4567890123456789012345678901234"}"#, .decimal("123.4567890123456789012345678901234")),
        (#"{"$numberDecimal":"NaN"}"#, .decimal("NaN")),
        (
            #"{"$binary":{"base64":"a6e4EJ2tEdGAtADAT9QwyA==","subType":"04"}}"#,
            .uuid("6ba7b810-9dad-11d1-80b4-00c04fd430c8")
        ),
        (#"{"$binary":"a6e4EJ2tEdGAtADAT9QwyA==","$type":"04"}"#, .uuid("6ba7b810-9dad-11d1-80b4-00c04fd430c8")),
        (#"{"$uuid":"6BA7B810-9DAD-11D1-80B4-00C04FD430C8"}"#, .uuid("6ba7b810-9dad-11d1-80b4-00c04fd430c8")),
        ("416", .integer(416)), ("1e3", .integer(1000)), ("true", .bool(true)), ("null", .null),
        (#""x""#, .string("x")),
    ]

    @Test("values of every type, versions 1 and 2", arguments: typed)
    func types(text: String, wanted: ExtendedJSON.Value) throws {
        #expect(ExtendedJSON.value(try JSONValue(parsing: text)) == wanted)
    }

    @Test func notANumber() throws {
        guard case .double(let value) = ExtendedJSON.value(try JSONValue(parsing: #"{"$numberDouble":"NaN"}"#)) else {
            Issue.record("no double")
            return
        }
        #expect(value.isNaN)
    }

    @Test(
        "what stays an object",
        arguments: [
            #"{"$exists":true}"#, #"{"$snapshot":1}"#, #"{"$gt":5}"#, #"{"$oid":"short"}"#,
            #"{"$oid":"5ca4bbcea2dd94ee58162a6g"}"#,
            #"{"$date":"yesterday"}"#, #"{"$date":"2009-04-01","$more":1}"#, #"{"$numberInt":"x"}"#, #"{"a":1}"#, "{}",
            #"{"$numberLong":"9223372036854775808"}"#, #"{"$binary":{"base64":"AAA=","subType":"00"}}"#,
            #"{"$timestamp":{"t":1,"i":2}}"#, #"{"$regularExpression":{"pattern":"^a","options":"i"}}"#,
            #"{"$undefined":true}"#,
            #"{"$minKey":1}"#, #"{"$maxKey":1}"#, #"{"$code":"f()","$scope":{}}"#, #"{"$symbol":"s"}"#,
        ])
    func objects(text: String) throws {
        let json = try JSONValue(parsing: text)
        #expect(ExtendedJSON.value(json) == .other(json))
        // And is written as it was read.
        #expect(ExtendedJSON.plain(json).description == json.description)
    }

    @Test(
        "documents become plain where JSON has an equal",
        arguments: [
            (
                #"{"d":{"$date":{"$numberLong":"-1"}},"n":[{"$numberInt":"1"},{"$numberDouble":"2.0"}]}"#,
                #"{"d":"1969-12-31T23:59:59.999Z","n":[1,2]}"#
            ),
            (#"{"x":{"y":{"$oid":"5ca4bbcea2dd94ee58162a68"}}}"#, #"{"x":{"y":"5ca4bbcea2dd94ee58162a68"}}"#),
            (
                #"{"far":{"$date":{"$numberLong":"253402300800000"}}}"#,
                #"{"far":{"$date":{"$numberLong":"253402300800000"}}}"#
            ),
            (
                #"{"nan":{"$numberDouble":"NaN"},"dec":{"$numberDecimal":"1.50"}}"#,
                #"{"nan":{"$numberDouble":"NaN"},"dec":1.50}"#
            ),
            (#"{"q":{"$exists":{"$date":0}}}"#, #"{"q":{"$exists":"1970-01-01T00:00:00.000Z"}}"#),
        ])
    func plain(text: String, wanted: String) throws {
        #expect(ExtendedJSON.plain(try JSONValue(parsing: text)).description == wanted)
    }

    @Test(arguments: [("", []), ("TQ==", [77]), ("TWE=", [77, 97]), ("TWFu", [77, 97, 110])] as [(String, [UInt8])])
    func base64(text: String, wanted: [UInt8]) {
        #expect(Base64.decode(text) == wanted)
    }

    @Test(arguments: ["T", "TQ", "TQ=", "T===", "TQ==TQ==", "T*Fu"])
    func brokenBase64(text: String) {
        #expect(Base64.decode(text) == nil)
    }
}
