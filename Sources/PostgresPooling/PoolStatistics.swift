/// A pool at one moment.
package struct PoolStatistics: Sendable, Hashable {
    /// What has happened since the pool was made.
    package struct Counters: Sendable, Hashable {
        /// Leases given.
        package var leases: UInt64 = 0
        /// Requests that found no idle connection.
        package var waits: UInt64 = 0
        /// Waits that ended by their deadline.
        package var timeouts: UInt64 = 0
        /// Waits that ended because the task was cancelled.
        package var cancellations: UInt64 = 0
        /// Connections opened.
        package var connects: UInt64 = 0
        /// Attempts to open one that failed.
        package var connectFailures: UInt64 = 0
        /// Requests that failed at once, since the server had not been reached for long.
        package var refusals: UInt64 = 0
        /// Connections closed because they had lived long enough, or all were retired.
        package var retirements: UInt64 = 0
        /// Connections closed because nobody had used them for long.
        package var idleClosures: UInt64 = 0
    }

    package var maximum: Int
    package var minimum: Int
    /// The circuit is open: who asks fails at once.
    package var isUnavailable: Bool
    package var idle: Int
    package var leased: Int
    package var connecting: Int
    package var closing: Int
    package var waiting: Int
    package var counters: Counters

    /// Connections that the server may be counting: those in every state.
    package var total: Int { idle + leased + connecting + closing }
}
