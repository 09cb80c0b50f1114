import PostgresTransport

/// How a pool listens: where, and how it finds out that nobody is there any more.
public struct PostgresListenOptions: Sendable {
    /// Where to listen, when the pool's own address is a transaction pooler's, such as PgBouncer's: that gives each
    /// transaction another session of the server, and LISTEN belongs to a session. nil: where the pool connects to.
    public var configuration: PostgresConfiguration?
    /// After so long without a notification the server is asked whether it is still there and still listens; nil: never,
    /// and a network that swallows everything is found out by TCP, if at all.
    public var keepAliveInterval: Duration?
    /// How long the answer to that, and to LISTEN, may take before the connection is given up.
    public var keepAliveTimeout: Duration
    /// The pause before a lost connection is replaced, doubled with each failure, less up to a half at random.
    public var shortestPause: Duration
    /// The longest that pause becomes.
    public var longestPause: Duration

    /// Options for one pool; those left out suit most.
    public init(
        configuration: PostgresConfiguration? = nil, keepAliveInterval: Duration? = .seconds(30),
        keepAliveTimeout: Duration = .seconds(10), shortestPause: Duration = .milliseconds(100),
        longestPause: Duration = .seconds(30)
    ) {
        self.configuration = configuration
        self.keepAliveInterval = keepAliveInterval
        self.keepAliveTimeout = keepAliveTimeout
        self.shortestPause = shortestPause
        self.longestPause = longestPause
    }

    /// How long to wait after so many failures in a row, between a half and the whole of what that comes to.
    func pause(afterFailures failures: Int) -> Duration {
        let longest = max(longestPause, .zero).nanoseconds
        let doubled = max(shortestPause, .zero).nanoseconds.multipliedReportingOverflow(
            by: 1 << Int64(min(max(failures - 1, 0), 40)))
        let whole = doubled.overflow ? longest : min(doubled.partialValue, longest)
        return .nanoseconds(Int64.random(in: whole / 2...whole))
    }
}
