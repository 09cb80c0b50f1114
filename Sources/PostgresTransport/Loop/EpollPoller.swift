#if os(Linux)
import CLinuxEvents
#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

/// epoll(7), level-triggered, woken by an eventfd(2).
final class EpollPoller: Poller, @unchecked Sendable {
    // Unchecked: `ready` is touched by the loop's thread alone; the descriptors never change.
    private let epoll: Int32
    private let wakeUp: Int32
    @exclusivity(unchecked) private var ready = [epoll_event](repeating: epoll_event(), count: 128)
    /// No registration of the loop has this token.
    private static let wakeToken = UInt64.max

    init() throws(TransportError) {
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        wakeUp = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
        guard epoll >= 0, wakeUp >= 0 else { throw TransportError(errno: errno) }
        try control(EPOLL_CTL_ADD, wakeUp, token: Self.wakeToken, events: EPOLLIN.rawValue)
    }

    deinit {
        close(epoll)
        close(wakeUp)
    }

    private func control(_ operation: Int32, _ descriptor: Int32, token: UInt64, events: UInt32) throws(TransportError)
    {
        var event = epoll_event()
        event.events = events
        event.data.u64 = token
        guard epoll_ctl(epoll, operation, descriptor, &event) == 0 else { throw TransportError(errno: errno) }
    }

    private func mask(_ interest: Interest) -> UInt32 {
        (interest.contains(.read) ? EPOLLIN.rawValue | EPOLLRDHUP.rawValue : 0)
            | (interest.contains(.write) ? EPOLLOUT.rawValue : 0)
    }

    func add(_ descriptor: Int32, token: UInt64, interest: Interest) throws(TransportError) {
        try control(EPOLL_CTL_ADD, descriptor, token: token, events: mask(interest))
    }

    func modify(_ descriptor: Int32, token: UInt64, interest: Interest) throws(TransportError) {
        try control(EPOLL_CTL_MOD, descriptor, token: token, events: mask(interest))
    }

    func remove(_ descriptor: Int32, token: UInt64) {
        epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, nil)
    }

    func wait(timeout: Int64, into events: inout [ReadyEvent]) throws(TransportError) {
        let count = egret_epoll_wait(epoll, &ready, Int32(ready.count), timeout)
        if count < 0 {
            let code = errno
            if code == EINTR { return }
            throw TransportError(errno: code)
        }
        for index in 0..<Int(count) {
            let event = ready[index]
            if event.data.u64 == Self.wakeToken {
                var value: UInt64 = 0
                _ = read(wakeUp, &value, 8)
                continue
            }
            var readiness = Interest.none
            if event.events & (EPOLLIN.rawValue | EPOLLRDHUP.rawValue) != 0 { readiness = readiness | .read }
            if event.events & EPOLLOUT.rawValue != 0 { readiness = readiness | .write }
            // An error or hang-up is found by the next read or write.
            if event.events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { readiness = .readAndWrite }
            events.append(ReadyEvent(token: event.data.u64, readiness: readiness))
        }
    }

    func wake() {
        var one: UInt64 = 1
        _ = write(wakeUp, &one, 8)
    }
}
#endif
