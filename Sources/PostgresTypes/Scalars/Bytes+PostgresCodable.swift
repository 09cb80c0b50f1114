public import PostgresWire

#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// Makes `[UInt8]` a `bytea`, where an array of anything else is an array. A single `UInt8` is no PostgreSQL value.
extension UInt8: PostgresArrayElement {
    @inlinable public static var postgresArrayType: PostgresType { .bytea }

    @inlinable
    public static func decodeArray(_ bytes: RawSpan, type: PostgresType) throws(PostgresError) -> [UInt8] {
        guard type == .bytea else { throw .cannotDecode([UInt8].self, from: type) }
        return bytes.withUnsafeBytes { [UInt8]($0) }
    }

    @inlinable
    public static func encodeArray(
        _ elements: [UInt8], into buffer: inout PostgresBuffer, as type: PostgresType
    ) throws(PostgresError) {
        guard type == .bytea else { throw .cannotEncode([UInt8].self, as: type) }
        buffer.append(elements)
    }

    /// `\x00ff`.
    public static func decodeArray(text: String, type: PostgresType) throws(PostgresError) -> [UInt8] {
        guard let bytes = ValueText.bytes(hexadecimal: text) else {
            throw .invalidBytes([UInt8].self, type: type, "its text is malformed")
        }
        return bytes
    }

    // An array of bytes is one value: within an array it is an element and no dimension.
    public typealias ArrayLeaf = [UInt8]
    public static var arrayDimensions: Int { 0 }

    public static func nest(_ leaves: ArraySlice<[UInt8]>, lengths: ArraySlice<Int>) -> [UInt8] { leaves.first ?? [] }

    public static func flatten(
        _ elements: [UInt8], into leaves: inout [[UInt8]], lengths: inout [Int], depth: Int
    ) throws(PostgresError) {
        leaves.append(elements)
    }
}

/// `bytea`. `[UInt8]` is the faster of the two.
extension Data: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    @inlinable public static var postgresType: PostgresType { .bytea }
    @inlinable public static var postgresArrayType: PostgresType { .byteaArray }

    @inlinable
    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        guard type == .bytea else { throw .cannotDecode(Data.self, from: type) }
        self = bytes.withUnsafeBytes { Data($0) }
    }

    public init(text: String, type: PostgresType) throws(PostgresError) {
        self = Data(try UInt8.decodeArray(text: text, type: type))
    }

    @inlinable
    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        guard type == .bytea else { throw .cannotEncode(Data.self, as: type) }
        for region in regions { region.withUnsafeBytes { buffer.append($0) } }
    }
}
