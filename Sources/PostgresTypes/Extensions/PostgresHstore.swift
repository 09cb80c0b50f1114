public import PostgresWire

/// A value of the extension `hstore`: texts by text keys, some of them perhaps NULL.
///
///     let labels: PostgresHstore = ["colour": "red", "size": nil]
///     labels["colour"]        // "red"
///     labels.pairs["size"]    // .some(nil): the key is there, its value is NULL
///
/// A key stands once in it; the order of keys is not kept.
public struct PostgresHstore: Hashable, Sendable {
    /// Every key with its value, nil for NULL.
    public var pairs: [String: String?]

    public init(_ pairs: [String: String?] = [:]) { self.pairs = pairs }

    /// The value of a key; nil when there is no such key and when its value is NULL. Setting nil removes the key.
    public subscript(key: String) -> String? {
        get { pairs[key] ?? nil }
        set { pairs[key] = newValue.map { .some($0) } }
    }

    /// The keys as they are written, in an order that is the same each time.
    private var sortedKeys: [String] { pairs.keys.sorted() }
}

extension PostgresHstore: ExpressibleByDictionaryLiteral {
    /// The first value counts where a key stands twice.
    public init(dictionaryLiteral elements: (String, String?)...) {
        pairs = Dictionary(elements, uniquingKeysWith: { first, _ in first })
    }
}

extension PostgresHstore: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    private static let type = PostgresType(named: "hstore")
    /// `hstore`, whose OID differs from database to database.
    public static var postgresType: PostgresType { type }

    /// Reads the number of pairs, then each key and value with its length before it (`hstore_send` in the extension's
    /// source).
    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        if let real = type.ofTextForm {
            try self.init(text: try String(binary: bytes, type: .text), type: real)
            return
        }
        guard type.mayBe(named: "hstore") else { throw .cannotDecode(PostgresHstore.self, from: type) }
        guard bytes.byteCount >= 4 else { throw Self.error(type, "it is cut off") }
        let count: Int32 = bytes.bigEndian(at: 0)
        // A pair has at least two lengths.
        guard count >= 0, Int(count) <= (bytes.byteCount - 4) / 8 else {
            throw Self.error(type, "it says it has more pairs than it has room for")
        }
        var offset = 4
        var pairs: [String: String?] = [:]
        pairs.reserveCapacity(Int(count))
        for _ in 0..<count {
            guard let key = try Self.text(at: &offset, in: bytes, type) else { throw Self.error(type, "a key is NULL") }
            let value = try Self.text(at: &offset, in: bytes, type)
            guard Self.add(key, value, to: &pairs) else { throw Self.error(type, Self.twoSpellings) }
        }
        guard offset == bytes.byteCount else { throw Self.error(type, "there are bytes left over") }
        self.init(pairs)
    }

    /// False for a key that Swift takes for another one, of other bytes: one of the values would be lost. The server sends no
    /// key twice; should it, the first one counts, as in its own reading.
    private static func add(_ key: String, _ value: String?, to pairs: inout [String: String?]) -> Bool {
        guard let index = pairs.index(forKey: key) else {
            pairs[key] = .some(value)
            return true
        }
        return ExactText.areSame(pairs.keys[index], key)
    }

    private static let twoSpellings =
        "two of its keys differ only in how a character is spelt in Unicode, and are one to Swift; read it as String"

    private static func text(
        at offset: inout Int, in bytes: RawSpan, _ type: PostgresType
    ) throws(PostgresError) -> String? {
        guard bytes.byteCount - offset >= 4 else { throw error(type, "it ends before its last pair") }
        let length: Int32 = bytes.bigEndian(at: offset)
        offset += 4
        if length == -1 { return nil }
        guard length >= 0, Int(length) <= bytes.byteCount - offset else {
            throw error(type, "a text is longer than the value")
        }
        defer { offset += Int(length) }
        return try String(binary: bytes.extracting(offset..<(offset + Int(length))), type: .text)
    }

    private static func error(_ type: PostgresType, _ reason: String) -> PostgresError {
        .invalidBytes(PostgresHstore.self, type: type, reason)
    }

    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        guard type.mayBe(named: "hstore") else { throw .cannotEncode(PostgresHstore.self, as: type) }
        guard let count = Int32(exactly: pairs.count) else {
            throw PostgresError(.encodingFailed, "an hstore has more pairs than PostgreSQL can hold")
        }
        buffer.append(count)
        for key in sortedKeys {
            try buffer.appendCell(key, as: .text)
            try buffer.appendCell(pairs[key] ?? nil, as: .text)
        }
    }

    public init(text: String, type: PostgresType) throws(PostgresError) {
        guard let pairs = Self.pairs(in: text) else { throw Self.error(type, "its text is malformed") }
        self.init(pairs)
    }

    /// The pairs of `"a"=>"1", "b"=>NULL`.
    private static func pairs(in text: String) -> [String: String?]? {
        var scanner = QuotedTextScanner(
            text, endings: [UInt8(ascii: ","), UInt8(ascii: "=")], isBlankSkipped: true, doublesQuotes: false)
        var pairs: [String: String?] = [:]
        scanner.skipBlanks()
        if scanner.isAtEnd { return pairs }
        repeat {
            guard let key = scanner.item(), key.isQuoted || !key.text.isEmpty, scanner.takes(UInt8(ascii: "=")),
                scanner.takes(UInt8(ascii: ">")), let value = scanner.item(), value.isQuoted || !value.text.isEmpty
            else { return nil }
            let isNull = !value.isQuoted && value.text.lowercased() == "null"
            guard add(key.text, isNull ? nil : value.text, to: &pairs) else { return nil }
        } while scanner.takes(UInt8(ascii: ","))
        return scanner.isAtEnd ? pairs : nil
    }
}

extension PostgresHstore: LosslessStringConvertible {
    /// Reads the extension's text form, `"a"=>"1", "b"=>NULL`; nil for anything else.
    public init?(_ description: String) {
        guard let pairs = Self.pairs(in: description) else { return nil }
        self.init(pairs)
    }

    /// The extension's text form, the keys in the order of their characters.
    public var description: String {
        func quoted(_ text: String) -> String {
            var result = "\""
            for character in text.unicodeScalars {
                if character == "\"" || character == "\\" { result.unicodeScalars.append("\\") }
                result.unicodeScalars.append(character)
            }
            return result + "\""
        }
        return sortedKeys.map { key in "\(quoted(key))=>\((pairs[key] ?? nil).map(quoted) ?? "NULL")" }
            .joined(separator: ", ")
    }
}
