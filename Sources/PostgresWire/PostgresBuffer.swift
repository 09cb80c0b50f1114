/// Growable bytes in network order: what messages and values are written into.
///
/// One owner, no copies: a raw allocation that doubles. Every write checks the capacity and nothing else.
/// Protocol 3.0 sends integers most significant byte first (PostgreSQL documentation, "Message Data Types").
public struct PostgresBuffer: ~Copyable, @unchecked Sendable {
    // Unchecked: the buffer owns its memory alone and cannot be copied.
    @usableFromInline var base: UnsafeMutableRawPointer
    @usableFromInline var capacity: Int
    /// Bytes written so far.
    @inlinable public var count: Int { _count }
    @usableFromInline var _count: Int

    /// An empty buffer with room for `capacity` bytes.
    @inlinable
    public init(capacity: Int = 256) {
        self.capacity = max(capacity, 16)
        self.base = HeapMemory.allocate(self.capacity)
        self._count = 0
    }

    @inlinable
    deinit { HeapMemory.deallocate(base) }

    /// What has been written. Valid only inside `body`.
    @inlinable
    public func withUnsafeBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        try body(UnsafeRawBufferPointer(start: base, count: _count))
    }

    /// What has been written, for a caller that changes its owner meanwhile. Valid until the next write.
    package var unsafeBytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: _count) }

    /// Forgets the content and keeps the memory.
    @inlinable
    public mutating func removeAll() { _count = 0 }

    /// Forgets everything from `count` on.
    @inlinable
    public mutating func truncate(to count: Int) {
        precondition(count >= 0 && count <= _count)
        _count = count
    }

    /// Forgets the first `count` bytes; the others move to the front.
    package mutating func removeFirst(_ count: Int) {
        precondition(count >= 0 && count <= _count)
        base.copyMemory(from: base + count, byteCount: _count - count)
        _count -= count
    }

    /// It is empty, and has grown for what was in it before.
    package var isSpare: Bool { _count == 0 && capacity > Self.usualCapacity }

    /// What an idle connection may keep.
    private static var usualCapacity: Int { 8 * 1024 }

    /// Gives back what it has grown by, where it is spare.
    package mutating func giveBack() {
        guard isSpare else { return }
        SpareMemory.deallocate(base, capacity)
        capacity = 256
        base = HeapMemory.allocate(capacity)
    }

    /// Makes room for `additional` more bytes.
    @inlinable @inline(__always)
    public mutating func reserve(_ additional: Int) {
        if capacity &- _count < additional { grow(additional) }
    }

    @usableFromInline @inline(never)
    mutating func grow(_ additional: Int) {
        precondition(additional >= 0)
        let wanted = max(_count + additional, capacity * 2)
        let larger = HeapMemory.allocate(wanted)
        larger.copyMemory(from: base, byteCount: _count)
        HeapMemory.deallocate(base)
        base = larger
        capacity = wanted
    }

    /// Appends an integer, most significant byte first.
    @inlinable @inline(__always)
    public mutating func append<I: FixedWidthInteger & BitwiseCopyable>(_ value: I) {
        reserve(MemoryLayout<I>.size)
        base.storeBytes(of: value.bigEndian, toByteOffset: _count, as: I.self)
        _count &+= MemoryLayout<I>.size
    }

    /// Appends bytes as they are.
    @inlinable @inline(__always)
    public mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress, bytes.count > 0 else { return }
        reserve(bytes.count)
        (base + _count).copyMemory(from: start, byteCount: bytes.count)
        _count &+= bytes.count
    }

    /// Appends bytes as they are.
    @inlinable
    public mutating func append(_ bytes: RawSpan) {
        bytes.withUnsafeBytes { append($0) }
    }

    /// Appends bytes as they are.
    @inlinable
    public mutating func append(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { append($0) }
    }

    /// Appends the UTF-8 of `text`, without a terminator.
    @inlinable @inline(__always)
    public mutating func append(utf8 text: String) {
        // A native string lends its bytes; one bridged from elsewhere is copied first.
        if text.utf8.withContiguousStorageIfAvailable({ append(UnsafeRawBufferPointer($0)) }) != nil { return }
        var copy = text
        copy.withUTF8 { append(UnsafeRawBufferPointer($0)) }
    }

    /// Appends a NUL-terminated string. `text` must not contain NUL; callers check where it comes from outside.
    @inlinable
    public mutating func append(cString text: String) {
        append(utf8: text)
        append(UInt8(0))
    }

    /// Writes an integer over bytes written before, as a length is once its content is known.
    @inlinable @inline(__always)
    public mutating func overwrite<I: FixedWidthInteger & BitwiseCopyable>(_ value: I, at offset: Int) {
        precondition(offset >= 0 && offset &+ MemoryLayout<I>.size <= _count)
        base.storeBytes(of: value.bigEndian, toByteOffset: offset, as: I.self)
    }
}
