import PostgresLocks
import PostgresTransport
public import PostgresTypes
public import PostgresWire

/// The changes of publications as they are committed: a sequence of transactions, in the order of their commits.
///
///     for try await transaction in stream {
///         for try await change in transaction.changes {
///             if case .insert(let row) = change { print(try row.decode("id", as: Int.self)) }
///         }
///         transaction.acknowledge()
///     }
///
/// **Memory** stays flat however large a transaction is: its changes are a sequence of their own, read from the socket as
/// they are asked for, and while a megabyte waits to be read nothing more is taken from the server. Changes that are not
/// read are passed over when the next transaction is asked for.
///
/// **Nothing is lost**: only ``PostgresReplicatedTransaction/acknowledge()`` tells the server that a transaction has been
/// dealt with. What was not acknowledged is sent again to the next stream of the slot. A program that forgets to
/// acknowledge makes the server keep its log, until its disk is full.
///
/// **The server is kept from hanging up** (`wal_sender_timeout`): it is told how far we are at intervals and whenever it
/// asks, however long the reader takes with one transaction.
///
/// One task reads at a time. Dropping the stream ends it, as ``stop()`` does, without waiting.
public final class PostgresReplicationStream: AsyncSequence, Sendable {
    public typealias Element = PostgresReplicatedTransaction
    public typealias Failure = PostgresError

    struct Reading {
        var decoder = PgoutputDecoder()
        var batch: RowBatch?
        var offset = 0
        var isReading = false
        /// The transaction whose changes come now.
        var open: ReplicatedTransactionState?
        /// Between Begin and Commit.
        var isInside = false
    }

    let connection: PostgresReplicationConnection
    private let request: Request
    let progress: ReplicationProgress
    let handsOutTransactions: Bool
    let reading = Mutex(Reading())

    init(
        connection: PostgresReplicationConnection, request: Request, progress: ReplicationProgress,
        handsOutTransactions: Bool
    ) {
        self.connection = connection
        self.request = request
        self.progress = progress
        self.handsOutTransactions = handsOutTransactions
    }

    deinit { endOurHalf(dropsRows: true) }

    var session: Session { connection.session }

    // MARK: Positions

    /// Everything before it has been acknowledged: where a next stream goes on.
    public var confirmedPosition: PostgresLSN { session.change { _, _ in progress.confirmed } }

    /// How far the server's log had come when it last said so.
    public var receivedPosition: PostgresLSN { session.change { _, _ in progress.received } }

    /// Tells the server that everything before `position` has been dealt with, and need not be sent again.
    ///
    /// For readers of ``messages``, by the `end` of a message.
    public func acknowledge(_ position: PostgresLSN) { session.change { _, _ in progress.confirm(position) } }

    // MARK: The end

    /// Ends the stream: tells the server what was acknowledged, and waits until the connection can do something else.
    ///
    /// A server in the middle of a large transaction sends it to its end first. When that takes longer than
    /// ``PostgresConfiguration/cancelTimeout``, the connection is closed.
    public func stop() async {
        endOurHalf(dropsRows: true)
        let deadline = Session.deadline(after: session.configuration.cancelTimeout)
        // A task of its own: a cancelled one would not wait.
        await Task(executorPreference: session.loop) { [session, request] in
            let limit = session.loop.schedule(at: deadline) {
                session.abort(
                    PostgresError(.timeout, "the server did not end a stream of changes within the cancel timeout"))
            }
            await withUnsafeContinuation { waiter in
                session.change { _, effects in
                    request.milestone = .end
                    if request.isSatisfied || request.waiter != nil {
                        effects.wake(waiter)
                    } else {
                        request.waiter = waiter
                    }
                }
            }
            session.loop.cancel(limit)
        }.value
    }

    private func endOurHalf(dropsRows: Bool) {
        let progress = progress
        session.change { [request] state, effects in
            effects.cancel(progress.timer)
            progress.timer = nil
            if dropsRows {
                request.dropRows()
                // Whoever waits for more is told that there is none.
                effects.wake(request)
                if state.isReadingPaused { effects.resumesReading = true }
            }
            guard !progress.isEnded, request.phase == .queued, state.phase == .ready else { return }
            progress.appendStatus(to: &state.outbound)
            progress.isEnded = true
            FrontendMessage.copyDone(to: &state.outbound)
            connection.session.writeOut(&state, &effects)
        }
    }

    // MARK: Messages

    /// The messages of pgoutput as they come, instead of whole transactions: also those of transactions in progress
    /// (``PostgresReplicationOptions/streaming``) and of two-phase commit. Acknowledge their `end`.
    public var messages: PostgresReplicationMessages { PostgresReplicationMessages(stream: self) }

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(stream: self) }

    public struct AsyncIterator: AsyncIteratorProtocol {
        let stream: PostgresReplicationStream

        public mutating func next() async throws(PostgresError) -> PostgresReplicatedTransaction? {
            try await stream.nextTransaction()
        }

        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(PostgresError) -> PostgresReplicatedTransaction? {
            try await stream.nextTransaction()
        }
    }

    /// The next message, waiting for it; nil when the stream was stopped.
    func nextMessage() async throws(PostgresError) -> PostgresReplicationMessage? {
        let mayRead = reading.withLock { reading in
            defer { reading.isReading = true }
            return !reading.isReading
        }
        guard mayRead else {
            throw PostgresError(
                .invalidUse, "two tasks read the same stream of changes", advice: "Let one read, and hand on to others")
        }
        defer { reading.withLock { $0.isReading = false } }
        while true {
            if let message = try decodeNext() { return message }
            guard let batch = try await nextBatch() else { return nil }
            reading.withLock {
                $0.batch = batch
                $0.offset = 0
            }
        }
    }

    /// The next message of the batch, passing over the server's signs of life; nil at its end.
    private func decodeNext() throws(PostgresError) -> PostgresReplicationMessage? {
        let result: Result<PostgresReplicationMessage?, PostgresError> = reading.withLock { reading in
            Result { () throws(PostgresError) in try decodeNext(&reading) }
        }
        do {
            return try result.get()
        } catch {
            // What follows cannot be understood any more.
            session.abort(error)
            throw error
        }
    }

    private func decodeNext(_ reading: inout Reading) throws(PostgresError) -> PostgresReplicationMessage? {
        guard let batch = reading.batch else { return nil }
        while reading.offset < batch.memory.count {
            let content = batch.takeContent(at: &reading.offset)
            switch content.first {
            case UInt8(ascii: "w") where content.count >= 25:
                let message = try reading.decoder.decode(UnsafeRawBufferPointer(rebasing: content[25...]))
                note(message, &reading)
                return message
            case UInt8(ascii: "k") where content.count == 18:
                if !reading.isInside {
                    let position = PostgresLSN(rawValue: content.bigEndian(at: 1))
                    session.change { _, _ in progress.passed(position) }
                }
            default:
                throw PostgresError(.protocolViolation, "the server sent replication data of an unknown kind")
            }
        }
        reading.batch = nil
        return nil
    }

    private func note(_ message: PostgresReplicationMessage, _ reading: inout Reading) {
        switch message {
        case .begin, .beginPrepare: reading.isInside = true
        case .commit, .prepare: reading.isInside = false
        default: break
        }
    }

    /// The next message for a reader of messages, who acknowledges what ends a transaction.
    func nextDeliveredMessage() async throws(PostgresError) -> PostgresReplicationMessage? {
        let message = try await nextMessage()
        if let end = message?.end { session.change { _, _ in progress.delivered(end) } }
        return message
    }

    /// What has come, waiting for it; nil when the stream was stopped.
    private func nextBatch() async throws(PostgresError) -> RowBatch? {
        while true {
            let (batch, isOver, failure) = session.change { state, effects in
                let batch = request.popBatch()
                if state.isReadingPaused, request.bufferedBytes < SessionState.resumeBelow {
                    effects.resumesReading = true
                }
                // Before waiting, and so once for all that had come together, the server hears what was confirmed.
                if batch == nil, progress.confirmed > progress.reported {
                    session.sendReplicationStatus(progress, &state, &effects)
                }
                return (batch, request.phase == .finished || progress.isEnded, request.failure)
            }
            if let batch { return batch }
            if isOver {
                if let failure { throw failure }
                return nil
            }
            await waitForMore()
            if Task.isCancelled { throw Session.cancelled }
        }
    }

    /// A cancelled task stops waiting; the stream goes on, for whoever reads it next.
    private func waitForMore() async {
        await withTaskCancellationHandler {
            await withUnsafeContinuation { waiter in
                session.change { [request, progress] _, effects in
                    request.milestone = .rows
                    if request.isSatisfied || progress.isEnded || Task.isCancelled {
                        effects.wake(waiter)
                    } else {
                        request.waiter = waiter
                    }
                }
            }
        } onCancel: {
            session.change { [request] _, effects in effects.wake(request) }
        }
    }
}
