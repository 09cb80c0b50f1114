public import PostgresTypes
public import PostgresWire

/// One server of a cluster, as it was when it was last asked.
public struct PostgresClusterMember: Sendable {
    /// What a server can be used for.
    public enum Role: String, Sendable, Hashable, Codable {
        /// It takes writes, and writes go to it.
        case primary
        /// It answers what only reads.
        case standby
        /// It takes writes too, but another server was made primary after it: nothing goes to it.
        case outdated
        /// It has not answered yet, or does not answer.
        case unreachable
    }

    /// Where it is.
    public var host: PostgresHost
    public var role: Role
    /// The end of its log: what is written there, or, on a standby, what queries see. nil before the first answer.
    public var position: PostgresLSN?
    /// For how long it may lack what is committed on the primary, counted with the time since it was asked; nil where that
    /// is not known. Measured by positions, not by the servers' clocks.
    public var lag: Duration?
    /// How long it took to answer.
    public var latency: Duration?
    /// Why it is unreachable.
    public var failure: PostgresError?
    /// Its pool, once there is one.
    public var pool: PostgresPoolStatistics?
}
