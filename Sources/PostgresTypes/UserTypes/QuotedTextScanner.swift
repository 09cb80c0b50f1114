/// Reads the text forms of arrays, composites, ranges and hstore: items between punctuation, quoted where they hold
/// some of it.
struct QuotedTextScanner {
    private let bytes: [UInt8]
    private var position = 0
    /// What an item that is not quoted ends before.
    private let endings: [UInt8]
    /// White space around an item that is not quoted does not belong to it.
    private let isBlankSkipped: Bool
    /// Within quotes two of them stand for one.
    private let doublesQuotes: Bool

    init(_ text: String, endings: [UInt8], isBlankSkipped: Bool, doublesQuotes: Bool) {
        bytes = Array(text.utf8)
        self.endings = endings
        self.isBlankSkipped = isBlankSkipped
        self.doublesQuotes = doublesQuotes
    }

    var isAtEnd: Bool { position == bytes.count }
    var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    mutating func takes(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        position += 1
        return true
    }

    /// Takes the word, written in small letters here, whatever letters it is written in there.
    mutating func takes(word: StaticString) -> Bool {
        let length = word.utf8CodeUnitCount
        guard bytes.count - position >= length,
            word.withUTF8Buffer({ zip($0, bytes[position...]).allSatisfy { $0 == $1 | 0x20 } })
        else { return false }
        position += length
        return true
    }

    /// White space as the server counts it.
    static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    mutating func skipBlanks() {
        while let byte = next, QuotedTextScanner.isBlank(byte) { position += 1 }
    }

    /// A number with or without a sign that an `integer` has room for.
    mutating func integer() -> Int? {
        let start = position
        if next == UInt8(ascii: "-") || next == UInt8(ascii: "+") { position += 1 }
        while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        return Int32(String(decoding: bytes[start..<position], as: UTF8.self)).map(Int.init)
    }

    /// An item up to the punctuation after it; nil where a quotation is not closed or a backslash stands last.
    mutating func item() -> (text: String, isQuoted: Bool)? {
        if isBlankSkipped { skipBlanks() }
        var text: [UInt8] = []
        /// How much of the text is not white space at its end.
        var kept = 0
        var isQuoted = false
        scan: while let byte = next {
            switch byte {
            case UInt8(ascii: "\\"):
                position += 1
                guard let escaped = next else { return nil }
                position += 1
                text.append(escaped)
                kept = text.count
            case UInt8(ascii: "\""):
                isQuoted = true
                position += 1
                guard quotation(into: &text) else { return nil }
                kept = text.count
            case _ where endings.contains(byte):
                break scan
            default:
                position += 1
                text.append(byte)
                if !isBlankSkipped || !QuotedTextScanner.isBlank(byte) { kept = text.count }
            }
        }
        return (String(decoding: text[..<kept], as: UTF8.self), isQuoted)
    }

    /// The rest of a quotation, after its first quote.
    private mutating func quotation(into text: inout [UInt8]) -> Bool {
        while let byte = next {
            position += 1
            switch byte {
            case UInt8(ascii: "\\"):
                guard let escaped = next else { return false }
                position += 1
                text.append(escaped)
            case UInt8(ascii: "\""):
                guard doublesQuotes, next == UInt8(ascii: "\"") else { return true }
                position += 1
                text.append(UInt8(ascii: "\""))
            default:
                text.append(byte)
            }
        }
        return false
    }
}
