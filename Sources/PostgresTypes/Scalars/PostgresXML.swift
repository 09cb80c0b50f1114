public import PostgresWire

/// An XML document, or a piece of one: `xml`, as its text.
///
/// A `String` is read from `xml` and sent as it too; this type makes columns of it. The text comes in UTF-8. Where the
/// stored text has an XML declaration, the server writes one of its own, which names the encoding in the binary form
/// (`<?xml version="1.0" encoding="UTF-8"?>`) and leaves it out in text. Equal is what is the same text.
public struct PostgresXML: PostgresTextConvertible, ExpressibleByStringLiteral {
    /// The text of the document.
    public var text: String

    /// Nothing is checked here; the server refuses what is no XML.
    @inlinable public init(_ text: String) { self.text = text }
    @inlinable public init(stringLiteral value: String) { self.init(value) }
    @inlinable public var description: String { text }
}

extension PostgresXML: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    @inlinable public static var postgresType: PostgresType { .xml }
    @inlinable public static var postgresArrayType: PostgresType { .xmlArray }

    @inlinable
    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        text = try String(binary: bytes, type: type)
    }

    @inlinable
    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        try text.encode(into: &buffer, as: type)
    }
}
