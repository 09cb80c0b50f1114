#if os(Linux)
import CLinuxEvents
#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

/// epoll(7), level-triggered, woken by an eventfd(2).
///
/// A loop that never polls may have itself woken an instant when the other side takes what was sent, which a Unix socket
/// tells, and then waits on: on a virtual machine the answer that follows finds the processor awake, which saves a quarter
/// of a small query's time, and processor time too (`Benchmarks/RESULTS.md`).
final class EpollPoller: Poller, @unchecked Sendable {
    // Unchecked: `ready` is touched by the loop's thread alone; the descriptors never change.
    private let epoll: Int32
    private let wakeUp: Int32
    /// An epoll of its own, inside the other one: it watches the same sockets for room to write, edge-triggered, and only
    /// its wake-ups are of interest. -1: there is none.
    private let taken: Int32
    @exclusivity(unchecked) private var ready = [epoll_event](repeating: epoll_event(), count: 128)
    /// No registration of the loop has this token.
    private static let wakeToken = UInt64.max
    private static let takenToken = UInt64.max - 1

    /// - Parameter wakesWhenTaken: whether the other side's taking of what was sent wakes a wait for an instant.
    init(wakesWhenTaken: Bool = false) throws(TransportError) {
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        wakeUp = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
        taken = wakesWhenTaken ? epoll_create1(Int32(EPOLL_CLOEXEC)) : -1
        guard epoll >= 0, wakeUp >= 0, taken >= 0 || !wakesWhenTaken else { throw TransportError(errno: errno) }
        try Self.control(epoll, EPOLL_CTL_ADD, wakeUp, token: Self.wakeToken, events: EPOLLIN.rawValue)
        if taken >= 0 {
            let events = EPOLLIN.rawValue | EPOLLET.rawValue
            try Self.control(epoll, EPOLL_CTL_ADD, taken, token: Self.takenToken, events: events)
        }
    }

    deinit {
        close(epoll)
        close(wakeUp)
        if taken >= 0 { close(taken) }
    }

    private static func control(
        _ epoll: Int32, _ operation: Int32, _ descriptor: Int32, token: UInt64, events: UInt32
    ) throws(TransportError) {
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
        try Self.control(epoll, EPOLL_CTL_ADD, descriptor, token: token, events: mask(interest))
        if taken >= 0 {
            // Without it all goes well too.
            let events = EPOLLOUT.rawValue | EPOLLET.rawValue
            try? Self.control(taken, EPOLL_CTL_ADD, descriptor, token: token, events: events)
        }
    }

    func modify(_ descriptor: Int32, token: UInt64, interest: Interest) throws(TransportError) {
        try Self.control(epoll, EPOLL_CTL_MOD, descriptor, token: token, events: mask(interest))
    }

    func remove(_ descriptor: Int32, token: UInt64) {
        epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, nil)
        if taken >= 0 { epoll_ctl(taken, EPOLL_CTL_DEL, descriptor, nil) }
    }

    func wait(timeout: Int64, into events: inout [ReadyEvent]) throws(TransportError) {
        var count = egret_epoll_wait(epoll, &ready, Int32(ready.count), timeout)
        if count == 1, ready[0].data.u64 == Self.takenToken, timeout < 0 {
            count = egret_epoll_wait(epoll, &ready, Int32(ready.count), timeout)
        }
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
            if event.data.u64 == Self.takenToken { continue }
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
