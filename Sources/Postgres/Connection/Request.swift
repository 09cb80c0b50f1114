import PostgresTransport
import PostgresTypes
import PostgresWire

/// What a task asked of the server, and the answer so far.
///
/// The shell around an exchange: it holds what the pure machine must not, the waiting task and the rows. Every stored
/// property is guarded by the session's mutex; the session alone touches them.
final class Request: @unchecked Sendable {
    // Unchecked, Sendable and exclusivity alike: the session's mutex lets one thread at a time in. The run time's own
    // check of each access would cost a tenth of a small query.

    /// What the waiting task waits for.
    enum Milestone {
        /// Rows to read, or the end.
        case rows
        /// The whole answer to a statement of several, or the end.
        case results
        /// COPY may begin, or the end.
        case copyBegan
        /// Bytes have gone out, or the end.
        case written
        case end
    }

    enum Phase {
        case created
        /// On its way to the server, or held back until it may be sent.
        case queued
        case finished
    }

    /// How the data of a COPY ended.
    enum CopyEnd {
        case done
        case failed
    }

    @exclusivity(unchecked) var exchange: Exchange
    @exclusivity(unchecked) var phase = Phase.created
    /// For error reports.
    let sql: String

    @exclusivity(unchecked) var waiter: UnsafeContinuation<Void, Never>?
    @exclusivity(unchecked) var milestone = Milestone.end
    /// The task that the session watches waits for it without suspending.
    @exclusivity(unchecked) var isAwaitedInPlace = false

    /// The columns of the rows that come now.
    @exclusivity(unchecked) var columns: ColumnSet
    /// False: rows are counted and dropped.
    @exclusivity(unchecked) var keepsRows: Bool
    @exclusivity(unchecked) var firstBatch: RowBatch?
    @exclusivity(unchecked) var moreBatches: [RowBatch] = []
    @exclusivity(unchecked) var bufferedBytes = 0
    /// Bytes of rows so far; past a bound the answer is a stream, not worth polling for.
    @exclusivity(unchecked) var streamedBytes = 0
    /// How its rows are read, once it is a stream.
    @exclusivity(unchecked) var pace = StreamPace()

    /// The last command tag; every tag for scripts.
    @exclusivity(unchecked) var tag: CommandTag?
    var tags: [String] = []
    @exclusivity(unchecked) var failure: PostgresError?
    var preparedParameters: [PostgresType] = []
    var preparedColumns: [PostgresColumn] = []
    /// Set for a batch: the statements whose answers come, in order.
    @exclusivity(unchecked) var batch: [PreparedStatement] = []
    /// Rows are kept apart for each statement, of a batch or a script.
    @exclusivity(unchecked) var gathersResults = false
    @exclusivity(unchecked) var results: [StatementResult] = []
    /// The answers are handed over as they come, and not all at the end.
    @exclusivity(unchecked) var streamsResults = false
    /// How many answers were handed over before those in `results`.
    @exclusivity(unchecked) var resultsTaken = 0
    /// The statement that is executed, dropped from the cache when the server says that its plan is stale.
    var statement: PreparedStatement?
    /// How far the statement had come when it failed.
    var failedStage = Exchange.Stage.running
    /// A portal has more rows than it was asked for.
    var isSuspended = false

    var timer: EventLoop.Timer?
    /// Rows were wanted when it began; `keepsRows` is false once they are not.
    let wantsRows: Bool
    /// It failed for what the session knew of its statement, not for what it is.
    var mayBeRepeated = false

    @exclusivity(unchecked) var hasBegunCopy = false
    /// The server has been told that no more data will come, and whether to keep what came.
    var copyEnd: CopyEnd?
    var isBinaryCopy = false
    var copyColumns = 0
    /// COPY OUT of text or CSV: messages are pieces of a byte stream, not rows.
    let isByteStream: Bool
    let isCopy: Bool
    /// The first message of a binary COPY OUT carries a header.
    @exclusivity(unchecked) var expectsCopyHeader = false
    /// Who is told of its end.
    @exclusivity(unchecked) var trace: Trace?
    /// Set for START_REPLICATION: how far its reader is, which the server wants to know.
    @exclusivity(unchecked) var replication: ReplicationProgress?

    /// False: nothing was sent, since the session does not know the statement yet.
    @exclusivity(unchecked) var isParsed = true
    /// The right to use the connection, where it is this request's alone: given back with the answer.
    @exclusivity(unchecked) var lease: PoolLease?

    /// Why nobody waits for the rest of the answer: cancelled, timed out, or rows no longer wanted.
    @exclusivity(unchecked) var abandonment: PostgresError?
    /// Abandoned where no cancel can be aimed at it alone: its task goes on, and the answer is passed over when it comes.
    @exclusivity(unchecked) var isPassedOver = false
    /// A CancelRequest has been sent for it.
    @exclusivity(unchecked) var isCancelSent = false

    init(
        _ exchange: Exchange, sql: String, columns: ColumnSet = .none, keepsRows: Bool = false,
        isByteStream: Bool = false
    ) {
        self.exchange = exchange
        self.sql = sql
        self.columns = columns
        self.keepsRows = keepsRows
        self.isByteStream = isByteStream
        isCopy = exchange.isCopy
        wantsRows = keepsRows
    }

    /// One statement, whose rows are wanted.
    convenience init(executing sql: String) {
        self.init(.execute(ExecuteExchange(statements: 1)), sql: sql, keepsRows: true)
    }

    /// The server did stop it, by our cancel or its own timeout.
    var wasStoppedByServer: Bool { failure?.sqlState == .queryCanceled || wasCancelNoticed }
    /// Kept apart, since the failure is then replaced by the reason we had.
    var wasCancelNoticed = false

    func copyInBegan(isBinary: Bool, columns: Int) {
        hasBegunCopy = true
        isBinaryCopy = isBinary
        copyColumns = columns
    }

    /// The server waits for data of a COPY: only its writer, by ending it, can make it stop.
    var isTakingCopy: Bool {
        if case .copyIn = exchange { hasBegunCopy && copyEnd == nil } else { false }
    }

    /// A CancelRequest would make the server stop sooner.
    var isCancellable: Bool { !isTakingCopy && copyEnd != .failed && !isCancelSent }

    func copyOutBegan(isBinary: Bool, columns: Int) {
        copyInBegan(isBinary: isBinary, columns: columns)
        expectsCopyHeader = isBinary && !isByteStream
    }

    /// True when the waiting task can go on.
    var isSatisfied: Bool {
        if phase == .finished { return true }
        return switch milestone {
        case .rows: firstBatch != nil
        // What comes of one that was given up is handed to nobody, and waited for to its end.
        case .results: hasWholeResult && abandonment == nil
        case .copyBegan: hasBegunCopy
        case .written, .end: false
        }
    }

    func append(_ rows: RowBatch) {
        if gathersResults {
            results[results.count - 1].append(rows)
        } else if firstBatch == nil {
            firstBatch = rows
        } else {
            moreBatches.append(rows)
        }
        bufferedBytes += rows.memory.count
    }

    func popBatch() -> RowBatch? {
        guard let batch = firstBatch else { return nil }
        firstBatch = moreBatches.isEmpty ? nil : moreBatches.removeFirst()
        bufferedBytes -= batch.memory.count
        return batch
    }

    /// Its reader has more waiting for it than need be. What is gathered to the end is not waited for by halves.
    var isFull: Bool {
        bufferedBytes > SessionState.pauseAbove && (!gathersResults || (streamsResults && hasWholeResult))
    }

    /// Its reader can do with more. Half an answer to one statement of several is of no use to anybody.
    var hasRoom: Bool { bufferedBytes < SessionState.resumeBelow || (gathersResults && !hasWholeResult) }

    func dropRows() {
        keepsRows = false
        if streamsResults { _ = popResults() }
        firstBatch = nil
        moreBatches = []
        bufferedBytes = 0
    }
}
