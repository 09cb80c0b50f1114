#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Whether the database can be used through a pool, how fast it answers, and what went wrong lately.
///
/// Made by ``PostgresPool/health(timeout:)``. It holds no parameter, row value or password, and is `Codable`: what `/health`
/// answers with.
public struct PostgresPoolHealth: Sendable, Hashable, Codable {
    /// In one word.
    public enum Status: String, Sendable, Hashable, Codable, CaseIterable {
        /// A connection was to be had and the server has answered.
        case healthy
        /// No connection became free in time: all are in use.
        case degraded
        /// The server cannot be reached, refuses, or does not answer.
        case unavailable
        /// The pool is closed, or closing.
        case closed
    }

    /// What the server that answered is.
    public struct Server: Sendable, Hashable, Codable {
        /// As the server names it: `15.4`.
        public var version: String
        /// Where it is, of the hosts of the configuration.
        public var host: String
        /// It follows another one.
        public var isStandby: Bool
        /// It takes no writes.
        public var isReadOnly: Bool
        /// Of a standby: how long ago the last transaction that it has replayed was committed; 0 where it has replayed all
        /// that it has received and is still receiving.
        public var replicationLagSeconds: Double?
        /// Of a standby: what it has received and not replayed.
        public var replicationLagBytes: Int?
        /// Of a primary: those who follow it, as far as the role may see them (`pg_monitor`).
        public var standbys: [Standby]
    }

    /// A server that follows the one that answered.
    public struct Standby: Sendable, Hashable, Codable {
        /// Its `application_name`.
        public var name: String
        /// `streaming`, `catchup` and others; nil where the role may not see it.
        public var state: String?
        /// `async`, `sync`, `quorum` or `potential`.
        public var synchronous: String?
        /// What it has not replayed.
        public var lagBytes: Int?
        /// How long the latest replayed of it took; nil when it is quiet.
        public var lagSeconds: Double?
    }

    /// A connection that could not be made, or was lost.
    public struct Failure: Sendable, Hashable, Codable {
        /// The kind, by the name of `PostgresError.Code`.
        public var code: String
        /// The server's code.
        public var sqlState: String?
        /// What happened and what to do about it.
        public var message: String
        /// How long ago.
        public var secondsAgo: Double
    }

    /// In one word.
    public var status: Status
    /// Why it is not healthy.
    public var problem: String?
    /// What a round trip to the server takes.
    public var latencySeconds: Double?
    /// What has answered.
    public var server: Server?
    /// Connections, tasks that wait, and what has happened so far.
    public var pool: PostgresPoolStatistics
    /// The five leases that are held longest.
    public var longestLeases: [PostgresPoolHolder]
    /// The last five, the latest first.
    public var lastFailures: [Failure]

    /// One JSON object on one line, its keys in order.
    public var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // No key or value of it is one that JSON has not.
        guard let bytes = try? encoder.encode(self) else { return "{\"status\":\"\(status.rawValue)\"}" }
        return String(decoding: bytes, as: UTF8.self)
    }
}
