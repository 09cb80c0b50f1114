public import PostgresWire

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A `Codable` value stored in a `jsonb` column.
///
///     struct Profile: Codable { var name: String; var tags: [String] }
///     let profile = JSONB(Profile(name: "Ada", tags: []))
///     profile.name                       // members are reached through
///
/// Coded by Foundation; dates are ISO 8601 text with microseconds. For values that must keep every digit, use
/// ``JSONValue``.
@dynamicMemberLookup
public struct JSONB<Value: Codable & Sendable>: Sendable {
    /// The value that the column holds.
    public var value: Value

    /// Stored as JSON when it is sent.
    @inlinable public init(_ value: Value) { self.value = value }

    /// A member of the value.
    @inlinable
    public subscript<Member>(dynamicMember path: WritableKeyPath<Value, Member>) -> Member {
        get { value[keyPath: path] }
        set { value[keyPath: path] = newValue }
    }

    /// A member of the value.
    @inlinable
    public subscript<Member>(dynamicMember path: KeyPath<Value, Member>) -> Member { value[keyPath: path] }
}

/// A `Codable` value stored in a `json` column, which keeps the text as it was sent. Prefer ``JSONB``.
@dynamicMemberLookup
public struct JSON<Value: Codable & Sendable>: Sendable {
    /// The value that the column holds.
    public var value: Value

    /// Stored as JSON when it is sent.
    @inlinable public init(_ value: Value) { self.value = value }

    /// A member of the value.
    @inlinable
    public subscript<Member>(dynamicMember path: WritableKeyPath<Value, Member>) -> Member {
        get { value[keyPath: path] }
        set { value[keyPath: path] = newValue }
    }

    /// A member of the value.
    @inlinable
    public subscript<Member>(dynamicMember path: KeyPath<Value, Member>) -> Member { value[keyPath: path] }
}

extension JSONB: Equatable where Value: Equatable {}
extension JSONB: Hashable where Value: Hashable {}
extension JSON: Equatable where Value: Equatable {}
extension JSON: Hashable where Value: Hashable {}

extension JSONB: PostgresCodable {
    @inlinable public static var postgresType: PostgresType { .jsonb }

    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        try FoundationJSON.encode(value, into: &buffer, as: type)
    }

    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        value = try FoundationJSON.decode(Value.self, from: bytes, type: type)
    }
}

extension JSON: PostgresCodable {
    @inlinable public static var postgresType: PostgresType { .json }

    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        try FoundationJSON.encode(value, into: &buffer, as: type)
    }

    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        value = try FoundationJSON.decode(Value.self, from: bytes, type: type)
    }
}

/// `Codable` values to and from the bytes of a cell.
package enum FoundationJSON {
    static func encode<V: Encodable>(
        _ value: V, into buffer: inout PostgresBuffer, as type: PostgresType
    ) throws(PostgresError) {
        let data: Data
        do {
            data = try makeEncoder().encode(value)
        } catch {
            // Foundation's error can quote the value.
            throw PostgresError(.encodingFailed, "a Swift \(V.self) cannot be written as JSON")
        }
        switch type {
        case .jsonb:
            if let path = data.withUnsafeBytes({ pathOfNUL($0) }) { throw JSONValue.nulError(path) }
            buffer.append(jsonbVersion)
        case .json, .text, .varchar, .unspecified, .unknown: break
        default: throw .cannotEncode(V.self, as: type)
        }
        data.withUnsafeBytes { buffer.append($0) }
    }

    package static func decode<V: Decodable>(
        _: V.Type, from bytes: RawSpan, type: PostgresType
    ) throws(PostgresError) -> V {
        try withJSONText(bytes, type: type, as: V.self) { text throws(PostgresError) in
            do {
                return try makeDecoder().decode(V.self, from: Data(text))
            } catch let error as DecodingError {
                throw .invalidBytes(V.self, type: type, reason(error))
            } catch {
                throw .invalidBytes(V.self, type: type, "it is no JSON of that shape")
            }
        }
    }

    /// Where the text has `\u0000`, which the server refuses; nil where it has none. A backslash that is itself escaped
    /// begins no escape: `\\u0000` is six characters.
    private static func pathOfNUL(_ text: UnsafeRawBufferPointer) -> String? {
        var index = 0
        while index < text.count {
            guard text[index] == UInt8(ascii: "\\") else {
                index += 1
                continue
            }
            if text[index...].starts(with: "\\u0000".utf8) {
                return (try? JSONParser.parse(text, maximumDepth: 10_000))?.pathOfNUL
                    ?? JSONPlace.path(to: index, in: text)
            }
            index += 2
        }
        return nil
    }

    /// Where decoding failed, by key; never what stood there.
    private static func reason(_ error: DecodingError) -> String {
        func at(_ context: DecodingError.Context) -> String {
            let path = context.codingPath.map(\.stringValue).joined(separator: ".")
            return path.isEmpty ? "at the top of the JSON" : "at \(path)"
        }
        return switch error {
        case .keyNotFound(let key, let context): "no key \(key.stringValue) \(at(context))"
        case .typeMismatch(let wanted, let context): "no \(wanted) \(at(context))"
        case .valueNotFound(let wanted, let context): "null where \(wanted) is wanted \(at(context))"
        case .dataCorrupted(let context): "invalid value \(at(context))"
        @unknown default: "it is no JSON of that shape"
        }
    }

    private static func makeEncoder() -> JSONEncoder {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .custom { date, encoder in
            var container = encoder.singleValueContainer()
            guard let text = ISO8601Text.text(of: date) else {
                throw EncodingError.invalidValue(
                    date,
                    EncodingError.Context(
                        codingPath: encoder.codingPath, debugDescription: "a date outside the years 1 to 9999"))
            }
            try container.encode(text)
        }
        return encoder
    }

    private static func makeDecoder() -> JSONDecoder {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .custom { decoder in
            let container = try decoder.singleValueContainer()
            if let text = try? container.decode(String.self) {
                if let date = ISO8601Text.date(of: text) { return date }
                throw DecodingError.dataCorruptedError(in: container, debugDescription: "no ISO 8601 date")
            }
            return Date(timeIntervalSince1970: try container.decode(Double.self))
        }
        return decoder
    }
}
