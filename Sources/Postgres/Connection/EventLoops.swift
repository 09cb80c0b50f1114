import PostgresTransport
import PostgresWire

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The loops that every connection of the process shares.
///
/// As many as there are processors, four at most. What wakes a process of the server's often gets it onto its own processor:
/// with a single loop the processes of a busy pool lined up on one processor, behind the loop, while another had none.
///
/// Two variables of the environment choose otherwise, for measuring and for testing: `EGRET_POLLER` (`epoll`, `poll`) and
/// `EGRET_POLLING` (`on`, `off`: whether a loop polls for an answer before it parks).
final class EventLoops: Sendable {
    static let shared = EventLoops()

    private let loops: Result<EventLoopGroup, TransportError>

    private init() {
        let environment = ProcessInfo.processInfo.environment
        let poller = environment["EGRET_POLLER"].flatMap { PollerChoice(rawValue: $0) } ?? .automatic
        let isPolling = environment["EGRET_POLLING"] != "off"
        let count = min(max(ProcessInfo.processInfo.activeProcessorCount, 1), 4)
        loops = Result { () throws(TransportError) in
            var loops: [EventLoop] = []
            for _ in 0..<count {
                loops.append(try EventLoop(poller: poller, polling: AnswerPolling(isEnabled: isPolling)))
            }
            return EventLoopGroup(loops)
        }
    }

    /// A loop that nobody shares: for tests that keep one busy.
    static func separate() throws(PostgresError) -> EventLoop {
        do throws(TransportError) { return try EventLoop() } catch {
            throw PostgresError(.connectionFailed, "no event loop could be started: \(error)")
        }
    }

    /// All of them.
    func group() throws(PostgresError) -> EventLoopGroup {
        switch loops {
        case .success(let loops): return loops
        case .failure(let error):
            throw PostgresError(
                .connectionFailed, "no event loop could be started: \(error)",
                advice: "The process may have run out of file descriptors or threads")
        }
    }
}
