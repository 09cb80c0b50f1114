import Testing

@testable import PostgresTransport

@Suite(.serialized) struct AnswerPollingTests {
    @Test func pollsOnlyWhileAnAnswerIsDue() {
        let polling = AnswerPolling()
        #expect(!polling.begin())
        polling.answerDue()
        _ = polling.begin()
        polling.end()
        polling.answerCame()
        #expect(!polling.begin())
    }

    @Test("a wait that has begun goes on without polling again; one that was broken off begins anew")
    func brokenOff() {
        let polling = AnswerPolling()
        polling.answerDue()
        defer { polling.answerCame() }
        #expect(polling.begin())
        #expect(!polling.begin())
        polling.giveUp()
        #expect(polling.begin())
    }

    @Test func neverPollsWhenSwitchedOff() {
        let polling = AnswerPolling(isEnabled: false)
        polling.answerDue()
        defer { polling.answerCame() }
        #expect(!polling.begin())
    }

    @Test func looksForABoundedTime() {
        let polling = AnswerPolling()
        polling.answerDue()
        defer { polling.answerCame() }
        _ = polling.begin()
        let start = monotonicNanoseconds()
        var looks = 0
        let isThere = polling.poll(limit: -1) {
            looks += 1
            return false
        }
        #expect(!isThere)
        #expect(looks > 0)
        // The bound is 200 µs; a busy machine may take the processor away meanwhile.
        #expect(monotonicNanoseconds() - start < 1_000_000_000)
    }
}
