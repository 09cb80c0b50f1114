@testable import Postgres
@testable import PostgresTypes
@testable import PostgresWire

extension FuzzTarget {
    /// JSON text: what is read can be written and read again; the canonical text is one; numbers keep their value.
    static let json = FuzzTarget(name: "json") { input in
        var input = input
        let unstorable = input.choice(of: [JSONParser.Unstorable.reject, .strip, .replace])
        _ = OAuthRefusal(Array(input.rest), hiding: "token").description
        do throws(JSONParseError) {
            let value = try JSONParser.parse(input.rest, unstorable: unstorable)
            checkText(value)
            if case .number(let number) = value { checkNumber(number) }
        } catch {
            check("\(error)".utf8.count < 1000, "the message of an error is short")
        }
    }
}

private func checkText(_ value: JSONValue) {
    let text = value.json()
    let again = must("\(text) can be read again") { () throws(JSONParseError) in try JSONValue(parsing: text) }
    check(again == value && again.hashValue == value.hashValue, "\(text) is what was read")
    check(again.json() == text, "\(text) is written as it was read")
    let canonical = value.json(canonical: true)
    let third = must("\(canonical) can be read") { () throws(JSONParseError) in try JSONValue(parsing: canonical) }
    check(third.json(canonical: true) == canonical, "the canonical text of \(canonical)")
    check(third == value, "\(canonical) is what was read")
}

private func checkNumber(_ number: JSONNumber) {
    if let integer = number.int64 { check(JSONNumber(integer) == number, "\(integer) for \(number)") }
    check(JSONNumber(lexeme: number.lexeme) == number, "\(number) is a number")
    if let other = JSONNumber(number.double), other == number { check(other.canonical == number.canonical, "one form") }
}
