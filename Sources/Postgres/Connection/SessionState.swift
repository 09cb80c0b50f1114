import PostgresTransport
import PostgresTypes
import PostgresWire

/// Everything of a session that changes; guarded by the session's mutex.
struct SessionState: ~Copyable {
    enum Phase {
        /// The socket is being connected.
        case connecting
        /// SSLRequest is sent, one letter will come.
        case awaitingTLSAnswer
        case handshaking
        /// The startup message is sent.
        case startingUp
        case ready
        /// A connection that exists to cancel: the server closes it when it has done so.
        case awaitingCancelEnd
        case closed
    }

    /// A cancel must not reach the statement after the one it is meant for. While one is under way nothing new is
    /// sent; when the statement ended without noticing it, an empty statement is sent first, which may.
    enum CancelPhase: Equatable {
        case none
        /// The statement may end by itself within `patience`.
        case waiting
        case running(connectionDone: Bool, statementDone: Bool, wasNoticed: Bool)
        case fencing
    }

    var phase = Phase.connecting
    var channel: Channel?
    var registration: EventLoop.Registration?
    var interest: Interest = .write
    var inbound = FrameBuffer()
    var outbound = PostgresBuffer()
    /// How much of `outbound` has been sent.
    var sent = 0
    var held = HeldRequests()
    var isFlushScheduled = false
    /// The COPY into the server that is asked for and whose data has not ended.
    var copying: Request?
    var startup: StartupExchange?
    /// Called once, when the session is ready or can never be.
    var onConnected: (@Sendable (PostgresError?) -> Void)?
    var connectTimer: EventLoop.Timer?
    /// Somebody outside is asked for a password or a token.
    var credentialTask: Task<Void, Never>?
    /// How far a connection that failed had come, for the decision whether another attempt may help.
    var setback: ConnectSetback?

    var requests = RequestQueue()
    /// Its work on the loop's thread goes on, and may send nothing more.
    var isWatchedTaskCancelled = false
    var statements: StatementCache
    var types = TypeCatalog()
    /// Displaced from the cache; closed together with the next Parse.
    var statementsToClose: [PreparedStatement] = []
    var transactionStatus = TransactionStatus.idle
    var parameters: [String: String] = [:]
    var cancelKey: (processID: Int32, secretKey: [UInt8])?
    var cancelPhase = CancelPhase.none
    /// CancelRequests for the statement that runs.
    var cancelsSent = 0
    var cancelTimer: EventLoop.Timer?
    /// How long the end of rows that were dropped is waited for before the server is told to stop: long enough for what it
    /// has sent already.
    var patience = Duration.milliseconds(2)
    /// Looks whether the session has been idle since it was set; nil: it has no memory to give back, or is closed.
    var spareTimer: EventLoop.Timer?
    /// Requests that have ended.
    var answered: UInt64 = 0
    /// The session is closed, and its socket open until the server has been told to stop.
    var isStopping = false

    /// The reader has more rows than it can use for now.
    var isReadingPaused = false
    /// There was more to read than one turn of the loop may take, or more is to come first: a timer reads on.
    var readsOnLater = false
    /// A long answer gathers in the socket, which is not watched meanwhile.
    var isGathering = false
    /// Counted by the loop's polling.
    var isAnswerDue = false
    var closeReason: PostgresError?
    /// Called once, when the session has ended.
    var onClosed: (@Sendable () -> Void)?
    /// Told of what the server says that concerns the pool.
    var onSign: (@Sendable (ServerSign) -> Void)?
    /// Statements may have left in the session what the next one should not find.
    var hasLeftovers = false
    /// Told of what NOTIFY sends, after the lock is released; nil: nobody listens.
    var onNotifications: (@Sendable ([PostgresNotification]) -> Void)?
    /// Who listens on this connection, once somebody has.
    var notificationHub: NotificationHub?
    /// Whether the server's session is ours alone, once somebody had to know.
    var pooling: SessionPooling?

    init(statements: StatementCache) { self.statements = statements }

    /// Rows waiting for a slow reader before reading stops, and before it goes on. Bytes, not rows: a row may be large.
    static let pauseAbove = 1024 * 1024
    static let resumeBelow = 256 * 1024
    /// Unsent bytes at which a COPY writer waits, and at which it goes on.
    static let writeAbove = 512 * 1024
    static let writeBelow = 128 * 1024
    /// Sent bytes that are not kept before unsent ones, once they are more than those: moving them is cheap then.
    static let forgetAbove = 64 * 1024
    /// An answer longer than this is a stream: the rest of it is not polled for.
    static let streamAbove = 64 * 1024

    var unsent: Int { outbound.count - sent }
    /// A CancelRequest is sent, or about to be.
    var isCancelling: Bool { cancelPhase != .none && cancelPhase != .waiting }
    var isEncrypted: Bool {
        switch channel {
        case .some(let channel): channel.isEncrypted
        case .none: false
        }
    }
    /// What the loop is to watch the socket for.
    var wantedInterest: Interest {
        // Mutating, though nothing changes: a state that is only lent is copied, all of it.
        mutating get {
            let mustWaitForWriting = unsent > 0 || channel?.hasPendingOutput == true
            let reads: Interest = !isReadingPaused && !isGathering ? .read : .none
            return switch phase {
            case .connecting: .write
            case .handshaking: mustWaitForWriting ? .readAndWrite : .read
            default: mustWaitForWriting ? reads | .write : reads
            }
        }
    }

    /// Sends whole messages from where they are; what the socket does not take is copied.
    mutating func writeOut(_ messages: UnsafeRawBufferPointer) throws(TransportError) {
        try writeOut()
        var rest = messages
        while unsent == 0, !rest.isEmpty, case .bytes(let count)? = try channel?.send(rest) {
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
        outbound.append(rest)
    }

    /// Sends what is there, as far as the socket takes it.
    mutating func writeOut() throws(TransportError) {
        guard channel != nil else { return }
        _ = try channel?.flush()
        while sent < outbound.count {
            let rest = UnsafeRawBufferPointer(rebasing: outbound.unsafeBytes[sent...])
            guard case .bytes(let count)? = try channel?.send(rest) else { break }
            sent += count
        }
        if sent == outbound.count {
            sent = 0
            // Room for one large parameter is not kept for ever.
            if outbound.count > Self.writeAbove { outbound = PostgresBuffer() } else { outbound.removeAll() }
        } else if sent > unsent, sent > Self.forgetAbove {
            // A COPY may be ahead of the server from beginning to end: what is sent must not wait for the rest.
            outbound.removeFirst(sent)
            sent = 0
        }
    }

    /// Puts a request whose messages begin at `start` of `outbound` into the queue.
    mutating func append(_ request: Request, from start: Int) {
        if holds(request) {
            held.append(request, UnsafeRawBufferPointer(rebasing: outbound.unsafeBytes[start...]))
            outbound.truncate(to: start)
        }
        request.phase = .queued
        requests.append(request)
    }
}
