import PostgresWire

/// The binary form of a range taken apart: a byte of flags, then each bound that there is with its length before it
/// (`range_send` in the server's source).
struct RangeBytes {
    static let empty: UInt8 = 0x01
    static let lowerInclusive: UInt8 = 0x02
    static let upperInclusive: UInt8 = 0x04
    static let lowerUnbounded: UInt8 = 0x08
    static let upperUnbounded: UInt8 = 0x10

    let flags: UInt8
    /// Where the bounds' bytes are; nil where there is none.
    private(set) var lower: Range<Int>?
    private(set) var upper: Range<Int>?

    init(_ bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        guard bytes.byteCount >= 1 else { throw RangeBytes.error(type, "it is cut off") }
        flags = bytes.bigEndian(at: 0)
        var offset = 1
        if flags & RangeBytes.empty == 0 {
            if flags & RangeBytes.lowerUnbounded == 0 { lower = try RangeBytes.bound(at: &offset, in: bytes, type) }
            if flags & RangeBytes.upperUnbounded == 0 { upper = try RangeBytes.bound(at: &offset, in: bytes, type) }
        }
        guard flags & 0xE0 == 0 else { throw RangeBytes.error(type, "its flags are unknown") }
        guard offset == bytes.byteCount else { throw RangeBytes.error(type, "there are bytes left over") }
    }

    private static func bound(
        at offset: inout Int, in bytes: RawSpan, _ type: PostgresType
    ) throws(PostgresError) -> Range<Int> {
        guard bytes.byteCount - offset >= 4 else { throw error(type, "it ends before its last bound") }
        let length: Int32 = bytes.bigEndian(at: offset)
        let start = offset + 4
        guard length >= 0, Int(length) <= bytes.byteCount - start else {
            throw error(type, "a bound is longer than the range")
        }
        offset = start + Int(length)
        return start..<offset
    }

    /// Calls `body` with each range of a multirange: their number, then each with its length before it
    /// (`multirange_send` in the server's source).
    static func forEach(
        in bytes: RawSpan, type: PostgresType, _ body: (RawSpan) throws(PostgresError) -> Void
    ) throws(PostgresError) {
        guard bytes.byteCount >= 4 else { throw error(type, "it is cut off") }
        let count: Int32 = bytes.bigEndian(at: 0)
        var offset = 4
        // A range has at least its length and its flags.
        guard count >= 0, Int(count) <= (bytes.byteCount - 4) / 5 else {
            throw error(type, "it says it has more ranges than it has room for")
        }
        for _ in 0..<count {
            guard bytes.byteCount - offset >= 4 else { throw error(type, "it ends before its last range") }
            let length: Int32 = bytes.bigEndian(at: offset)
            offset += 4
            guard length >= 0, Int(length) <= bytes.byteCount - offset else {
                throw error(type, "a range is longer than the multirange")
            }
            try body(bytes.extracting(offset..<(offset + Int(length))))
            offset += Int(length)
        }
        guard offset == bytes.byteCount else { throw error(type, "there are bytes left over") }
    }

    @inline(never)
    static func error(_ type: PostgresType, _ reason: String) -> PostgresError {
        PostgresError(.decodingFailed, "a value of \(type) cannot be read as a range: \(reason)")
    }

    /// What the bounds of a range type are, for a Swift type whose own ranges are `natural`.
    static func bound<V>(
        of type: PostgresType, natural: PostgresType, _ naturalBound: PostgresType,
        _ failure: (V.Type, PostgresType) -> PostgresError, for: V.Type
    ) throws(PostgresError) -> PostgresType {
        if let bound = type.rangeBound { return bound }
        if type == natural { return naturalBound }
        guard !type.isBuiltin, type.base.info == nil else { throw failure(V.self, type) }
        // A range of which nobody has said what its bounds are.
        return naturalBound
    }
}
