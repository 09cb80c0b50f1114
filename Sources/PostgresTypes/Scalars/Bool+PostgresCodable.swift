public import PostgresWire

/// `boolean`: one byte, 0 or 1.
extension Bool: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    @inlinable public static var postgresType: PostgresType { .bool }
    @inlinable public static var postgresArrayType: PostgresType { .boolArray }

    @inlinable
    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        guard type == .bool else { throw .cannotDecode(Bool.self, from: type) }
        guard bytes.byteCount == 1 else { throw .invalidBytes(Bool.self, type: type, "it must be one byte") }
        let byte: UInt8 = bytes.bigEndian()
        guard byte <= 1 else { throw .invalidBytes(Bool.self, type: type, "it is neither 0 nor 1") }
        self = byte == 1
    }

    @inlinable
    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        guard type == .bool else { throw .cannotEncode(Bool.self, as: type) }
        buffer.append(self ? 1 as UInt8 : 0)
    }
}
