import Testing

@testable import Postgres

@Suite struct CopyFormatTests {
    @Test("only what was asked for is said")
    func says() throws {
        #expect(try PostgresCopyFormat.text.options(.into, serverVersion: 10) == "FORMAT text")
        #expect(try PostgresCopyFormat.csv().options(.outOf, serverVersion: nil) == "FORMAT csv")
        var format = PostgresCopyFormat.csv(header: true, delimiter: ";", null: "NULL", quote: "'", escape: "\\")
        format.forceNull = .columns(["a\"b", "Select"])
        format.forceNotNull = .all
        format.encoding = "LATIN1"
        format.onError = .ignore
        format.rejectLimit = 10
        format.logVerbosity = .verbose
        #expect(
            try format.options(.into, serverVersion: 18) == """
                FORMAT csv, HEADER true, DELIMITER ';', NULL 'NULL', QUOTE '''', ESCAPE E'\\\\', FORCE_NOT_NULL *, \
                FORCE_NULL ("a""b", "Select"), ENCODING 'LATIN1', ON_ERROR ignore, REJECT_LIMIT 10, LOG_VERBOSITY verbose
                """)
    }

    @Test("traps 63, 66: strings stay strings", arguments: ["', FORCE_QUOTE *) --", "\\', x", "''", "\\"])
    func quotes(text: String) throws {
        let options = try PostgresCopyFormat.csv(null: text).options(.into, serverVersion: nil)
        // Read as the server reads it: the literal ends where the options do.
        var rest = Substring(options.dropFirst("FORMAT csv, NULL ".count))
        let isEscaped = rest.first == "E"
        if isEscaped { rest = rest.dropFirst() }
        // What a backslash means in a plain literal is a setting of the session.
        #expect(isEscaped == text.contains("\\"))
        #expect(rest.first == "'" && rest.last == "'")
        var read = ""
        var body = rest.dropFirst().dropLast()
        while let character = body.popFirst() {
            if character == "'" || (isEscaped && character == "\\") { #expect(body.popFirst() == character) }
            read.append(character)
        }
        #expect(read == text)
    }

    @Test("what a direction, a format or a server does not have is refused with its name")
    func refuses() throws {
        func refusal(
            _ direction: CopyDirection, _ version: Int? = nil, _ format: PostgresCopyFormat = .csv,
            _ change: (inout PostgresCopyFormat) -> Void
        ) -> String? {
            var format = format
            change(&format)
            do throws(PostgresError) {
                _ = try format.options(direction, serverVersion: version)
                return nil
            } catch {
                return error.code == .invalidUse ? error.message : nil
            }
        }
        #expect(refusal(.into) { $0.forceQuote = .all }?.contains("forceQuote") == true)
        #expect(refusal(.outOf) { $0.forceNull = .all }?.contains("forceNull") == true)
        #expect(refusal(.outOf) { $0.onError = .ignore }?.contains("onError") == true)
        #expect(refusal(.into, nil, .text) { $0.quote = "'" }?.contains("quote") == true)
        #expect(refusal(.into) { $0.delimiter = "ä" }?.contains("delimiter") == true)
        #expect(refusal(.into) { $0.delimiter = "\r\n" }?.contains("delimiter") == true)
        #expect(refusal(.into, 16) { $0.onError = .ignore }?.contains("PostgreSQL 17") == true)
        #expect(refusal(.into, 15) { $0.default = "x" }?.contains("PostgreSQL 16") == true)
        #expect(refusal(.into, 17) { $0.rejectLimit = 1 }?.contains("PostgreSQL 18") == true)
        #expect(refusal(.into, 14, .text) { $0.header = .present }?.contains("PostgreSQL 15") == true)
        #expect(refusal(.into, 18) { $0.rejectLimit = 1 } == nil)
    }
}
