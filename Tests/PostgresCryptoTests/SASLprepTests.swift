import Testing

@testable import PostgresCrypto

struct SASLprepTests {
    @Test(
        "The examples of RFC 4013, section 3",
        arguments: [
            ("I\u{AD}X", "I\u{200C}\u{58}", "IX"), ("user", "user", "user"), ("USER", "USER", "USER"),
            ("\u{AA}", "a", "a"), ("\u{2168}", "IX", "IX"),
        ])
    func examples(text: String, other: String, expected: String) {
        #expect(SASLprep.prepare(text) == expected)
        #expect(SASLprep.prepare(other) == expected)
    }

    @Test(
        "What is prohibited is refused",
        arguments: [
            "\u{E9}\u{7}", "\u{627}1", "\u{627}a\u{627}", "\u{AD}", "\u{E000}", "\u{FFFD}", "\u{200E}a", "\u{378}",
            "\u{1F600}",  // younger than Unicode 3.2
        ])
    func prohibited(text: String) {
        #expect(SASLprep.prepare(text) == nil)
    }

    @Test(
        "Different ways to write a password come to one",
        arguments: [
            ("e\u{301}", "\u{E9}"), ("p\u{A0}w\u{E4}", "p w\u{E4}"), ("\u{FB01}n", "fin"), ("\u{FF41}\u{FF5A}", "az"),
            ("\u{1112}\u{1161}\u{11AB}", "\u{D55C}"), ("a\u{315}\u{300}\u{5AE}\u{300}", "\u{E0}\u{5AE}\u{300}\u{315}"),
            ("\u{1E9B}\u{323}", "\u{1E69}"), ("\u{627}1\u{628}", "\u{627}1\u{628}"),
        ])
    func forms(text: String, expected: String) throws {
        let prepared = try #require(SASLprep.prepare(text))
        // Compared by scalars: as strings both would be equal without any preparation.
        #expect(Array(prepared.unicodeScalars) == Array(expected.unicodeScalars))
    }

    /// The digest was made by an implementation that shares nothing with this one: Python's `stringprep` tables and
    /// `unicodedata.normalize`, in the order of PostgreSQL's `pg_saslprep`.
    @Test("All code points with something to prepare come out as elsewhere, alone and among others")
    func everyTable() throws {
        var digest = try Digest(.sha256)
        var prepared = 0
        let blocks: [ClosedRange<UInt32>] = [
            0x80...0x33FF, 0xA000...0xACFF, 0xF900...0xFFFF, 0x10000...0x10FFF, 0x1D000...0x1D7FF, 0x1F100...0x1F2FF,
            0x2F800...0x2FA1F, 0xE0000...0xE0FFF,
        ]
        for value in blocks.joined() {
            let scalar = try #require(Unicode.Scalar(value))
            for text in ["\(scalar)", "a\(scalar)\u{301}", "\u{5D0}\(scalar)\u{5D0}"] {
                let result = SASLprep.prepare(text)
                prepared += result == nil ? 0 : 1
                digest.update(Array("\(result ?? "!")\n".utf8))
            }
        }
        var output = [UInt8](repeating: 0, count: 32)
        output.withUnsafeMutableBytes { digest.finish(into: $0) }
        #expect(prepared == 31741)
        let hex = output.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        #expect(hex == "dbbdabd2e93f0fee63191a601376459621898aa931999ef0a6d72447b572d146")
    }
}
