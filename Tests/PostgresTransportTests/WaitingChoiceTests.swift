import Testing

@testable import PostgresTransport

@Suite struct WaitingChoiceTests {
    /// How many of the last thousand of `count` waits polled, where each way takes so many nanoseconds.
    private func pollsOfThousand(
        _ choice: inout WaitingChoice, polled: Int64, parked: Int64, count: Int = 4000
    ) -> Int {
        var polls = 0
        for number in 0..<count {
            let isPolling = choice.polls()
            choice.learn(waited: isPolling ? polled : parked)
            if isPolling, number >= count - 1000 { polls += 1 }
        }
        return polls
    }

    @Test("polls where a parked processor is slow to wake")
    func slowWake() {
        var choice = WaitingChoice()
        #expect(pollsOfThousand(&choice, polled: 40_000, parked: 120_000) > 990)
    }

    @Test("parks where waking is as fast, or nearly")
    func fastWake() {
        var choice = WaitingChoice()
        #expect(pollsOfThousand(&choice, polled: 22_000, parked: 15_000) < 10)
        #expect(pollsOfThousand(&choice, polled: 22_000, parked: 23_000) < 10)
    }

    @Test("follows a machine that changes")
    func changes() {
        var choice = WaitingChoice()
        #expect(pollsOfThousand(&choice, polled: 40_000, parked: 120_000) > 990)
        #expect(pollsOfThousand(&choice, polled: 25_000, parked: 16_000) < 10)
        #expect(pollsOfThousand(&choice, polled: 40_000, parked: 120_000) > 990)
    }

    @Test("slow answers are not polled for, not even to try")
    func slowAnswers() {
        var choice = WaitingChoice()
        #expect(pollsOfThousand(&choice, polled: 5_000_000, parked: 5_000_000) == 0)
        // And are once they have become fast.
        #expect(pollsOfThousand(&choice, polled: 40_000, parked: 120_000) > 990)
    }

    @Test("one stalled answer does not change the way for long")
    func stall() {
        var choice = WaitingChoice()
        _ = pollsOfThousand(&choice, polled: 40_000, parked: 120_000)
        _ = choice.polls()
        choice.learn(waited: 50_000_000)
        #expect(pollsOfThousand(&choice, polled: 40_000, parked: 120_000, count: 1000) > 900)
    }
}
