import PostgresLocks

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Decides whether a loop that waits for an answer polls for it before it parks, and does the polling.
///
/// It is off with one processor, when nothing is due, when more answers are due than there are processors to spare (the
/// server may need them), and where polling does not pay (``WaitingChoice``). Bounded to 200 us.
package final class AnswerPolling: @unchecked Sendable {
    // Unchecked: the atomics are shared; the rest belongs to the loop's thread, which makes the run time's check of
    // each access superfluous.

    /// Connections that wait for the first part of an answer, on every loop of the process.
    private static let due = Atomic<Int>(0)
    private static let processors = sysconf(Int32(_SC_NPROCESSORS_ONLN))
    /// The longest time spent polling in one wait.
    private static let bound: Int64 = 200_000

    /// False: always park at once.
    let isEnabled: Bool
    /// How many of this loop's connections wait for an answer.
    private let dueHere = Atomic<Int>(0)
    @exclusivity(unchecked) private var choice = WaitingChoice()
    /// When the wait began; 0 while there is none to learn from.
    @exclusivity(unchecked) private var waitingSince: Int64 = 0

    package init(isEnabled: Bool = true) {
        self.isEnabled = isEnabled && Self.processors > 1
    }

    /// It is off although the server may have a processor of its own.
    var mayWakeInstead: Bool { !isEnabled && Self.processors > 1 }

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

    /// A wait begins, or goes on where it has begun; true when it should begin by polling.
    func begin() -> Bool {
        guard waitingSince == 0 else { return false }
        // Where processors are short, how long a wait takes says nothing of polling.
        guard isEnabled, dueHere.load(ordering: .relaxed) > 0, Self.due.load(ordering: .relaxed) < Self.processors
        else { return false }
        waitingSince = monotonicNanoseconds()
        return choice.polls()
    }

    /// Calls `look` until it says that something is there, or for a bounded time; true when it was there.
    func poll(limit: Int64, _ look: () -> Bool) -> Bool {
        let allowed = min(Self.bound, choice.polled * 2 + 30_000)
        let until = waitingSince + (limit < 0 ? allowed : min(allowed, limit))
        repeat {
            if look() {
                end()
                return true
            }
        } while monotonicNanoseconds() < until
        return false
    }

    /// The wait is broken off by other work: nothing is learnt from it.
    func giveUp() { waitingSince = 0 }

    /// The wait is over: learn from how long it took.
    func end() {
        guard waitingSince != 0 else { return }
        choice.learn(waited: monotonicNanoseconds() - waitingSince)
        waitingSince = 0
    }
}
