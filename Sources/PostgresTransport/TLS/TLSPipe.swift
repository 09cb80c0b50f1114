import COpenSSL

/// The ciphertext on its way in and on its way out, as the BIO through which an OpenSSL session reads and writes.
///
/// OpenSSL's own memory BIO would do, but it clears its memory whenever it is emptied and does not let a part of its
/// content be taken without a copy.
struct TLSPipe: ~Copyable {
    /// What the connection has received and OpenSSL has not read.
    var incoming = ByteQueue()
    /// What OpenSSL has written and the connection has not sent.
    var outgoing = ByteQueue()
    /// Whether the peer has closed the connection underneath TLS.
    var hasEnded = false

    /// A BIO over the pipe, which must outlive it.
    static func makeBIO(over pipe: UnsafeMutablePointer<TLSPipe>) -> OpaquePointer? {
        guard let method, let bio = BIO_new(method) else { return nil }
        BIO_set_data(bio, pipe)
        BIO_set_init(bio, 1)
        return bio
    }

    // Unsafe: never changed after it is made, and never freed.
    private nonisolated(unsafe) static let method: OpaquePointer? = {
        let type = BIO_get_new_index()
        guard type > 0, let method = BIO_meth_new(type | BIO_TYPE_SOURCE_SINK, "TLS pipe") else { return nil }
        BIO_meth_set_read(method, read)
        BIO_meth_set_write(method, write)
        BIO_meth_set_ctrl(method, control)
        return method
    }()
}

private func pipe(of bio: OpaquePointer?) -> UnsafeMutablePointer<TLSPipe>? {
    BIO_get_data(bio)?.assumingMemoryBound(to: TLSPipe.self)
}

private func read(bio: OpaquePointer?, into buffer: UnsafeMutablePointer<CChar>?, count: Int32) -> Int32 {
    guard let pipe = pipe(of: bio), let buffer, count > 0 else { return 0 }
    BIO_clear_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_WRITE | BIO_FLAGS_SHOULD_RETRY)
    let taken = pipe.pointee.incoming.take(into: UnsafeMutableRawBufferPointer(start: buffer, count: Int(count)))
    if taken == 0 && !pipe.pointee.hasEnded {
        BIO_set_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY)
        return -1
    }
    return Int32(taken)  // at most `count`
}

private func write(bio: OpaquePointer?, from buffer: UnsafePointer<CChar>?, count: Int32) -> Int32 {
    guard let pipe = pipe(of: bio), let buffer, count > 0 else { return 0 }
    BIO_clear_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_WRITE | BIO_FLAGS_SHOULD_RETRY)
    pipe.pointee.outgoing.append(UnsafeRawBufferPointer(start: buffer, count: Int(count)))
    return count
}

private func control(
    bio: OpaquePointer?, command: Int32, argument: Int, pointer: UnsafeMutableRawPointer?
) -> Int {
    switch command {
    case BIO_CTRL_FLUSH: return 1
    case BIO_CTRL_EOF:
        guard let pipe = pipe(of: bio) else { return 1 }
        return pipe.pointee.hasEnded && pipe.pointee.incoming.isEmpty ? 1 : 0
    default: return 0
    }
}

/// Bytes in the order they came. An empty one has no memory: of a pool's connections most are idle, and to allocate
/// some kilobytes takes less than to send or receive them.
struct ByteQueue: ~Copyable {
    private var memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    private var start = 0
    private(set) var count = 0

    /// The least that is allocated.
    private static let leastCapacity = 1024

    deinit { memory.deallocate() }

    var isEmpty: Bool { count == 0 }

    /// The content. Valid only until the next change.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[start..<start + count]) }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count > 0 else { return }
        makeRoom(for: bytes.count)
        UnsafeMutableRawBufferPointer(rebasing: memory[(start + count)...]).copyMemory(from: bytes)
        count += bytes.count
    }

    /// Has `body` write up to `most` bytes behind the others; it returns how many it wrote.
    mutating func append<E: Error>(
        atMost most: Int, _ body: (UnsafeMutableRawBufferPointer) throws(E) -> Int
    ) throws(E) {
        makeRoom(for: most)
        let end = start + count
        let written: Int
        do throws(E) {
            written = try body(UnsafeMutableRawBufferPointer(rebasing: memory[end..<end + most]))
        } catch {
            if count == 0 { giveBack() }
            throw error
        }
        precondition(written >= 0 && written <= most)
        count += written
        if count == 0 { giveBack() }
    }

    /// Moves as much as there is, and as fits, into `buffer`.
    mutating func take(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let taken = min(count, buffer.count)
        guard taken > 0 else { return 0 }
        buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[start..<start + taken]))
        removeFirst(taken)
        return taken
    }

    mutating func removeFirst(_ removed: Int) {
        precondition(removed >= 0 && removed <= count)
        count -= removed
        start += removed
        if count == 0 { giveBack() }
    }

    private mutating func giveBack() {
        memory.deallocate()
        memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)
        start = 0
    }

    private mutating func makeRoom(for added: Int) {
        guard memory.count - start - count < added else { return }
        if memory.count - count >= added {
            memory.copyMemory(from: bytes)
        } else {
            let capacity = max(memory.count * 2, count + added, Self.leastCapacity)
            let moved = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 16)
            moved.copyMemory(from: bytes)
            memory.deallocate()
            memory = moved
        }
        start = 0
    }
}
