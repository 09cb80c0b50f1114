public import PostgresWire

/// `text` and everything whose binary form is text: `varchar`, `char(n)`, `name`, `json`, `jsonb`, `xml`, enums, `citext`.
///
/// Bytes that are not UTF-8 throw, they are never repaired. PostgreSQL has no NUL in text, so a string with one cannot
/// be sent.
extension String: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    @inlinable public static var postgresType: PostgresType { .text }
    @inlinable public static var postgresArrayType: PostgresType { .textArray }

    @inlinable
    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        let text =
            if type == .text || type == .varchar {
                TextCoding.validated(bytes)
            } else {
                try TextCoding.decode(bytes, type: type)
            }
        guard let text else { throw .invalidBytes(String.self, type: type, "it is not UTF-8") }
        self = text
    }

    @inlinable
    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        if type == .text || type == .varchar {
            let start = buffer.count
            buffer.append(utf8: self)
            if buffer.containsZero(from: start) { throw TextCoding.nulError(type) }
        } else {
            try TextCoding.encode(self, into: &buffer, as: type)
        }
    }
}

/// As `String`.
extension Substring: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    @inlinable public static var postgresType: PostgresType { .text }
    @inlinable public static var postgresArrayType: PostgresType { .textArray }

    @inlinable
    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        self = Substring(try String(binary: bytes, type: type))
    }

    @inlinable
    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        try String(self).encode(into: &buffer, as: type)
    }
}

/// Text in the types whose binary form is text, or nearly.
@usableFromInline
enum TextCoding {
    /// The first byte of a binary `jsonb` and `jsonpath`: the version of the form.
    static let version: UInt8 = 1

    /// The string with these bytes; nil when they are not UTF-8.
    @inlinable
    static func validated(_ bytes: RawSpan) -> String? {
        bytes.withUnsafeBytes { bytes -> String? in
            let isASCII = ByteScan.isASCII(bytes)
            guard #available(macOS 26, *) else {
                return isASCII ? String(decoding: bytes, as: UTF8.self) : String(validating: bytes, as: UTF8.self)
            }
            // A span that is known to be well formed is copied without being looked at again.
            let units = Span<UInt8>(_unsafeBytes: bytes)
            if isASCII { return String(copying: UTF8Span(unchecked: units, isKnownASCII: true)) }
            guard let text = try? UTF8Span(validating: units) else { return nil }
            return String(copying: text)
        }
    }

    @usableFromInline @inline(never)
    static func nulError(_ type: PostgresType) -> PostgresError {
        PostgresError(
            .encodingFailed, "a string with a NUL character cannot be sent as \(type)",
            advice: "PostgreSQL has no NUL in text; remove it, or use bytea")
    }

    /// Reads a type other than `text` and `varchar`.
    @usableFromInline
    static func decode(_ bytes: RawSpan, type: PostgresType) throws(PostgresError) -> String? {
        switch type {
        case .jsonb, .jsonpath:
            guard bytes.byteCount >= 1, bytes.bigEndian(as: UInt8.self) == version else {
                throw .invalidBytes(String.self, type: type, "its version is unknown")
            }
            return validated(bytes.extracting(1..<bytes.byteCount))
        case .char:
            guard bytes.byteCount == 1 else { throw .invalidBytes(String.self, type: type, "it must be one byte") }
            // As the server shows it from version 16 on.
            return PostgresChar(rawValue: bytes.bigEndian(as: UInt8.self)).description
        default:
            guard type.isText else { throw .cannotDecode(String.self, from: type) }
            if type.isBuiltin { return validated(bytes) }
            // A type whose form is known is shown as the server would show it.
            if type.info != nil, let text = try? ValueText.text(of: bytes, type) { return text }
            // The binary form of an enum or of citext is its text. Other types that extensions bring have forms with
            // zero bytes or a version in front; those are refused rather than shown as text.
            let isText = bytes.withUnsafeBytes { $0.first != version && !ByteScan.containsZero($0) }
            guard isText else {
                throw PostgresError(
                    .decodingFailed, "the binary form of \(type) is not text",
                    advice: "Cast it to text in SQL, or read it as PostgresRawValue")
            }
            return validated(bytes)
        }
    }

    /// Writes a type other than `text` and `varchar`.
    @usableFromInline
    static func encode(
        _ text: String, into buffer: inout PostgresBuffer, as type: PostgresType
    ) throws(PostgresError) {
        switch type {
        case .jsonb, .jsonpath:
            buffer.append(version)
        case .char:
            guard let character = PostgresChar(text) else { throw .outOfRange(String.self, as: type) }
            buffer.append(character.rawValue)
            return
        default:
            guard type.isText else { throw .cannotEncode(String.self, as: type) }
            try type.checkTakesText(&buffer)
        }
        let start = buffer.count
        buffer.append(utf8: text)
        if buffer.containsZero(from: start) { throw nulError(type) }
    }
}

extension PostgresType {
    /// The lowest OID that was not given by hand (`FirstGenbkiObjectId` in the server's source). Those from here to 16383
    /// are given out while a server's version is built and its cluster made, and are other types on other servers.
    @inlinable static var firstGenerated: UInt32 { 10_000 }

    /// True for the types that every server has under the same OID.
    @inlinable public var isBuiltin: Bool { rawValue < PostgresType.firstGenerated }

    /// True when the binary form is the text itself, or may be: `text` and its kin, `json`, `xml`, and types made by
    /// users and extensions (enums and `citext` among them).
    public var isText: Bool {
        switch self {
        case .text, .varchar, .bpchar, .name, .unknown, .json, .xml, .void, .cstring, .refcursor: true
        default: !isBuiltin
        }
    }
}
