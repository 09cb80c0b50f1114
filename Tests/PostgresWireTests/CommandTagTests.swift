import Testing

@testable import PostgresWire

@Suite struct CommandTagTests {
    private func tag(_ content: [UInt8]) throws -> CommandTag {
        try content.withUnsafeBytes { try CommandTag($0) }
    }

    @Test("tags of every length are read as they came")
    func lengths() throws {
        for length in 0...40 {
            let text = String("INSERT 0 1234567890 and then further still".prefix(length))
            let tag = try tag(Array(text.utf8) + [0])
            #expect(tag.text == text)
        }
    }

    @Test("a tag that is not ASCII", arguments: ["FÜGE EIN", "é", "插入 0 1"])
    func otherLetters(text: String) throws {
        #expect(try tag(Array(text.utf8) + [0]).text == text)
    }

    @Test("bytes that are no text are repaired as in any other string")
    func notText() throws {
        #expect(try tag([0x41, 0xFF, 0]).text == "A\u{FFFD}")
    }

    @Test("no end, and more than one", arguments: [[], [0x41], [0, 0], [0x41, 0, 0x42, 0]] as [[UInt8]])
    func malformed(content: [UInt8]) {
        let error = #expect(throws: PostgresError.self) { try tag(content) }
        #expect(error?.code == .protocolViolation)
    }
}
