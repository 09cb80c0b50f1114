import PostgresTypes

/// Reads JSON documents out of a file one by one: an array of them, one per line, or one after the other however they
/// are laid out.
///
/// Holds one document at a time, of whatever size; a file of 100 MB on a single line is no different from any other.
final class JSONDocumentReader {
    private enum Layout {
        case unknown
        /// `[ … , … ]`
        case array
        /// Documents with white space, or nothing, between them.
        case sequence
        /// The array is closed: only white space may follow.
        case ended
    }

    private let file: FileReader
    private let path: String
    private var layout = Layout.unknown
    private var buffer: UnsafeMutableRawBufferPointer
    /// Bytes of the buffer that are filled.
    private var end = 0
    /// Where reading goes on.
    private var position = 0
    private var isAtEnd = false
    /// Offset in the file of the buffer's first byte.
    private var baseOffset = 0
    /// Lines before `position`, and the offset in the file at which the current one begins.
    private var line = 1
    private var lineOffset = 0
    private var documents = 0

    /// Where the current document lies in the buffer, and where it begins in the file.
    private var document = 0..<0
    private var documentLine = 1
    private var documentColumn = 1

    init(path: String, bufferSize: Int = 1 << 18) throws(ImportError) {
        file = try FileReader(path: path)
        self.path = path
        buffer = .allocate(byteCount: max(bufferSize, 16), alignment: 16)
        try fill()
        try skipByteOrderMark()
    }

    deinit { buffer.deallocate() }

    /// Offset of the current document in the file.
    var documentOffset: Int { baseOffset + document.lowerBound }

    /// Goes to the next document. False after the last.
    func next() throws(ImportError) -> Bool {
        guard let first = try firstByteOfNext() else { return false }
        let start = position
        documentLine = line
        documentColumn = baseOffset + start - lineOffset + 1
        switch first {
        case UInt8(ascii: "{"), UInt8(ascii: "["): try scanNested(from: start)
        default:
            throw error(
                "expected a document, which begins with {", at: baseOffset + start, line: line, column: documentColumn)
        }
        documents += 1
        return true
    }

    /// Parses the current document, which must be an object.
    func parse() throws(ImportError) -> JSONObject {
        let bytes = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[document])
        let value: JSONValue
        do {
            value = try JSONParser.parse(bytes, duplicateKeys: .reject)
        } catch let failure {
            throw error(
                failure.reason.rawValue, at: documentOffset + failure.offset, line: documentLine + failure.line - 1,
                column: failure.line == 1 ? documentColumn + failure.column - 1 : failure.column)
        }
        guard case .object(let object) = value else {
            throw error("a document is an object", at: documentOffset, line: documentLine, column: documentColumn)
        }
        return object
    }

    /// Where the current document begins, for messages.
    var place: String { "document \(documents) (line \(documentLine), byte \(documentOffset))" }

    private func error(_ message: String, at offset: Int, line: Int, column: Int) -> ImportError {
        ImportError(.sourceInvalid, "\(path), line \(line), column \(column) (byte \(offset)): \(message)")
    }

    // MARK: Between documents

    /// The first byte of the next document, not consumed; nil at the end of the file.
    private func firstByteOfNext() throws(ImportError) -> UInt8? {
        guard var byte = try nextVisibleByte() else {
            guard layout != .array else { throw endsInside("the array: its closing ] is missing") }
            return nil
        }
        func unexpected(_ wanted: String) -> ImportError {
            let offset = baseOffset + position
            return error("expected \(wanted)", at: offset, line: line, column: offset - lineOffset + 1)
        }
        switch layout {
        case .unknown where byte == UInt8(ascii: "["):
            layout = .array
            position += 1
            guard let next = try nextVisibleByte() else { throw endsInside("the array: its closing ] is missing") }
            byte = next
            if byte == UInt8(ascii: "]") { return try endArray() }
        case .unknown:
            layout = .sequence
        case .sequence: break
        case .array where byte == UInt8(ascii: "]"):
            return try endArray()
        case .array:
            guard byte == UInt8(ascii: ",") else { throw unexpected("a comma or ] after a document") }
            position += 1
            guard let next = try nextVisibleByte() else { throw endsInside("the array: its closing ] is missing") }
            byte = next
        case .ended:
            throw unexpected("nothing more after the closing ] of the array")
        }
        return byte
    }

    private func endArray() throws(ImportError) -> UInt8? {
        layout = .ended
        position += 1
        return try firstByteOfNext()
    }

    private func endsInside(_ what: String) -> ImportError {
        ImportError(
            .sourceInvalid, "\(path) ends at byte \(baseOffset + end) (line \(line)) inside \(what)",
            advice: "The file is cut off; export it again")
    }

    /// Skips white space.
    private func nextVisibleByte() throws(ImportError) -> UInt8? {
        while true {
            while position < end {
                switch buffer[position] {
                case 0x0A:
                    position += 1
                    line += 1
                    lineOffset = baseOffset + position
                case 0x20, 0x09, 0x0D: position += 1
                default: return buffer[position]
                }
            }
            if isAtEnd { return nil }
            discard(upTo: position)
            try fill()
        }
    }

    // MARK: Within a document

    /// Finds the end of an object or array that begins at `start`.
    private func scanNested(from start: Int) throws(ImportError) {
        var start = start
        var index = start
        var depth = 0
        var inString = false
        while true {
            while index < end {
                let byte = buffer[index]
                index += 1
                if inString {
                    if byte == UInt8(ascii: "\"") {
                        inString = false
                    } else if byte == UInt8(ascii: "\\") {
                        // What is escaped cannot end the string; at the very end of the buffer it is yet to come.
                        if index == end { try fillMore(&start, &index) }
                        index += 1
                    }
                    continue
                }
                switch byte {
                case UInt8(ascii: "\""): inString = true
                case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"):
                    depth -= 1
                    if depth == 0 {
                        finish(start..<index)
                        return
                    }
                default: break
                }
            }
            guard !isAtEnd else {
                throw endsInside("the document that begins at line \(documentLine), column \(documentColumn)")
            }
            try fillMore(&start, &index)
        }
    }

    private func finish(_ range: Range<Int>) {
        document = range
        position = range.upperBound
        for offset in range where buffer[offset] == 0x0A {
            line += 1
            lineOffset = baseOffset + offset + 1
        }
    }

    // MARK: The buffer

    /// Reads more while a document lies across the end of the buffer.
    private func fillMore(_ start: inout Int, _ index: inout Int) throws(ImportError) {
        let moved = start
        discard(upTo: start)
        start = 0
        index -= moved
        try fill()
    }

    /// Drops what has been read, so that the rest begins at the front.
    private func discard(upTo start: Int) {
        guard start > 0, let base = buffer.baseAddress else { return }
        base.copyMemory(from: base + start, byteCount: end - start)
        end -= start
        baseOffset += start
        position = max(0, position - start)
    }

    /// Reads once, into a larger buffer when this one is full.
    private func fill() throws(ImportError) {
        if end == buffer.count {
            let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: buffer.count * 2, alignment: 16)
            larger.copyMemory(from: UnsafeRawBufferPointer(buffer))
            buffer.deallocate()
            buffer = larger
        }
        let count = try file.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[end...]))
        if count == 0 { isAtEnd = true }
        end += count
    }

    private func skipByteOrderMark() throws(ImportError) {
        while end < 3, !isAtEnd { try fill() }
        if end >= 3, buffer[0] == 0xEF, buffer[1] == 0xBB, buffer[2] == 0xBF {
            position = 3
            lineOffset = 3
        } else if end >= 2, (buffer[0] == 0xFF && buffer[1] == 0xFE) || (buffer[0] == 0xFE && buffer[1] == 0xFF) {
            throw ImportError(.sourceInvalid, "\(path) is in UTF-16", advice: "Convert it to UTF-8 first")
        }
    }
}
