public import PostgresWire

/// A path of labels of the extension `ltree`: `Top.Science.Astronomy`.
///
/// What makes a label is the server's business; it differs by version and locale.
public struct PostgresLTree: Hashable, Sendable, LosslessStringConvertible {
    public var labels: [String]

    public init(labels: [String]) { self.labels = labels }

    /// Labels with dots between them; the empty string is the path without labels.
    public init(_ description: String) {
        labels =
            description.isEmpty
            ? [] : description.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    }

    public var description: String { labels.joined(separator: ".") }
}

/// A pattern for paths of `ltree`: `*.Astronomy{1,}`.
public struct PostgresLQuery: Hashable, Sendable, LosslessStringConvertible {
    public var description: String
    public init(_ description: String) { self.description = description }
}

/// A text search in the labels of `ltree` paths: `Europe & Russia*@`.
public struct PostgresLTxtQuery: Hashable, Sendable, LosslessStringConvertible {
    public var description: String
    public init(_ description: String) { self.description = description }
}

extension PostgresLTree: ExpressibleByStringLiteral {
    public init(stringLiteral value: String) { self.init(value) }
}
extension PostgresLQuery: ExpressibleByStringLiteral {
    public init(stringLiteral value: String) { self.init(value) }
}
extension PostgresLTxtQuery: ExpressibleByStringLiteral {
    public init(stringLiteral value: String) { self.init(value) }
}

extension PostgresLTree: PostgresEncodable, PostgresDecodable, PostgresArrayElement, VersionedText {
    static let type = PostgresType(named: "ltree")
    /// `ltree`, whose OID differs from database to database.
    public static var postgresType: PostgresType { type }

    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        self.init(try Self.text(bytes, type, named: "ltree"))
    }

    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        try append(to: &buffer, type, named: "ltree")
    }
}

extension PostgresLQuery: PostgresEncodable, PostgresDecodable, PostgresArrayElement, VersionedText {
    static let type = PostgresType(named: "lquery")
    /// `lquery`, whose OID differs from database to database.
    public static var postgresType: PostgresType { type }

    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        self.init(try Self.text(bytes, type, named: "lquery"))
    }

    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        try append(to: &buffer, type, named: "lquery")
    }
}

extension PostgresLTxtQuery: PostgresEncodable, PostgresDecodable, PostgresArrayElement, VersionedText {
    static let type = PostgresType(named: "ltxtquery")
    /// `ltxtquery`, whose OID differs from database to database.
    public static var postgresType: PostgresType { type }

    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        self.init(try Self.text(bytes, type, named: "ltxtquery"))
    }

    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        try append(to: &buffer, type, named: "ltxtquery")
    }
}

/// A type of the extension whose binary form is a version and its text (`ltree_send` in the extension's source).
private protocol VersionedText: CustomStringConvertible {}

extension VersionedText {
    static func text(_ bytes: RawSpan, _ type: PostgresType, named name: String) throws(PostgresError) -> String {
        if type.isInTextForm { return try String(binary: bytes, type: .text) }
        guard type.mayBe(named: name) else { throw .cannotDecode(Self.self, from: type) }
        guard bytes.byteCount >= 1, bytes.bigEndian(as: UInt8.self) == TextCoding.version else {
            throw .invalidBytes(Self.self, type: type, "its version is unknown")
        }
        return try String(binary: bytes.extracting(1..<bytes.byteCount), type: .text)
    }

    func append(to buffer: inout PostgresBuffer, _ type: PostgresType, named name: String) throws(PostgresError) {
        guard type.mayBe(named: name) else { throw .cannotEncode(Self.self, as: type) }
        buffer.append(TextCoding.version)
        try description.encode(into: &buffer, as: .text)
    }
}
