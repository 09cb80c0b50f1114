/// A value with a text form that is the server's own.
///
/// `description` is what the server writes with its default settings, and `init?(_:)` reads it; nil for anything else.
/// Values without another form in JSON are coded as this text.
public protocol PostgresTextConvertible: LosslessStringConvertible, Codable, Hashable, Sendable {}

extension PostgresTextConvertible {
    /// Reads the text form.
    public init(from decoder: any Decoder) throws { self = try TextFormCoding.decode(from: decoder) }
    /// Writes the text form.
    public func encode(to encoder: any Encoder) throws { try TextFormCoding.encode(description, to: encoder) }
}

/// `Codable` by text.
enum TextFormCoding {
    static func decode<V: LosslessStringConvertible>(from decoder: any Decoder) throws -> V {
        let container = try decoder.singleValueContainer()
        guard let value = V(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not the text of a \(V.self)")
        }
        return value
    }

    static func encode(_ text: String, to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
