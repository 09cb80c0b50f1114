public import PostgresWire

/// Questions about bytes, asked eight at a time.
///
/// Every string on its way in or out passes through here, so the loops touch a word and not a byte.
@usableFromInline
enum ByteScan {
    /// True when no byte has its highest bit set.
    @inlinable
    static func isASCII(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var offset = 0
        while offset &+ 8 <= bytes.count {
            let word = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            if word & 0x8080_8080_8080_8080 != 0 { return false }
            offset &+= 8
        }
        var rest: UInt8 = 0
        while offset < bytes.count {
            rest |= bytes[offset]
            offset &+= 1
        }
        return rest < 0x80
    }

    /// True when one of the bytes is zero.
    @inlinable
    static func containsZero(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var offset = 0
        while offset &+ 8 <= bytes.count {
            let word = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            // Borrowing from a zero byte sets its highest bit; the complement drops bytes that had it set before.
            if (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080 != 0 { return true }
            offset &+= 8
        }
        while offset < bytes.count {
            if bytes[offset] == 0 { return true }
            offset &+= 1
        }
        return false
    }

    /// True when both hold the same bytes.
    @inlinable
    static func areEqual(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        guard left.count == right.count else { return false }
        var offset = 0
        while offset &+ 8 <= left.count {
            if left.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                != right.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            {
                return false
            }
            offset &+= 8
        }
        while offset < left.count {
            if left[offset] != right[offset] { return false }
            offset &+= 1
        }
        return true
    }
}

extension RawSpan {
    /// The integer whose bytes, most significant first, begin at `offset`. The caller has checked the length.
    @inlinable @inline(__always)
    func bigEndian<I: FixedWidthInteger & BitwiseCopyable>(at offset: Int = 0, as type: I.Type = I.self) -> I {
        I(bigEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: I.self))
    }
}

extension PostgresBuffer {
    /// True when a byte written at or after `start` is zero.
    @inlinable
    func containsZero(from start: Int) -> Bool {
        withUnsafeBytes { ByteScan.containsZero(UnsafeRawBufferPointer(rebasing: $0[start...])) }
    }
}
