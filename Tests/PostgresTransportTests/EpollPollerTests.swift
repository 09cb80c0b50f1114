#if os(Linux)
import Testing

@testable import PostgresTransport

#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

/// What a loop gets from epoll beside events: see EventLoopTests for those.
@Suite(.timeLimit(.minutes(1))) struct EpollPollerTests {
    /// Waits on one end of a pair of sockets, on which something was sent, while the other end takes it.
    private func wait(
        _ poller: EpollPoller, timeout: Int64, whileOther act: @escaping @Sendable (SocketPair) -> Void
    ) throws -> (events: [ReadyEvent], nanoseconds: Int64) {
        let pair = SocketPair()
        try poller.add(pair.near, token: 7, interest: .read)
        defer { poller.remove(pair.near, token: 7) }
        #expect(write(pair.near, "?", 1) == 1)
        var events: [ReadyEvent] = []
        // Whatever adding has set off.
        try poller.wait(timeout: 0, into: &events)
        #expect(events.isEmpty)
        try Thread.start {
            usleep(50_000)
            act(pair)
        }
        let start = monotonicNanoseconds()
        try poller.wait(timeout: timeout, into: &events)
        return (events, monotonicNanoseconds() - start)
    }

    private static let seconds: Int64 = 1_000_000_000

    @Test("that the other side takes what was sent wakes a wait with a limit, and is no event")
    func wakesWhenTaken() throws {
        let poller = try EpollPoller(wakesWhenTaken: true)
        let (events, nanoseconds) = try wait(poller, timeout: 50 * Self.seconds) { $0.drainFar() }
        #expect(events.isEmpty)
        #expect(nanoseconds < 40 * Self.seconds)
    }

    @Test("a wait without a limit goes on until there is something to do")
    func waitsOn() throws {
        let poller = try EpollPoller(wakesWhenTaken: true)
        let (events, _) = try wait(poller, timeout: -1) { pair in
            pair.drainFar()
            usleep(50_000)
            pair.writeToNear()
        }
        #expect(events.map(\.token) == [7])
        #expect(events.map(\.readiness) == [.read])
    }

    @Test("unless it was asked for, a wait is not woken")
    func isLeftAlone() throws {
        let poller = try EpollPoller()
        let (events, nanoseconds) = try wait(poller, timeout: Self.seconds) { $0.drainFar() }
        #expect(events.isEmpty)
        #expect(nanoseconds >= Self.seconds)
    }
}
#endif
