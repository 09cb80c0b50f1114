#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// poll(2), woken by a pipe: works on every POSIX system, and is what macOS uses.
final class PollPoller: Poller, @unchecked Sendable {
    // Unchecked: the lists are touched by the loop's thread alone; the pipe's descriptors never change.
    private let wakeRead: Int32
    private let wakeWrite: Int32
    /// Entry 0 is the pipe; `tokens` runs beside it.
    private var descriptors: [pollfd]
    private var tokens: [UInt64]

    init() throws(TransportError) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw TransportError(errno: errno) }
        wakeRead = ends[0]
        wakeWrite = ends[1]
        descriptors = [pollfd(fd: ends[0], events: Int16(POLLIN), revents: 0)]
        tokens = [.max]
        try Syscalls.makeNonBlocking(wakeRead)
        try Syscalls.makeNonBlocking(wakeWrite)
    }

    deinit {
        close(wakeRead)
        close(wakeWrite)
    }

    private func mask(_ interest: Interest) -> Int16 {
        (interest.contains(.read) ? Int16(POLLIN) : 0) | (interest.contains(.write) ? Int16(POLLOUT) : 0)
    }

    func add(_ descriptor: Int32, token: UInt64, interest: Interest) throws(TransportError) {
        descriptors.append(pollfd(fd: descriptor, events: mask(interest), revents: 0))
        tokens.append(token)
    }

    func modify(_ descriptor: Int32, token: UInt64, interest: Interest) throws(TransportError) {
        guard let index = tokens.firstIndex(of: token) else { return }
        descriptors[index].events = mask(interest)
    }

    func remove(_ descriptor: Int32, token: UInt64) {
        guard let index = tokens.firstIndex(of: token) else { return }
        descriptors.swapAt(index, descriptors.count - 1)
        tokens.swapAt(index, tokens.count - 1)
        descriptors.removeLast()
        tokens.removeLast()
    }

    func wait(timeout: Int64, into events: inout [ReadyEvent]) throws(TransportError) {
        // Rounded up: a timer must be due when the wait ends.
        let milliseconds = timeout < 0 ? -1 : Int32(clamping: (timeout &+ 999_999) / 1_000_000)
        let count = poll(&descriptors, nfds_t(descriptors.count), timeout == 0 ? 0 : milliseconds)
        if count < 0 {
            let code = errno
            if code == EINTR { return }
            throw TransportError(errno: code)
        }
        guard count > 0 else { return }
        for index in descriptors.indices where descriptors[index].revents != 0 {
            let flags = Int32(descriptors[index].revents)
            if index == 0 {
                var scratch = [UInt8](repeating: 0, count: 64)
                while read(wakeRead, &scratch, scratch.count) > 0 {}
                continue
            }
            var readiness = Interest.none
            if flags & Int32(POLLIN) != 0 { readiness = readiness | .read }
            if flags & Int32(POLLOUT) != 0 { readiness = readiness | .write }
            // An error or hang-up is found by the next read or write.
            if flags & Int32(POLLERR | POLLHUP | POLLNVAL) != 0 { readiness = .readAndWrite }
            events.append(ReadyEvent(token: tokens[index], readiness: readiness))
        }
    }

    func wake() {
        var one: UInt8 = 1
        _ = write(wakeWrite, &one, 1)
    }
}
