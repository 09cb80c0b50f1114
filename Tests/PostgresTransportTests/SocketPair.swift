import PostgresLocks

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Two connected sockets without a network; closed when forgotten.
final class SocketPair: Sendable {
    let near: Int32
    private let far: Mutex<Int32>

    init() {
        var ends: [Int32] = [-1, -1]
        #if canImport(Darwin)
        let kind = SOCK_STREAM
        #else
        let kind = Int32(SOCK_STREAM.rawValue)
        #endif
        precondition(socketpair(AF_UNIX, kind, 0, &ends) == 0)
        for end in ends { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
        near = ends[0]
        far = Mutex(ends[1])
    }

    deinit {
        close(near)
        closeFar()
    }

    /// Makes the near end readable.
    func writeToNear(_ count: Int = 1) {
        let bytes = [UInt8](repeating: 7, count: count)
        _ = far.withLock { write($0, bytes, bytes.count) }
    }

    /// Reads what has come to the near end; how many bytes.
    @discardableResult
    func readNear() -> Int {
        var bytes = [UInt8](repeating: 0, count: 4096)
        return read(near, &bytes, bytes.count)
    }

    /// Fills the near end's way out until it takes no more.
    func fillNear() {
        let bytes = [UInt8](repeating: 1, count: 65_536)
        while write(near, bytes, bytes.count) > 0 {}
    }

    /// Takes everything out again, so that the near end can be written.
    func drainFar() {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        far.withLock { while read($0, &bytes, bytes.count) > 0 {} }
    }

    func closeFar() {
        far.withLock { descriptor in
            if descriptor >= 0 { close(descriptor) }
            descriptor = -1
        }
    }
}
