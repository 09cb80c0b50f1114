/// Takes what may be data out of a statement's text: strings and numbers become `?`, comments go.
///
/// Knows where PostgreSQL's literals begin and end: `''` in strings, backslashes in `E''`, `$tag$ … $tag$`, nested
/// comments, quoted identifiers, and `$1`, which stays. Where one does not end, everything to the end goes.
enum StatementRedaction {
    static func redact(_ sql: String) -> String {
        var scanner = Scanner(bytes: Array(sql.utf8))
        scanner.run()
        let text = String(decoding: scanner.output, as: UTF8.self)
        return String(text.trimmingPrefix { $0.isWhitespace })
    }

    private struct Scanner {
        let bytes: [UInt8]
        var output: [UInt8] = []
        private var index = 0

        init(bytes: [UInt8]) {
            self.bytes = bytes
            output.reserveCapacity(bytes.count)
        }

        private func at(_ offset: Int) -> UInt8 { offset < bytes.count ? bytes[offset] : 0 }
        private func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
        private func isWord(_ byte: UInt8) -> Bool {
            isDigit(byte) || (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte) || byte == 0x5F
                || byte >= 0x80
        }

        mutating func run() {
            while index < bytes.count {
                let byte = bytes[index]
                switch byte {
                case UInt8(ascii: "'"): skipString(escapes: false)
                case UInt8(ascii: "\""): copyIdentifier()
                case UInt8(ascii: "-") where at(index + 1) == byte: skipLine()
                case UInt8(ascii: "/") where at(index + 1) == UInt8(ascii: "*"): skipComment()
                case UInt8(ascii: "$"): dollar()
                case _ where isDigit(byte) || (byte == UInt8(ascii: ".") && isDigit(at(index + 1))): skipNumber()
                case _ where isWord(byte): copyWord()
                default:
                    output.append(byte)
                    index += 1
                }
            }
        }

        private mutating func skipString(escapes: Bool) {
            index += 1
            while index < bytes.count {
                let byte = bytes[index]
                if escapes, byte == UInt8(ascii: "\\") {
                    index += 2
                } else if byte != UInt8(ascii: "'") {
                    index += 1
                } else if at(index + 1) == byte {
                    index += 2
                } else {
                    index += 1
                    break
                }
            }
            output.append(UInt8(ascii: "?"))
        }

        private mutating func copyIdentifier() {
            let start = index
            index += 1
            while index < bytes.count, bytes[index] != UInt8(ascii: "\"") { index += 1 }
            index = min(index + 1, bytes.count)
            output += bytes[start..<index]
        }

        private mutating func skipLine() {
            while index < bytes.count, bytes[index] != UInt8(ascii: "\n") { index += 1 }
        }

        private mutating func skipComment() {
            var depth = 0
            while index < bytes.count {
                if at(index) == UInt8(ascii: "/"), at(index + 1) == UInt8(ascii: "*") {
                    depth += 1
                    index += 2
                } else if at(index) == UInt8(ascii: "*"), at(index + 1) == UInt8(ascii: "/") {
                    depth -= 1
                    index += 2
                    if depth == 0 { return }
                } else {
                    index += 1
                }
            }
            index = min(index, bytes.count)
        }

        /// `$1`, or the beginning of `$tag$ … $tag$`.
        private mutating func dollar() {
            var end = index + 1
            if isDigit(at(end)) {
                while isDigit(at(end)) { end += 1 }
                output += bytes[index..<end]
                index = end
                return
            }
            while isWord(at(end)) { end += 1 }
            guard at(end) == UInt8(ascii: "$") else {
                output.append(bytes[index])
                index += 1
                return
            }
            let tag = bytes[index...end]
            index = end + 1
            while index < bytes.count, !bytes[index...].starts(with: tag) { index += 1 }
            index = min(index + tag.count, bytes.count)
            output.append(UInt8(ascii: "?"))
        }

        private mutating func skipNumber() {
            while isWord(at(index)) || at(index) == UInt8(ascii: ".") {
                let isExponent = at(index) == UInt8(ascii: "e") || at(index) == UInt8(ascii: "E")
                index += 1
                if isExponent, at(index) == UInt8(ascii: "-") || at(index) == UInt8(ascii: "+") { index += 1 }
            }
            output.append(UInt8(ascii: "?"))
        }

        private mutating func copyWord() {
            let start = index
            while isWord(at(index)) || at(index) == UInt8(ascii: "$") { index += 1 }
            // E'', B'', X'', N'' and U&'' are strings.
            if at(index) == UInt8(ascii: "'"), index - start == 1 {
                return skipString(escapes: bytes[start] == UInt8(ascii: "e") || bytes[start] == UInt8(ascii: "E"))
            }
            output += bytes[start..<index]
        }
    }
}
