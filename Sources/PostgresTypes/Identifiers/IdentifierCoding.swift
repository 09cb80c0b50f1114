import PostgresWire

/// Types whose binary form is one unsigned number.
enum IdentifierCoding {
    static func decode<V, I: FixedWidthInteger & BitwiseCopyable>(
        _ bytes: RawSpan, as: V.Type, _: I.Type = I.self, type: PostgresType
    ) throws(PostgresError) -> I {
        guard bytes.byteCount == MemoryLayout<I>.size else {
            throw .invalidBytes(V.self, type: type, "it must be \(MemoryLayout<I>.size) bytes")
        }
        return bytes.bigEndian()
    }
}
