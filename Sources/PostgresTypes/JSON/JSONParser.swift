/// Reads one JSON text (RFC 8259) from bytes.
///
/// Strict: no comments, no trailing commas, valid UTF-8 and whole surrogate pairs only. `\u0000` is read (it is JSON);
/// writing it as `jsonb` is refused, because PostgreSQL has no room for it.
public struct JSONParser {
    /// What to do with a key that an object has already.
    public enum DuplicateKeys: Sendable {
        /// As `jsonb` does.
        case lastWins
        /// For those who must not lose the first.
        case reject
    }

    /// What to do with what JSON can write and PostgreSQL cannot store: `\u0000`, and half of a surrogate pair.
    public enum Unstorable: Sendable {
        /// U+0000 is read, as it is JSON, and refused when it is written as `jsonb`; half a pair is refused at once.
        case reject
        /// Both are left out.
        case strip
        /// Each becomes U+FFFD, the replacement character.
        case replace
    }

    private let bytes: UnsafeRawBufferPointer
    private var index = 0
    private var depth = 0
    private let maximumDepth: Int
    private let duplicateKeys: DuplicateKeys
    private let unstorable: Unstorable

    private init(
        _ bytes: UnsafeRawBufferPointer, maximumDepth: Int, duplicateKeys: DuplicateKeys, unstorable: Unstorable
    ) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
        self.duplicateKeys = duplicateKeys
        self.unstorable = unstorable
    }

    /// Reads one value that fills `bytes`, but for white space around it.
    public static func parse(
        _ bytes: UnsafeRawBufferPointer, maximumDepth: Int = 512, duplicateKeys: DuplicateKeys = .lastWins,
        unstorable: Unstorable = .reject
    ) throws(JSONParseError) -> JSONValue {
        var parser = JSONParser(
            bytes, maximumDepth: maximumDepth, duplicateKeys: duplicateKeys, unstorable: unstorable)
        let value = try parser.value()
        parser.skipWhitespace()
        guard parser.index == bytes.count else { throw parser.error(.trailingBytes) }
        return value
    }

    private func error(_ reason: JSONParseError.Reason, at offset: Int? = nil) -> JSONParseError {
        JSONParseError(reason, at: offset ?? index, in: bytes)
    }

    private mutating func skipWhitespace() {
        while index < bytes.count {
            switch bytes[index] {
            case 0x20, 0x0A, 0x0D, 0x09: index += 1
            default: return
            }
        }
    }

    /// The next byte that is no white space, not consumed.
    private mutating func peek() throws(JSONParseError) -> UInt8 {
        skipWhitespace()
        guard index < bytes.count else { throw error(.unexpectedEnd) }
        return bytes[index]
    }

    private mutating func value() throws(JSONParseError) -> JSONValue {
        switch try peek() {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "-"), 0x30...0x39: return .number(try number())
        default: throw error(.unexpectedByte)
        }
    }

    private mutating func word(_ word: StaticString, _ value: JSONValue) throws(JSONParseError) -> JSONValue {
        for offset in 0..<word.utf8CodeUnitCount {
            guard index + offset < bytes.count else { throw error(.unexpectedEnd, at: bytes.count) }
            guard bytes[index + offset] == word.utf8Start[offset] else {
                throw error(.unexpectedByte, at: index + offset)
            }
        }
        index += word.utf8CodeUnitCount
        return value
    }

    private mutating func number() throws(JSONParseError) -> JSONNumber {
        let length = JSONNumber.scan(bytes, from: index)
        guard length > 0 else { throw error(.invalidNumber) }
        // "01" and "1.2.3" begin as numbers and go on as none.
        if index + length < bytes.count {
            switch bytes[index + length] {
            case 0x30...0x39, UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"), UInt8(ascii: "+"),
                UInt8(ascii: "-"):
                throw error(.invalidNumber)
            default: break
            }
        }
        defer { index += length }
        return JSONNumber(checked: String(decoding: bytes[index..<index + length], as: UTF8.self))
    }

    private mutating func array() throws(JSONParseError) -> JSONValue {
        try enter()
        defer { depth -= 1 }
        var elements: [JSONValue] = []
        if try peek() == UInt8(ascii: "]") {
            index += 1
            return .array(elements)
        }
        while true {
            elements.append(try value())
            switch try peek() {
            case UInt8(ascii: ","): index += 1
            case UInt8(ascii: "]"):
                index += 1
                return .array(elements)
            default: throw error(.unexpectedByte)
            }
        }
    }

    private mutating func object() throws(JSONParseError) -> JSONValue {
        try enter()
        defer { depth -= 1 }
        var object = JSONObject()
        if try peek() == UInt8(ascii: "}") {
            index += 1
            return .object(object)
        }
        while true {
            guard try peek() == UInt8(ascii: "\"") else { throw error(.unexpectedByte) }
            let start = index
            let key = try string()
            guard try peek() == UInt8(ascii: ":") else { throw error(.unexpectedByte) }
            index += 1
            let member = try value()
            if !object.insert(key, member) {
                guard case .lastWins = duplicateKeys else { throw error(.duplicateKey, at: start) }
                object[key] = member
            }
            switch try peek() {
            case UInt8(ascii: ","): index += 1
            case UInt8(ascii: "}"):
                index += 1
                return .object(object)
            default: throw error(.unexpectedByte)
            }
        }
    }

    private mutating func enter() throws(JSONParseError) {
        depth += 1
        guard depth <= maximumDepth else { throw error(.tooDeep) }
        index += 1
    }

    /// Reads a string; `index` is at its quote.
    private mutating func string() throws(JSONParseError) -> String {
        index += 1
        let start = index
        var isASCII = true
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "\"") {
                let text = UnsafeRawBufferPointer(rebasing: bytes[start..<index])
                index += 1
                return isASCII ? String(decoding: text, as: UTF8.self) : try validated(text, at: start)
            }
            if byte == UInt8(ascii: "\\") { return try escapedString(from: start) }
            guard byte >= 0x20 else { throw error(.controlCharacter) }
            if byte >= 0x80 { isASCII = false }
            index += 1
        }
        throw error(.unexpectedEnd)
    }

    private func validated(_ text: UnsafeRawBufferPointer, at start: Int) throws(JSONParseError) -> String {
        guard let string = String(validating: text, as: UTF8.self) else { throw error(.invalidUTF8, at: start) }
        return string
    }

    /// Reads on from the first backslash, into memory of its own.
    private mutating func escapedString(from start: Int) throws(JSONParseError) -> String {
        var text = Array(bytes[start..<index])
        while index < bytes.count {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "\""):
                index += 1
                guard let string = String(validating: text, as: UTF8.self) else { throw error(.invalidUTF8, at: start) }
                return string
            case UInt8(ascii: "\\"):
                try escape(into: &text)
            case 0..<0x20:
                throw error(.controlCharacter)
            default:
                text.append(byte)
                index += 1
            }
        }
        throw error(.unexpectedEnd)
    }

    private mutating func escape(into text: inout [UInt8]) throws(JSONParseError) {
        guard index + 1 < bytes.count else { throw error(.unexpectedEnd, at: bytes.count) }
        let start = index
        let byte = bytes[index + 1]
        index += 2
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            guard let scalar = try escapedScalar(from: start) else {
                if unstorable == .replace { text.append(contentsOf: [0xEF, 0xBF, 0xBD]) }
                return
            }
            text.append(contentsOf: UTF8.encode(scalar).map { Array($0) } ?? [])
        default: throw error(.invalidEscape, at: start)
        }
    }

    /// The character of one `\u`, or of two that make a pair; `index` is behind the first `u`. Nil for what is to be
    /// stripped or replaced.
    private mutating func escapedScalar(from start: Int) throws(JSONParseError) -> Unicode.Scalar? {
        let code = try hexDigits()
        if code == 0, unstorable != .reject { return nil }
        if let scalar = Unicode.Scalar(code) { return scalar }
        if code < 0xDC00, index + 1 < bytes.count, bytes[index] == UInt8(ascii: "\\"),
            bytes[index + 1] == UInt8(ascii: "u")
        {
            let next = index
            index += 2
            let low = try hexDigits()
            if low >= 0xDC00, low < 0xE000 { return Unicode.Scalar(0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)) }
            // A character of its own, which is read next.
            index = next
        }
        guard unstorable != .reject else { throw error(.loneSurrogate, at: start) }
        return nil
    }

    private mutating func hexDigits() throws(JSONParseError) -> UInt32 {
        guard index + 4 <= bytes.count else { throw error(.unexpectedEnd, at: bytes.count) }
        var code: UInt32 = 0
        for offset in 0..<4 {
            let byte = bytes[index + offset]
            let digit: UInt8
            switch byte {
            case 0x30...0x39: digit = byte - 0x30
            case 0x41...0x46: digit = byte - 0x41 + 10
            case 0x61...0x66: digit = byte - 0x61 + 10
            default: throw error(.invalidEscape, at: index + offset)
            }
            code = code << 4 | UInt32(digit)
        }
        index += 4
        return code
    }
}

extension JSONValue {
    /// Reads one JSON text. `unstorable` says what becomes of characters that PostgreSQL cannot store.
    public init(parsing text: String, unstorable: JSONParser.Unstorable = .reject) throws(JSONParseError) {
        self = try JSONValue(parsing: Array(text.utf8), unstorable: unstorable)
    }

    /// Reads one JSON text from its UTF-8. `unstorable` says what becomes of characters that PostgreSQL cannot store.
    public init(parsing bytes: [UInt8], unstorable: JSONParser.Unstorable = .reject) throws(JSONParseError) {
        self = try bytes.span.bytes.withUnsafeBytes { bytes throws(JSONParseError) in
            try JSONParser.parse(bytes, unstorable: unstorable)
        }
    }
}
