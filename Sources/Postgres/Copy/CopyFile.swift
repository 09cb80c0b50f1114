import PostgresLocks
import PostgresWire

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A file that a COPY reads from or writes to, in pieces.
final class CopyFile: Sendable {
    private let descriptor: Int32
    private let path: String
    /// Where it is written until it is complete; nil when it is read.
    private let draft: String?
    private let size = Atomic<Int>(0)
    private let isFinished = Atomic<Bool>(false)

    private static let pieceSize = 64 * 1024

    init(reading path: String) throws(PostgresError) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        self.path = path
        draft = nil
        guard descriptor >= 0 else { throw Self.failure("read", path) }
    }

    init(writing path: String) throws(PostgresError) {
        self.path = path
        let draft = "\(path).\(String(UInt64.random(in: .min ... .max), radix: 36)).partial"
        self.draft = draft
        descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw Self.failure("written", path) }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
        if descriptor >= 0, let draft, !isFinished.load(ordering: .relaxed) { unlink(draft) }
    }

    /// The next piece, or nil at the end.
    func read() throws(PostgresError) -> [UInt8]? {
        var failed = false
        let piece = [UInt8](unsafeUninitializedCapacity: Self.pieceSize) { buffer, count in
            var result = -1
            repeat {
                result = systemRead(descriptor, buffer.baseAddress, Self.pieceSize)
            } while result < 0 && errno == EINTR
            failed = result < 0
            count = max(0, result)
        }
        if failed { throw Self.failure("read", path) }
        return piece.isEmpty ? nil : piece
    }

    func write(_ piece: [UInt8]) throws(PostgresError) {
        var written = 0
        while written < piece.count {
            let count = piece.withUnsafeBytes { bytes in
                systemWrite(descriptor, bytes.baseAddress.map { $0 + written }, piece.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.failure("written", path) }
            written += count
        }
        size.wrappingAdd(piece.count, ordering: .relaxed)
    }

    /// Gives the complete file its name; its size.
    func finish() throws(PostgresError) -> Int {
        guard let draft, rename(draft, path) == 0 else { throw Self.failure("written", path) }
        isFinished.store(true, ordering: .relaxed)
        return size.load(ordering: .relaxed)
    }

    private static func failure(_ what: String, _ path: String) -> PostgresError {
        PostgresError(
            .invalidUse, "the file \(path) cannot be \(what): \(String(cString: strerror(errno)))", safeToRetry: true)
    }
}

/// `read(2)` and `write(2)`, under names that the methods do not hide.
private func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    guard let buffer else { return -1 }
    return read(descriptor, buffer, count)
}

private func systemWrite(_ descriptor: Int32, _ buffer: UnsafeRawPointer?, _ count: Int) -> Int {
    guard let buffer else { return -1 }
    return write(descriptor, buffer, count)
}
