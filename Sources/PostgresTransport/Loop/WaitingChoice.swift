/// Whether to wait for an answer by polling or parked, learnt from how long each has taken.
///
/// Which is faster depends on the machine and changes while it runs: a parked processor takes 30 to 80 us to wake where
/// the system has halted it, and next to nothing where the system itself polls for a while; and a loop that polls takes
/// from the server what the two share. So both are measured, and now and then the other one is tried. Parking wins where
/// it is nearly as fast, since it leaves the processor to others.
struct WaitingChoice {
    /// The average waits in nanoseconds; the last ones weigh most.
    private(set) var polled: Int64 = 50_000
    private(set) var parked: Int64 = 70_000

    private var isPolling = false
    private var isTrial = false
    /// Waits until the other way is tried.
    private var untilTrial = 8
    /// Trials become rarer as more is known.
    private var betweenTrials = 8

    /// Answers slower than this on average are not worth polling for.
    private static let worthwhile: Int64 = 120_000
    /// A longer wait counts as this, so that a single slow answer is not remembered for long.
    private static let longest: Int64 = 300_000
    private static let mostBetweenTrials = 256

    /// True when the wait that begins now should begin by polling.
    mutating func polls() -> Bool {
        isPolling = polled < Self.worthwhile && polled < parked / 10 * 9
        untilTrial -= 1
        isTrial = untilTrial <= 0
        if isTrial {
            betweenTrials = min(betweenTrials * 2, Self.mostBetweenTrials)
            untilTrial = betweenTrials
            // Answers that are slow in themselves do not come sooner by polling.
            if isPolling || parked < Self.longest / 4 * 3 { isPolling.toggle() }
        }
        return isPolling
    }

    /// The wait is over, after so many nanoseconds.
    mutating func learn(waited: Int64) {
        let waited = min(waited, Self.longest)
        // Trials are few, and one must be able to show that things have changed.
        let weight: Int64 = isTrial ? 2 : 8
        if isPolling { polled += (waited - polled) / weight } else { parked += (waited - parked) / weight }
    }
}
