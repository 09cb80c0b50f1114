/// Why text is no JSON, and where.
///
/// Holds no part of the text but the keys on the way to the place: values may be secret.
public struct JSONParseError: Error, Sendable, Hashable {
    /// What was found wrong; the raw value says it in words.
    public enum Reason: String, Sendable, Hashable {
        /// The text ends in the middle of a value.
        case unexpectedEnd = "the text ends in the middle of a value"
        /// A byte that begins nothing JSON knows.
        case unexpectedByte = "a byte that cannot stand here"
        /// Digits, a sign or a point that make no number, such as `01`.
        case invalidNumber = "a number that JSON does not know"
        /// A backslash before something other than JSON's escapes.
        case invalidEscape = "a backslash that JSON does not know"
        /// Half of a surrogate pair.
        case loneSurrogate = "half of a surrogate pair (\\ud800 to \\udfff), which is no character"
        /// A character below U+0020 inside a string.
        case controlCharacter = "a control character inside a string that is not escaped"
        /// Bytes that are not UTF-8.
        case invalidUTF8 = "bytes that are not UTF-8"
        /// The same key twice, where that was to be refused.
        case duplicateKey = "a key that the object has already"
        /// Arrays or objects within one another beyond the limit.
        case tooDeep = "arrays or objects nested too deeply"
        /// Text after the value.
        case trailingBytes = "more text after the value"
    }

    /// What was found wrong.
    public var reason: Reason
    /// Bytes before the place, from 0.
    public var offset: Int
    /// Line, from 1.
    public var line: Int
    /// Byte within the line, from 1.
    public var column: Int
    /// Which value it is in, by keys and indexes from the top: `$.orders[2].note`.
    public var path: String

    /// An error at a place that is known.
    public init(_ reason: Reason, offset: Int, line: Int, column: Int, path: String = "$") {
        self.reason = reason
        self.offset = offset
        self.line = line
        self.column = column
        self.path = path
    }

    /// The error at a place in `bytes`.
    init(_ reason: Reason, at offset: Int, in bytes: UnsafeRawBufferPointer) {
        var line = 1
        var lineStart = 0
        for (index, byte) in bytes.prefix(offset).enumerated() where byte == 0x0A {
            line += 1
            lineStart = index + 1
        }
        self.init(
            reason, offset: offset, line: line, column: offset - lineStart + 1,
            path: JSONPlace.path(to: offset, in: bytes))
    }
}

extension JSONParseError: CustomStringConvertible {
    public var description: String {
        "\(reason.rawValue), at line \(line), column \(column) (byte \(offset)), in \(shortPath)"
    }

    /// The path without its middle where it is long: values may lie deep within one another, and keys have no bound.
    private var shortPath: String {
        let scalars = path.unicodeScalars
        guard scalars.count > 160 else { return path }
        return String(scalars.prefix(80)) + "…" + String(scalars.suffix(80))
    }
}
