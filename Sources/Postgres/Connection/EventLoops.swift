import PostgresLocks
import PostgresTransport
import PostgresWire

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The loops that every connection of the process shares.
///
/// Half as many as there are processors, at least one and at most four: the other half is the server's, or the
/// caller's own work. Two variables of the environment choose otherwise, for measuring and for testing:
/// `EGRET_POLLER` (`epoll`, `poll`) and `EGRET_POLLING` (`on`, `off`: whether a loop polls for an answer before it parks).
final class EventLoops: Sendable {
    static let shared = EventLoops()

    private let loops: Result<[EventLoop], TransportError>
    private let next = Atomic<Int>(0)

    private init() {
        let environment = ProcessInfo.processInfo.environment
        let poller = environment["EGRET_POLLER"].flatMap { PollerChoice(rawValue: $0) } ?? .automatic
        let isPolling = environment["EGRET_POLLING"] != "off"
        let count = min(max(ProcessInfo.processInfo.activeProcessorCount / 2, 1), 4)
        loops = Result { () throws(TransportError) in
            var loops: [EventLoop] = []
            for _ in 0..<count {
                loops.append(try EventLoop(poller: poller, polling: AnswerPolling(isEnabled: isPolling)))
            }
            return loops
        }
    }

    /// A loop that nobody shares: for tests that keep one busy.
    static func separate() throws(PostgresError) -> EventLoop {
        do throws(TransportError) { return try EventLoop() } catch {
            throw PostgresError(.connectionFailed, "no event loop could be started: \(error)")
        }
    }

    /// The loop that the calling thread is, else the next in turn.
    func loop() throws(PostgresError) -> EventLoop {
        switch loops {
        case .success(let loops):
            if let current = loops.first(where: \.isCurrent) { return current }
            return loops[abs(next.wrappingAdd(1, ordering: .relaxed).oldValue % loops.count)]
        case .failure(let error):
            throw PostgresError(
                .connectionFailed, "no event loop could be started: \(error)",
                advice: "The process may have run out of file descriptors or threads")
        }
    }
}
