import PostgresLocks

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Decides whether a loop that waits for an answer polls for it before it parks.
///
/// A parked processor takes some 30 to 50 us to wake, a small answer 20 us to come. Polling wins where answers are
/// fast and a processor is free for it; it is off with one processor, when nothing is due, when more answers are due
/// than there are processors to spare (the server may need them), and while answers come slowly. Bounded to 200 us.
package final class AnswerPolling: @unchecked Sendable {
    // Unchecked: the atomics are shared; the rest belongs to the loop's thread.

    /// Connections that wait for the first part of an answer, on every loop of the process.
    private static let due = Atomic<Int>(0)
    private static let processors = sysconf(Int32(_SC_NPROCESSORS_ONLN))
    /// The longest time spent polling in one wait.
    private static let bound: Int64 = 200_000
    /// Answers slower than this on average are not worth polling for. It must exceed a parked wake-up, or a loop that
    /// once parked would never poll again.
    private static let worthwhile: Int64 = 120_000

    /// False: always park at once.
    private let isEnabled: Bool
    /// How many of this loop's connections wait for an answer.
    private let dueHere = Atomic<Int>(0)
    /// The average wait for an answer, in nanoseconds; the last ones weigh most.
    private var average: Int64 = 50_000
    private var waitingSince: Int64 = 0

    package init(isEnabled: Bool = true) {
        self.isEnabled = isEnabled && Self.processors > 1
    }

    /// A connection has sent a request and waits.
    package func answerDue() {
        dueHere.wrappingAdd(1, ordering: .relaxed)
        Self.due.wrappingAdd(1, ordering: .relaxed)
    }

    /// The answer has begun to come, or never will.
    package func answerCame() {
        dueHere.wrappingSubtract(1, ordering: .relaxed)
        Self.due.wrappingSubtract(1, ordering: .relaxed)
    }

    /// A wait begins; true when it should begin by polling.
    func begin() -> Bool {
        guard isEnabled, dueHere.load(ordering: .relaxed) > 0 else {
            waitingSince = 0
            return false
        }
        waitingSince = monotonicNanoseconds()
        return average < Self.worthwhile && Self.due.load(ordering: .relaxed) < Self.processors
    }

    /// Calls `look` until it says that something is there, or for a bounded time; true when it was there.
    func poll(limit: Int64, _ look: () -> Bool) -> Bool {
        let allowed = min(Self.bound, average * 2 + 30_000)
        let until = waitingSince + (limit < 0 ? allowed : min(allowed, limit))
        repeat {
            if look() {
                end()
                return true
            }
        } while monotonicNanoseconds() < until
        return false
    }

    /// The wait is over: learn from how long it took. Long waits count as one millisecond, so that a single slow
    /// answer does not stop polling for long.
    func end() {
        guard waitingSince != 0 else { return }
        let waited = min(monotonicNanoseconds() - waitingSince, 1_000_000)
        average += (waited - average) / 8
        waitingSince = 0
    }
}
