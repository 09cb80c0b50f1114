/// The variables of a `.env` file.
///
/// Lines of `NAME=value`, `export` before them or not; `#` comments; `'…'` is taken as it is, in `"…"` a backslash
/// makes `\n`, `\r`, `\t` or takes the next sign as it is; both may go on over several lines. Nothing is executed or
/// expanded.
struct EnvironmentFile {
    struct Variable {
        var value: String
        var line: Int
    }

    private(set) var variables: [String: Variable] = [:]
    private(set) var problems = ConfigurationProblems()
    private(set) var warnings: [String] = []
    private let path: String
    private var rest: ArraySlice<UInt8>
    private var line = 1

    /// Nil when there is no such file.
    init?(path: String) {
        guard let bytes = ConfigurationFiles.bytes(path) else { return nil }
        self.init(path: path, bytes: bytes)
    }

    init(path: String, bytes: [UInt8]) {
        self.path = path
        rest = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...]
        while !rest.isEmpty { readLine() }
    }

    private mutating func readLine() {
        skipBlanks()
        let start = line
        guard let first = rest.first, first != UInt8(ascii: "#"), !Self.endsLine(first) else { return skipLine() }
        var name = rest.prefix(while: Self.isNameByte)
        rest = rest.dropFirst(name.count)
        if name.elementsEqual("export".utf8), rest.first.map(Self.isBlank) ?? false {
            skipBlanks()
            name = rest.prefix(while: Self.isNameByte)
            rest = rest.dropFirst(name.count)
        }
        skipBlanks()
        guard !name.isEmpty, rest.popFirst() == UInt8(ascii: "=") else {
            problems.add("\(path), line \(start): neither NAME=value nor a comment")
            return skipLine()
        }
        skipBlanks()
        guard let value = readValue(start) else { return }
        guard let text = String(validating: value, as: UTF8.self), !value.contains(0) else {
            return problems.add("\(path), line \(start): the value has a NUL byte or is not UTF-8")
        }
        // As in a shell, the last of several counts.
        variables[String(decoding: name, as: UTF8.self)] = Variable(value: text, line: start)
    }

    private mutating func readValue(_ start: Int) -> [UInt8]? {
        guard let quote = rest.first, [UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "`")].contains(quote) else {
            return readPlainValue(start)
        }
        rest.removeFirst()
        var value: [UInt8] = []
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\n") { line += 1 }
            if byte == quote {
                skipBlanks()
                if let next = rest.first, next != UInt8(ascii: "#"), !Self.endsLine(next) {
                    problems.add("\(path), line \(line): text follows the closing quote")
                }
                skipLine()
                if quote == UInt8(ascii: "\"") { warnOfExpansion(value, start) }
                return value
            }
            if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\""), let next = rest.popFirst() {
                switch next {
                case UInt8(ascii: "n"): value.append(UInt8(ascii: "\n"))
                case UInt8(ascii: "r"): value.append(UInt8(ascii: "\r"))
                case UInt8(ascii: "t"): value.append(UInt8(ascii: "\t"))
                default:
                    if next == UInt8(ascii: "\n") { line += 1 }
                    value.append(next)
                }
            } else {
                value.append(byte)
            }
        }
        problems.add("\(path), line \(start): the quote is not closed")
        return nil
    }

    /// To the end of the line, or to a `#` with a blank before it.
    private mutating func readPlainValue(_ start: Int) -> [UInt8] {
        var value: [UInt8] = []
        while let byte = rest.first, !Self.endsLine(byte) {
            if byte == UInt8(ascii: "#"), value.last.map(Self.isBlank) ?? true { break }
            value.append(byte)
            rest.removeFirst()
        }
        skipLine()
        warnOfExpansion(value, start)
        return Array(ConnectionString.trimmed(value[...]))
    }

    private mutating func warnOfExpansion(_ value: [UInt8], _ start: Int) {
        let marks = [Array("${".utf8), Array("$(".utf8)]
        guard value.indices.contains(where: { i in marks.contains { value[i...].starts(with: $0) } }) else { return }
        warnings.append("\(path), line \(start): ${…} and $(…) are taken as they are, not expanded")
    }

    private mutating func skipBlanks() { rest = rest.drop(while: Self.isBlank) }

    private mutating func skipLine() {
        rest = rest.drop { $0 != UInt8(ascii: "\n") }
        if rest.popFirst() != nil { line += 1 }
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

    private static func endsLine(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
