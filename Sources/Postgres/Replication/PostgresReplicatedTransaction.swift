import PostgresLocks
public import PostgresTypes
public import PostgresWire

/// A transaction that was committed, as the server sends it.
public struct PostgresReplicatedTransaction: Sendable {
    private let stream: PostgresReplicationStream
    private let state: ReplicatedTransactionState

    init(stream: PostgresReplicationStream, state: ReplicatedTransactionState) {
        self.stream = stream
        self.state = state
    }

    /// Its number on the server, which wraps around after 2^32.
    public var number: UInt32 { state.begin.transaction }
    /// Where its commit stands in the log. Unique, and larger than that of every transaction before it.
    public var position: PostgresLSN { state.begin.position }
    /// When it was committed, by the server's clock.
    public var committedAt: PostgresTimestampTZ { state.begin.committedAt }
    /// The server it was written on first, when it was replicated to this one.
    public var origin: PostgresReplicationOrigin? { state.origin }
    /// Where it ends: what to begin the next stream `from` when this transaction has been dealt with. Known once all of
    /// its changes have been read; nil before.
    public var end: PostgresLSN? { state.end }

    /// What it did, in order, read from the server as it is asked for. Can be gone through once, inside the loop over the
    /// transactions.
    public var changes: PostgresChanges { PostgresChanges(stream: stream, state: state) }

    /// Tells the server that this transaction, and every one before it, has been dealt with: none of them is sent again.
    ///
    /// The server hears of it before the stream waits for more, and when the stream is stopped. Call it after what the
    /// changes led to is safe; changes that were not read are then never seen. Where the program ends before the server
    /// has heard, the transaction comes again.
    public func acknowledge() {
        if let end = state.acknowledge() { stream.acknowledge(end) }
    }
}

/// The changes of one transaction. See ``PostgresReplicatedTransaction/changes``.
public struct PostgresChanges: AsyncSequence, Sendable {
    public typealias Element = PostgresChange
    public typealias Failure = PostgresError

    let stream: PostgresReplicationStream
    let state: ReplicatedTransactionState

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(stream: stream, state: state) }

    public struct AsyncIterator: AsyncIteratorProtocol {
        let stream: PostgresReplicationStream
        let state: ReplicatedTransactionState

        public mutating func next() async throws(PostgresError) -> PostgresChange? {
            try await stream.nextChange(of: state)
        }

        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(PostgresError) -> PostgresChange? {
            try await stream.nextChange(of: state)
        }
    }

    /// All changes in memory, where they are no more than `limit`.
    ///
    /// - Throws: `invalidUse` when there are more, since a transaction may be larger than memory.
    public func collect(limit: Int = 100_000) async throws(PostgresError) -> [PostgresChange] {
        var changes: [PostgresChange] = []
        while let change = try await stream.nextChange(of: state) {
            guard changes.count < limit else {
                throw PostgresError(
                    .invalidUse, "the transaction has more than \(limit) changes",
                    advice: "Go through them in a loop, or raise the limit")
            }
            changes.append(change)
        }
        return changes
    }
}

/// What is known of a transaction so far.
final class ReplicatedTransactionState: Sendable {
    private struct State {
        var first: PostgresChange?
        var origin: PostgresReplicationOrigin?
        var end: PostgresLSN?
        /// Acknowledged before its end was known.
        var isAcknowledged = false
    }

    let begin: PostgresReplicationMessage.Begin
    private let state = Mutex(State())

    init(_ begin: PostgresReplicationMessage.Begin) { self.begin = begin }

    var origin: PostgresReplicationOrigin? { state.withLock { $0.origin } }
    var end: PostgresLSN? { state.withLock { $0.end } }

    func setOrigin(_ origin: PostgresReplicationOrigin) { state.withLock { $0.origin = origin } }

    /// Read to see that there is one.
    func setFirst(_ change: PostgresChange) { state.withLock { $0.first = change } }

    func takeFirst() -> PostgresChange? {
        state.withLock { state in
            defer { state.first = nil }
            return state.first
        }
    }

    /// True when it was acknowledged already.
    func finish(_ commit: PostgresReplicationMessage.Commit) -> Bool {
        state.withLock { state in
            state.end = commit.end
            return state.isAcknowledged
        }
    }

    /// The end to confirm; nil where it comes later.
    func acknowledge() -> PostgresLSN? {
        state.withLock { state in
            state.isAcknowledged = true
            return state.end
        }
    }
}
