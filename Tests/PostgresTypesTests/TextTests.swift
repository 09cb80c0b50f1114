import PostgresTypes
import PostgresWire
import Testing

@Suite struct TextTests {
    /// What an extension or an enum might have for an OID.
    static let userType = PostgresType(rawValue: 20_000)

    @Test(
        "text of every kind and length comes back",
        arguments: ["", "a", "seven77", "eight888", "naïve café", "日本語のテキスト", "😀 emoji 👩‍👩‍👧", "\u{FFFD} replaced"])
    func roundTrip(text: String) throws {
        for type in [PostgresType.text, .varchar, .bpchar, .name, .json, .xml, .jsonb, .unknown, Self.userType] {
            #expect(try decoded(encoded(text, as: type), as: type, String.self) == text)
        }
        #expect(try encoded(text) == Array(text.utf8))
        #expect(try encoded(text[...]) == Array(text.utf8))
        #expect(try decoded(Array(text.utf8), Substring.self) == text[...])
        let long = String(repeating: text, count: 100)
        #expect(try decoded(encoded(long), String.self) == long)
    }

    @Test(
        "bytes that are not UTF-8 throw and are not repaired",
        arguments: [
            "ff", "80", "c3", "c328", "e282", "e28228", "f09f98", "f09f9841", "eda080", "c080", "f4908080",
            "6161616161616161 61616161f09f98", "efbfbdf09f98", "f09f98 efbfbd f09f98", "feff",
        ])
    func invalidUTF8(bytes: String) {
        for type in [PostgresType.text, .bpchar, .json, Self.userType] {
            #expect(throws: PostgresError.self) { try decoded(hex(bytes), as: type, String.self) }
        }
    }

    @Test("what is beyond ASCII is seen at every place of every length")
    func everyPlace() throws {
        for length in 0..<34 {
            let letters = [UInt8](repeating: 0x61, count: length)
            #expect(try decoded(letters, String.self) == String(repeating: "a", count: length))
            for place in letters.indices {
                let accented = letters[..<place] + Array("é".utf8) + letters[place...]
                #expect(try decoded(Array(accented), String.self).utf8.elementsEqual(accented))
                var broken = letters
                broken[place] = 0xE9
                #expect(throws: PostgresError.self) { try decoded(broken, String.self) }
            }
        }
    }

    @Test("a NUL cannot be sent, wherever it stands")
    func nul() throws {
        for position in 0..<20 {
            var letters = [Character](repeating: "x", count: 20)
            letters[position] = "\0"
            for type in [PostgresType.text, .varchar, .json, .jsonb, Self.userType] {
                #expect(throws: PostgresError.self) { try encoded(String(letters), as: type) }
            }
        }
        #expect(try encoded("\u{80}\u{100}\u{8080}") == Array("\u{80}\u{100}\u{8080}".utf8))
    }

    @Test("jsonb carries a version, and no other version is read")
    func jsonb() throws {
        #expect(try encoded("{}", as: .jsonb) == hex("01 7b7d"))
        #expect(try decoded(hex("01 7b7d"), as: .jsonb, String.self) == "{}")
        for bytes in ["", "02 7b7d", "7b7d"] {
            #expect(throws: PostgresError.self) { try decoded(hex(bytes), as: .jsonb, String.self) }
        }
    }

    @Test("trap 29: \"char\" is one byte, the zero byte an empty string")
    func singleByte() throws {
        #expect(try encoded("r", as: .char) == hex("72"))
        #expect(try encoded("", as: .char) == hex("00"))
        #expect(try decoded(hex("00"), as: .char, String.self) == "")
        #expect(try decoded(hex("72"), as: .char, String.self) == "r")
        #expect(throws: PostgresError.self) { try encoded("é", as: .char) }
        #expect(throws: PostgresError.self) { try encoded("ab", as: .char) }
        #expect(try decoded(hex("e9"), as: .char, String.self) == #"\351"#)
        #expect(try encoded(#"\351"#, as: .char) == hex("e9"))
        #expect(throws: PostgresError.self) { try decoded([], as: .char, String.self) }
    }

    @Test("trap 29: char(n) keeps its padding, void is empty")
    func padding() throws {
        #expect(try decoded(Array("ab  ".utf8), as: .bpchar, String.self) == "ab  ")
        #expect(try decoded([], as: .void, String.self) == "")
    }

    @Test("the binary form of an extension's type that is no text is refused")
    func foreignForms() {
        // hstore begins with a count, ltree with a version.
        #expect(throws: PostgresError.self) {
            try decoded(hex("00000001 00000001 61 ffffffff"), as: Self.userType, String.self)
        }
        #expect(throws: PostgresError.self) { try decoded(hex("01 612e62"), as: Self.userType, String.self) }
    }

    @Test func refusals() {
        for type in [PostgresType.int4, .uuid, .bytea, .date, .numeric, .textArray, .unspecified] {
            #expect(throws: PostgresError.self) { try encoded("1", as: type) }
            #expect(throws: PostgresError.self) { try decoded(hex("31"), as: type, String.self) }
        }
    }
}
