import PostgresWire

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// One end of a stream between two processes or two threads, closed when its owner goes.
///
/// A socket rather than a pipe, because writing to one whose other end is gone can be asked not to raise SIGPIPE.
package struct Channel: ~Copyable, Sendable {
    /// The descriptor, valid as long as this value lives. It is closed on exec.
    package let descriptor: Int32

    init(owning descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// The two ends of a new stream.
    /// - Throws: `PostgresError(.invalidConfiguration)` when the process has no descriptors left.
    static func pair() throws(PostgresError) -> ChannelPair {
        var ends: [Int32] = [-1, -1]
        #if canImport(Darwin)
        let result = socketpair(AF_UNIX, SOCK_STREAM, 0, &ends)
        for end in ends where result == 0 { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        #else
        let result = socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends)
        #endif
        guard result == 0 else {
            throw PostgresError(
                .invalidConfiguration, "no descriptor is free: \(String(cString: strerror(errno)))",
                advice: "Raise the limit with `ulimit -n`")
        }
        return ChannelPair(near: Channel(owning: ends[0]), far: Channel(owning: ends[1]))
    }

    /// Writes all of `bytes`; false when the other end is gone.
    package borrowing func send(_ bytes: [UInt8]) -> Bool {
        #if canImport(Darwin)
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_NOSIGPIPE, &on, socklen_t(MemoryLayout<Int32>.size))
        let flags: Int32 = 0
        #else
        let flags = Int32(MSG_NOSIGNAL)
        #endif
        var rest = bytes[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes { systemSend(descriptor, $0.baseAddress, $0.count, flags) }
            if sent > 0 {
                rest = rest.dropFirst(sent)
            } else if errno != EINTR {
                return false
            }
        }
        return true
    }

    /// What there is to read, at most `count` bytes, waiting for the first; empty at the end and on an error.
    package borrowing func receive(upTo count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            var received = 0
            repeat { received = recv(descriptor, buffer.baseAddress, count, 0) } while received < 0 && errno == EINTR
            filled = max(0, received)
        }
    }

    /// Waits until there is something to read or the other end is gone; false when `deadline` passed first.
    package borrowing func waitUntilReadable(by deadline: ContinuousClock.Instant) -> Bool {
        while true {
            let left = max(.zero, deadline - .now)
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let ready = poll(&entry, 1, Int32(clamping: Int(left / .milliseconds(1)) + 1))
            if ready > 0 || (ready < 0 && errno != EINTR) { return true }
            if ContinuousClock.now >= deadline { return false }
        }
    }

    /// Tells the other end that nothing more will be written.
    package borrowing func finishSending() {
        shutdown(descriptor, Int32(SHUT_WR))
    }
}

/// Both ends of a new stream.
struct ChannelPair: ~Copyable {
    /// The end that stays with its maker.
    let near: Channel
    /// The end that is given away.
    let far: Channel

    /// Closes the far end and hands out the near one.
    consuming func takeNear() -> Channel { near }
}

/// `send(2)`, under a name that the method of the same name does not hide.
private func systemSend(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int, _ flags: Int32) -> Int {
    send(descriptor, bytes, count, flags)
}
