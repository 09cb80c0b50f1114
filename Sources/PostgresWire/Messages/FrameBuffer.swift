/// Bytes from the server, cut into frames.
///
/// A frame is a one-byte kind, a four-byte length that counts itself, and content. The length is checked before it is
/// believed, and memory grows with the bytes that arrive, never with the length that was announced.
package struct FrameBuffer: ~Copyable, @unchecked Sendable {
    // Unchecked: the buffer owns its memory alone and cannot be copied.
    @usableFromInline private(set) var base: UnsafeMutableRawPointer
    private var capacity: Int
    private var start = 0
    private var end = 0

    /// Small at first: most connections of a pool are idle.
    private static let initialCapacity = 8 * 1024
    /// A read never asks for more; larger frames grow the buffer beyond it.
    private static let usualCapacity = 128 * 1024
    /// The server's own limit is 1 GB less one byte for a value, a row or a message (`MaxAllocSize`).
    package static let largestFrame = 0x3FFF_FFFF

    /// Where a frame lies in the buffer. Valid until the next `freeSpace()`.
    package struct Frame {
        package var kind: UInt8
        /// Of the kind byte.
        package var offset: Int
        /// All of it: kind, length and content.
        package var size: Int
    }

    package init() {
        capacity = Self.initialCapacity
        base = HeapMemory.allocate(capacity)
    }

    deinit { HeapMemory.deallocate(base) }

    /// Bytes that are not consumed yet.
    package var count: Int { end - start }
    private var unsafeStart: UnsafeMutableRawPointer { base + start }
    private var frontOffset: Int { start }

    /// Where the next bytes can be read into; at least a kilobyte. Moves what is there.
    package mutating func freeSpace() -> UnsafeMutableRawBufferPointer {
        if start == end {
            start = 0
            end = 0
        }
        if capacity - end < 1024 || (start > 0 && capacity - end < capacity / 4) {
            if count > capacity * 3 / 4 {
                // One frame fills the buffer: it grows as it arrives.
                replaceMemory(capacity: capacity * 2)
            } else {
                base.copyMemory(from: base + start, byteCount: count)
                end -= start
                start = 0
            }
        }
        return UnsafeMutableRawBufferPointer(start: base + end, count: capacity - end)
    }

    /// `count` bytes were read into the free space.
    package mutating func commit(_ count: Int) {
        precondition(count >= 0 && count <= capacity - end)
        // Reads that fill the buffer say that more is waiting: read more at a time.
        let isFull = count == capacity - end
        end += count
        if isFull, capacity < Self.usualCapacity { replaceMemory(capacity: capacity * 2) }
    }

    /// It is empty, and has grown for what came before.
    package var isSpare: Bool { start == end && capacity > Self.initialCapacity }

    /// Gives back what it has grown by, where it is spare.
    package mutating func giveBack() {
        guard isSpare else { return }
        SpareMemory.deallocate(base, capacity)
        capacity = Self.initialCapacity
        base = HeapMemory.allocate(capacity)
        start = 0
        end = 0
    }

    private mutating func replaceMemory(capacity wanted: Int) {
        let larger = HeapMemory.allocate(wanted)
        larger.copyMemory(from: base + start, byteCount: count)
        HeapMemory.deallocate(base)
        base = larger
        capacity = wanted
        end -= start
        start = 0
    }

    /// The first frame, when all of it is there.
    ///
    /// - Throws: `protocolViolation` when the length cannot be one, or is above `largest`.
    package func nextFrame(largest: Int = FrameBuffer.largestFrame) throws(PostgresError) -> Frame? {
        guard end - start >= 5 else { return nil }
        let kind = base.load(fromByteOffset: start, as: UInt8.self)
        let length = Int(Int32(bigEndian: base.loadUnaligned(fromByteOffset: start + 1, as: Int32.self)))
        guard length >= 4, length <= largest else { throw Self.invalidLength(kind, length) }
        guard end - start > length else { return nil }
        return Frame(kind: kind, offset: start, size: length + 1)
    }

    private static func invalidLength(_ kind: UInt8, _ length: Int) -> PostgresError {
        PostgresError(
            .protocolViolation, "the server sent a message of kind \(kind) with the impossible length \(length)",
            advice: "Is something other than PostgreSQL listening there?")
    }

    /// Passes over `size` bytes from the front.
    package mutating func consume(_ size: Int) {
        precondition(size >= 0 && size <= count)
        start += size
    }

    /// The content of a frame: what follows kind and length. Valid until the next `freeSpace()`.
    @inlinable @inline(__always)
    package func content(of frame: Frame) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: base + frame.offset + 5, count: frame.size - 5)
    }

    /// The first byte as the server's one-letter answer to SSLRequest.
    package mutating func takeByte() -> UInt8? {
        guard count > 0 else { return nil }
        defer { start += 1 }
        return base.load(fromByteOffset: start, as: UInt8.self)
    }

    /// The first `size` bytes. Valid until the next `freeSpace()`.
    package func front(_ size: Int) -> UnsafeRawBufferPointer {
        precondition(size >= 0 && size <= count)
        return UnsafeRawBufferPointer(start: base + start, count: size)
    }

    /// Takes `size` bytes from the front with the buffer's memory itself, where they are most of it; the rest moves to new
    /// memory. Give it back with `deallocate`. Nil where they are few: a small row would keep a large buffer alive.
    package mutating func handOver(_ size: Int) -> UnsafeRawBufferPointer? {
        precondition(size > 0 && size <= count)
        guard start == 0, size > capacity / 2 else { return nil }
        let taken = base
        let rest = count - size
        // A frame that made the buffer large is gone with it.
        capacity = max(Self.usualCapacity, rest * 2)
        base = HeapMemory.allocate(capacity)
        base.copyMemory(from: taken + size, byteCount: rest)
        end = rest
        return UnsafeRawBufferPointer(start: taken, count: size)
    }

    /// Gives back what was handed over.
    package static func deallocate(_ memory: UnsafeRawBufferPointer) {
        if let base = memory.baseAddress { HeapMemory.deallocate(UnsafeMutableRawPointer(mutating: base)) }
    }
}

// MARK: Rows

extension FrameBuffer {
    /// How many whole frames of `kind` stand at the front, and their bytes in all; with `cells`, only frames of rows with
    /// exactly so many.
    ///
    /// Stops before the first frame that is another or is not complete; nothing is consumed.
    package func run(of kind: UInt8, cells: Int? = nil) -> (bytes: Int, frames: Int) {
        var offset = 0
        var frames = 0
        let available = count
        let first = UnsafeRawPointer(unsafeStart)
        let shortest = cells == nil ? 4 : 6
        while available - offset > shortest {
            let frame = first + offset
            guard frame.load(as: UInt8.self) == kind else { break }
            let length = Int(Int32(bigEndian: frame.loadUnaligned(fromByteOffset: 1, as: Int32.self)))
            guard length >= shortest, length <= Self.largestFrame, available - offset > length else { break }
            if let cells, Int(Int16(bigEndian: frame.loadUnaligned(fromByteOffset: 5, as: Int16.self))) != cells {
                break
            }
            offset += length + 1
            frames += 1
        }
        return (offset, frames)
    }

    /// Cuts `size` bytes from the front of the first frame's content and leaves a frame of the same kind with the rest.
    package mutating func dropFirst(_ size: Int, of frame: Frame) {
        precondition(frame.offset == frontOffset && size >= 0 && size <= frame.size - 5)
        consume(size)
        let front = unsafeStart
        front.storeBytes(of: frame.kind, as: UInt8.self)
        front.storeBytes(
            of: Int32(truncatingIfNeeded: frame.size - 1 - size).bigEndian, toByteOffset: 1, as: Int32.self)
    }
}
