/// Whether it is worth while to wait for a connection.
///
/// Open once attempts have failed for long: who asks is told at once then, in place of waiting for nothing. Attempts go
/// on meanwhile, and the first that succeeds closes it. Failures that trying again cannot mend do not open it: they are told
/// as they are, and nobody knocks by himself with a wrong password.
struct Circuit: Sendable {
    /// Fewer failures may be chance.
    private static let fewestFailures = 3

    private(set) var isOpen = false
    private var hasConnected = false
    /// When the first of the attempts since the last success failed.
    private var failingSince: Int64?

    mutating func connected() {
        isOpen = false
        hasConnected = true
        failingSince = nil
    }

    /// `isAlone`: there is no connection either that would come back to serve those who wait.
    mutating func failed(
        isRetryable: Bool, isAlone: Bool, _ failures: Int, _ configuration: PoolConfiguration, now: Int64
    ) {
        guard isRetryable else {
            isOpen = false
            failingSince = nil
            return
        }
        let since = failingSince ?? now
        failingSince = since
        let bound = hasConnected ? configuration.unavailableAfter : configuration.unavailableAfterStart
        if isAlone, failures >= Self.fewestFailures, now >= saturatingSum(since, bound) { isOpen = true }
    }
}
