import PostgresWire

/// The frame around the rows of a binary COPY (PostgreSQL documentation, COPY, "Binary Format").
enum BinaryCopy {
    /// PGCOPY, a newline and bytes that a transfer as text would change.
    static let signature: [UInt8] = [0x50, 0x47, 0x43, 0x4F, 0x50, 0x59, 0x0A, 0xFF, 0x0D, 0x0A, 0x00]

    /// Signature, no flags, no extension.
    static func appendHeader(to buffer: inout PostgresBuffer) {
        buffer.append(signature)
        buffer.append(Int32(0))
        buffer.append(Int32(0))
    }

    /// A cell count that no row has.
    static func appendTrailer(to buffer: inout PostgresBuffer) {
        buffer.append(Int16(-1))
    }

    /// How many bytes of the first message are header.
    static func headerSize(_ content: UnsafeRawBufferPointer) throws(PostgresError) -> Int {
        guard content.count >= 19, content.prefix(11).elementsEqual(signature) else {
            throw PostgresError(.protocolViolation, "the server's binary COPY does not begin with its signature")
        }
        let flags = UInt32(bigEndian: content.loadUnaligned(fromByteOffset: 11, as: UInt32.self))
        // The upper half are critical: a reader that does not know them must stop. Bit 16 was for OIDs, gone since 12.
        guard flags & 0xFFFF_0000 == 0 else {
            throw PostgresError(.protocolViolation, "the server's binary COPY has flags that are not known")
        }
        let extra = Int(UInt32(bigEndian: content.loadUnaligned(fromByteOffset: 15, as: UInt32.self)))
        guard extra <= content.count - 19 else {
            throw PostgresError(.protocolViolation, "the header of the server's binary COPY is longer than its message")
        }
        return 19 + extra
    }

    static func isTrailer(_ content: UnsafeRawBufferPointer) -> Bool {
        content.count == 2 && content[0] == 0xFF && content[1] == 0xFF
    }
}
