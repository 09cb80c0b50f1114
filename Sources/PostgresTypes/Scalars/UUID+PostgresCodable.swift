public import PostgresWire

#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// `uuid`: sixteen bytes.
extension UUID: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    @inlinable public static var postgresType: PostgresType { .uuid }
    @inlinable public static var postgresArrayType: PostgresType { .uuidArray }

    @inlinable
    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        guard type == .uuid else { throw .cannotDecode(UUID.self, from: type) }
        guard bytes.byteCount == 16 else { throw .invalidBytes(UUID.self, type: type, "it must be 16 bytes") }
        self.init(uuid: bytes.unsafeLoadUnaligned(as: uuid_t.self))
    }

    @inlinable
    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        guard type == .uuid else { throw .cannotEncode(UUID.self, as: type) }
        withUnsafeBytes(of: uuid) { buffer.append($0) }
    }
}
