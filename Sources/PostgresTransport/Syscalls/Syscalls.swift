#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// What a call on a non-blocking descriptor did.
package enum IOResult: Equatable, Sendable {
    /// So many bytes were moved; never 0.
    case bytes(Int)
    /// Nothing could be moved without waiting.
    case wouldBlock
    /// The other side has closed its end.
    case endOfStream
}

/// One function for each system call, the EINTR loop in one place.
///
/// Never inlined, so that nothing runs between the call and the reading of `errno`.
enum Syscalls {
    @inline(never)
    static func retrying(_ call: () -> Int) throws(TransportError) -> Int? {
        while true {
            let result = call()
            if result >= 0 { return result }
            let code = errno
            switch code {
            case EINTR: continue
            case EAGAIN, EWOULDBLOCK: return nil
            default: throw TransportError(errno: code)
            }
        }
    }

    /// `recv(2)`.
    static func receive(_ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer) throws(TransportError)
        -> IOResult
    {
        let count = try retrying { recv(descriptor, buffer.baseAddress, buffer.count, 0) }
        guard let count else { return .wouldBlock }
        return count == 0 ? .endOfStream : .bytes(count)
    }

    /// `send(2)`, without SIGPIPE.
    static func send(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) throws(TransportError) -> IOResult {
        guard bytes.count > 0 else { return .bytes(0) }
        #if canImport(Glibc)
        let count = try retrying { Glibc.send(descriptor, bytes.baseAddress, bytes.count, Platform.noSignal) }
        #elseif canImport(Musl)
        let count = try retrying { Musl.send(descriptor, bytes.baseAddress, bytes.count, Platform.noSignal) }
        #else
        let count = try retrying { Darwin.send(descriptor, bytes.baseAddress, bytes.count, Platform.noSignal) }
        #endif
        guard let count else { return .wouldBlock }
        return .bytes(count)
    }

    /// `fcntl(2)`: non-blocking and closed on exec.
    static func makeNonBlocking(_ descriptor: Int32) throws(TransportError) {
        let flags = fcntl(descriptor, F_GETFL)
        guard flags >= 0, fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) >= 0,
            fcntl(descriptor, F_SETFD, FD_CLOEXEC) >= 0
        else { throw TransportError(errno: errno) }
    }

    /// `setsockopt(2)` of an integer.
    static func setOption(_ descriptor: Int32, _ level: Int32, _ name: Int32, _ value: Int32) throws(TransportError) {
        var value = value
        guard setsockopt(descriptor, level, name, &value, socklen_t(MemoryLayout<Int32>.size)) == 0 else {
            throw TransportError(errno: errno)
        }
    }

    /// The error a non-blocking `connect(2)` ended with, 0 when it succeeded.
    static func pendingError(_ descriptor: Int32) -> Int32 {
        var code: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size) == 0 else { return errno }
        return code
    }
}
