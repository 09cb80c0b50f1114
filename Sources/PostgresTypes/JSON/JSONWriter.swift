public import PostgresWire

extension PostgresBuffer {
    /// Appends a value as compact JSON text.
    ///
    /// - Parameter canonical: sorts keys by their UTF-8 and writes each number in its one canonical way, so that equal
    ///   values have equal bytes: the form that digests are made of.
    public mutating func append(json value: JSONValue, canonical: Bool = false) {
        switch value {
        case .null: appendASCII("null")
        case .bool(true): appendASCII("true")
        case .bool(false): appendASCII("false")
        case .number(let number): append(utf8: canonical ? number.canonical : number.lexeme)
        case .string(let text): append(jsonString: text)
        case .array(let elements):
            append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { append(UInt8(ascii: ",")) }
                append(json: element, canonical: canonical)
            }
            append(UInt8(ascii: "]"))
        case .object(let object):
            append(json: object, canonical: canonical)
        }
    }

    private mutating func append(json object: JSONObject, canonical: Bool) {
        append(UInt8(ascii: "{"))
        // Swift orders strings by Unicode scalars after normalisation; bytes are the same everywhere.
        let members =
            canonical
            ? object.members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) } : object.members
        for (index, member) in members.enumerated() {
            if index > 0 { append(UInt8(ascii: ",")) }
            append(jsonString: member.key)
            append(UInt8(ascii: ":"))
            append(json: member.value, canonical: canonical)
        }
        append(UInt8(ascii: "}"))
    }

    /// Appends text in quotes. Only what must be escaped is: quote, backslash and control characters.
    mutating func append(jsonString text: String) {
        append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { bytes in
            var plainFrom = 0
            for index in bytes.indices {
                let byte = bytes[index]
                guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
                append(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[plainFrom..<index]))
                plainFrom = index + 1
                appendEscape(byte)
            }
            append(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[plainFrom...]))
        }
        append(UInt8(ascii: "\""))
    }

    private mutating func appendEscape(_ byte: UInt8) {
        append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): append(byte)
        case 0x08: append(UInt8(ascii: "b"))
        case 0x09: append(UInt8(ascii: "t"))
        case 0x0A: append(UInt8(ascii: "n"))
        case 0x0C: append(UInt8(ascii: "f"))
        case 0x0D: append(UInt8(ascii: "r"))
        default:
            appendASCII("u00")
            let digits: StaticString = "0123456789abcdef"
            append(digits.utf8Start[Int(byte >> 4)])
            append(digits.utf8Start[Int(byte & 15)])
        }
    }

    private mutating func appendASCII(_ text: StaticString) {
        append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
}

extension JSONValue {
    /// The value as compact JSON text; see `PostgresBuffer.append(json:canonical:)`.
    public func json(canonical: Bool = false) -> String {
        var buffer = PostgresBuffer()
        buffer.append(json: self, canonical: canonical)
        return buffer.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }

    /// True when some string or key holds U+0000, which neither `text` nor `jsonb` has room for.
    public var containsNUL: Bool {
        switch self {
        case .null, .bool, .number: false
        case .string(let text): text.utf8.contains(0)
        case .array(let elements): elements.contains { $0.containsNUL }
        case .object(let object): object.members.contains { $0.key.utf8.contains(0) || $0.value.containsNUL }
        }
    }
}
