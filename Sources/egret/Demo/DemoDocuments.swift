#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The demo's MongoDB export: 20,000 nested documents as `mongoexport` writes them, one per line.
///
/// Extended JSON v2, canonical and relaxed: https://www.mongodb.com/docs/manual/reference/mongodb-extended-json/
/// Object ids, dates before 1970, decimals, 64-bit integers, nested arrays and objects, fields that are NULL, absent, or
/// of two types.
enum DemoDocuments {
    static let count = 20_000

    /// Writes the file; it is the same every time.
    /// - Returns: how many documents it has.
    static func write(to path: String) throws(CommandError) -> Int {
        var random = DemoRandom(seed: 1970)
        var text = ""
        text.reserveCapacity(count * 700)
        for number in 0..<count { text += document(number, &random) + "\n" }
        guard FileManager.default.createFile(atPath: path, contents: Data(text.utf8)) else {
            throw CommandError("\(path) cannot be written", advice: "Is the disk full?")
        }
        return count
    }

    private static func document(_ number: Int, _ random: inout DemoRandom) -> String {
        let born = random.integer(-800_000_000...1_100_000_000)
        var fields = [
            #""_id":{"$oid":"\#(random.hex(24))"}"#,
            #""username":"listener\#(number + 1)""#,
            #""name":\#(quoted(DemoWords.person(&random)))"#,
            #""birthdate":{"$date":{"$numberLong":"\#(born)000"}}"#,
            #""joined":{"$date":"\#(DemoTime.timestamp(random.integer(DemoTime.business), separator: "T"))Z"}"#,
            #""active":\#(random.chance(80))"#,
            #""balance":{"$numberDecimal":"\#(random.integer(-500...90_000)).\#(random.integer(10...99))"}"#,
            #""plays":{"$numberLong":"\#(random.integer(0...9_000_000_000))"}"#,
        ]
        if random.chance(85) { fields.append(#""email":"listener\#(number + 1)@example.com""#) }
        if random.chance(30) {
            fields.append(#""nickname":\#(random.chance(50) ? "null" : quoted(DemoWords.prose(&random)))"#)
        }
        // Rating was a number once and is a text now.
        if random.chance(60) {
            let rating = random.integer(1...5)
            fields.append(#""rating":\#(random.chance(10) ? "\"\(rating) stars\"" : "{\"$numberInt\":\"\(rating)\"}")"#)
        }
        fields.append(#""favourites":[\#(favourites(&random))]"#)
        fields.append(#""subscription":\#(subscription(&random))"#)
        return "{" + fields.joined(separator: ",") + "}"
    }

    private static func favourites(_ random: inout DemoRandom) -> String {
        (0..<random.integer(0...4)).map { _ in
            let scores = (0..<random.integer(0...3)).map { _ in #"{"$numberDouble":"\#(random.integer(0...99)).5"}"# }
            return #"{"track":{"$numberInt":"\#(random.integer(1...DemoDatabase.Count.tracks))"},"title":"#
                + quoted(DemoWords.title(&random)) + #","scores":[\#(scores.joined(separator: ","))]}"#
        }.joined(separator: ",")
    }

    private static func subscription(_ random: inout DemoRandom) -> String {
        guard random.chance(75) else { return "null" }
        let benefits = ["offline", "lossless", "family", "concerts"].filter { _ in random.chance(50) }.map(quoted)
        return #"{"tier":"\#(random.pick(["free", "silver", "gold"]))","price":{"$numberDecimal":"9.90"},"#
            + #""benefits":[\#(benefits.joined(separator: ","))],"renews":{"$date":"\#(DemoTime.date(days: random.integer(20_000...21_000)))T00:00:00Z"}}"#
    }

    /// A JSON string. RFC 8259, section 7.
    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
