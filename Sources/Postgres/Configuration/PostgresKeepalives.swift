/// TCP's own check that the other side still answers (libpq's `keepalives…`). Without effect over a unix socket.
public struct PostgresKeepalives: Sendable, Hashable {
    /// Whether the check is on.
    public var isEnabled: Bool
    /// How long nothing must have come before the first probe, in whole seconds; the system's default when nil.
    public var idle: Duration?
    /// The time between probes that are not answered, in whole seconds; the system's default when nil.
    public var interval: Duration?
    /// How many probes may go unanswered; the system's default when nil.
    public var count: Int?

    /// By its parts.
    public init(isEnabled: Bool = true, idle: Duration? = nil, interval: Duration? = nil, count: Int? = nil) {
        self.isEnabled = isEnabled
        self.idle = idle
        self.interval = interval
        self.count = count
    }
}
