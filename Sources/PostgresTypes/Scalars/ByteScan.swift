public import PostgresWire

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Questions about bytes, asked of many at a time.
///
/// Every string on its way in or out passes through here, so no loop touches a single byte.
@usableFromInline
enum ByteScan {
    /// True when no byte has its highest bit set.
    @inlinable
    static func isASCII(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let last = bytes.count &- 8
        guard last >= 0 else { return bytes.reduce(0, |) < 0x80 }
        var word: UInt64 = 0
        var offset = 0
        while offset < last {
            word |= bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            offset &+= 8
        }
        // The last eight, some of them for the second time, are sooner looked at than counted off.
        word |= bytes.loadUnaligned(fromByteOffset: last, as: UInt64.self)
        return word & 0x8080_8080_8080_8080 == 0
    }

    /// True when one of the bytes is zero.
    @usableFromInline
    static func containsZero(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let start = bytes.baseAddress else { return false }
        return memchr(start, 0, bytes.count) != nil
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
