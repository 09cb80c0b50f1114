#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// What one NOTIFY said (PostgreSQL documentation, "NOTIFY").
public struct PostgresNotification: Sendable, Hashable {
    /// Where it was sent to, exactly as it was written.
    public let channel: String
    /// What was sent along; empty when nothing was.
    public let payload: String
    /// The server's process that sent it: ``PostgresConnection/serverProcessID`` of the sender, by which one's own can be
    /// told from others'.
    public let processID: Int

    /// A notification made by hand, for tests of what consumes them.
    public init(channel: String, payload: String, processID: Int = 0) {
        self.channel = channel
        self.payload = payload
        self.processID = processID
    }

    init(_ message: (processID: Int32, channel: String, payload: String)) {
        self.init(channel: message.channel, payload: message.payload, processID: Int(message.processID))
    }
}

/// What a listener is told of: see ``PostgresNotifications/events``.
public enum PostgresListenEvent: Sendable, Hashable {
    case notification(PostgresNotification)
    /// Notifications are missing here. Read anew whatever they announce.
    case gap(PostgresListenGap)
}

/// Why notifications are missing at one place of the sequence, and which as far as that is known.
public struct PostgresListenGap: Sendable, Hashable {
    /// How many came and were thrown away, since the consumer had left as many waiting as its buffer holds.
    public internal(set) var dropped: Int
    /// From the last sign of life of a connection that was lost until its successor listened again: what was sent
    /// meanwhile is gone, and nobody knows how much that is. nil: no connection was lost.
    public internal(set) var outage: ClosedRange<Date>?

    /// A gap made by hand, for tests of what consumes them.
    public init(dropped: Int = 0, outage: ClosedRange<Date>? = nil) {
        self.dropped = dropped
        self.outage = outage
    }

    /// Takes in a gap between which and this one nothing came.
    mutating func merge(_ other: PostgresListenGap) {
        dropped += other.dropped
        guard let more = other.outage else { return }
        guard let outage else { return self.outage = more }
        self.outage = min(outage.lowerBound, more.lowerBound)...max(outage.upperBound, more.upperBound)
    }
}
