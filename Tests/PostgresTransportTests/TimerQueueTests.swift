import PostgresLocks
import Testing

@testable import PostgresTransport

@Suite struct TimerQueueTests {
    /// What has fired, in order.
    private final class Log: Sendable {
        let fired = Mutex<[UInt64]>([])
        var all: [UInt64] { fired.withLock { $0 } }
    }

    private func add(_ id: UInt64, at deadline: Int64, to queue: inout TimerQueue, _ log: Log) {
        queue.add(id: id, deadline: deadline) { log.fired.withLock { $0.append(id) } }
    }

    private func fireAll(_ queue: inout TimerQueue, now: Int64) {
        while let action = queue.popDue(now: now) { action() }
    }

    @Test func firesInTheOrderOfTheDeadlines() {
        var queue = TimerQueue()
        let log = Log()
        for (id, deadline) in [30, 10, 50, 20, 40].enumerated() {
            add(UInt64(id), at: Int64(deadline), to: &queue, log)
        }
        #expect(queue.nextDeadline() == 10)
        fireAll(&queue, now: 9)
        #expect(log.all == [])
        fireAll(&queue, now: 30)
        #expect(log.all == [1, 3, 0])
        #expect(queue.nextDeadline() == 40)
        fireAll(&queue, now: .max)
        #expect(log.all == [1, 3, 0, 4, 2])
        #expect(queue.nextDeadline() == nil)
    }

    @Test func neverFiresWhatWasCancelled() {
        var queue = TimerQueue()
        let log = Log()
        for id in 0..<10 { add(UInt64(id), at: Int64(id), to: &queue, log) }
        for id in [0, 3, 9] { queue.cancel(id: UInt64(id)) }
        #expect(queue.nextDeadline() == 1)
        fireAll(&queue, now: 100)
        #expect(log.all == [1, 2, 4, 5, 6, 7, 8])
    }

    @Test("what a cancelled timer held is let go at once, however far its deadline") func letsGoOfWhatWasCancelled() {
        final class Held: Sendable {}
        var queue = TimerQueue()
        weak var held: Held?
        do {
            let object = Held()
            held = object
            queue.add(id: 1, deadline: .max) { withExtendedLifetime(object) {} }
        }
        #expect(held != nil)
        queue.cancel(id: 1)
        #expect(held == nil)
    }

    @Test("cancelling what has fired does no harm to what comes after") func ignoresLateCancels() {
        var queue = TimerQueue()
        let log = Log()
        for id in 0..<1000 as Range<UInt64> {
            add(id, at: Int64(id), to: &queue, log)
            fireAll(&queue, now: Int64(id))
            queue.cancel(id: id)
        }
        #expect(log.all == Array(0..<1000))
    }

    // A timer that another thread asked for reaches the loop by a queue, its cancellation may come straight from a
    // handler of the loop.
    @Test(arguments: [0, 63, 64, 65, 500])
    func aCancellationMayComeBeforeItsTimer(othersCancelledMeanwhile: Int) {
        var queue = TimerQueue()
        let log = Log()
        for id in 0..<(othersCancelledMeanwhile) { add(UInt64(id), at: 10, to: &queue, log) }
        queue.cancel(id: 10_000)
        for id in 0..<(othersCancelledMeanwhile) { queue.cancel(id: UInt64(id)) }
        _ = queue.nextDeadline()
        add(10_000, at: 20, to: &queue, log)
        fireAll(&queue, now: 100)
        #expect(log.all == [])
    }

    @Test func agreesWithASortedListWhateverHappens() {
        var generator = Generator(state: 42)
        var queue = TimerQueue()
        let log = Log()
        var model: [(deadline: Int64, id: UInt64)] = []
        var expected: Set<UInt64> = []
        var now: Int64 = 0
        for id in 0..<20_000 as Range<UInt64> {
            switch generator.next() % 4 {
            case 0, 1:
                let deadline = now + Int64(generator.next() % 1000)
                add(id, at: deadline, to: &queue, log)
                model.append((deadline, id))
            case 2 where !model.isEmpty:
                let index = Int(generator.next() % UInt64(model.count))
                queue.cancel(id: model.remove(at: index).id)
            default:
                now += Int64(generator.next() % 100)
                expected.formUnion(model.filter { $0.deadline <= now }.map(\.id))
                model.removeAll { $0.deadline <= now }
                fireAll(&queue, now: now)
            }
        }
        #expect(queue.nextDeadline() == model.map(\.deadline).min())
        #expect(Set(log.all) == expected)
        #expect(log.all.count == expected.count)
    }
}

/// The same numbers every time (SplitMix64).
struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
