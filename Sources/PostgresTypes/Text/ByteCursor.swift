/// Reads a binary form from left to right; every read is checked against the bytes that are there.
struct ByteCursor {
    private let bytes: UnsafeRawBufferPointer
    private var offset = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// Bytes not yet read.
    var remaining: Int { bytes.count - offset }

    /// The next integer, most significant byte first; nil when there are too few bytes.
    mutating func integer<I: FixedWidthInteger & BitwiseCopyable>(_: I.Type = I.self) -> I? {
        guard remaining >= MemoryLayout<I>.size else { return nil }
        defer { offset += MemoryLayout<I>.size }
        return I(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: I.self))
    }

    /// The next floating-point number.
    mutating func float() -> Float? { integer(UInt32.self).map { Float(bitPattern: $0) } }

    /// A string that a zero byte ends; nil when none does, or it is not UTF-8.
    mutating func cString() -> String? {
        guard let end = bytes[offset...].firstIndex(of: 0) else { return nil }
        defer { offset = end + 1 }
        return String(validating: bytes[offset..<end], as: UTF8.self)
    }
}
