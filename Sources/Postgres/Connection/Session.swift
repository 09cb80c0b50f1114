import PostgresLocks
import PostgresTransport
import PostgresTypes
import PostgresWire

/// One connection's socket, protocol state and requests.
///
/// Tasks append what they ask and wait; the loop's thread reads the answers, gives each frame to the exchange that it
/// belongs to, and wakes the tasks. The state is guarded by one mutex; what a change asks for beyond the state itself
/// happens after the mutex is released (`Effects`).
final class Session: EventHandler {
    enum Purpose: Sendable {
        case queries(StartupOptions)
        /// Sends one CancelRequest and ends.
        case cancel(processID: Int32, secretKey: [UInt8])
    }

    let loop: EventLoop
    let configuration: PostgresConfiguration
    /// The one of the configuration's hosts that `address` belongs to.
    let host: PostgresHost
    let address: SocketAddress
    let security: SessionSecurity
    let purpose: Purpose
    /// Shared with the other sessions of a pool.
    let news: StatementNews
    /// Nil without tracers.
    let tracing: Tracing?
    let state: Mutex<SessionState>

    init(
        loop: EventLoop, configuration: PostgresConfiguration, host: PostgresHost, address: SocketAddress,
        security: SessionSecurity, purpose: Purpose
    ) {
        self.loop = loop
        self.configuration = configuration
        self.host = host
        self.address = address
        self.security = security
        self.purpose = purpose
        news = configuration.statementNews ?? StatementNews()
        tracing = Tracing(configuration)
        state = Mutex(
            SessionState(
                statements: StatementCache(
                    capacity: configuration.statementCacheSize, isUnnamed: configuration.statementMode == .unnamed)))
    }

    /// Changes the state under the lock, then does what that asks for.
    func change<R: Sendable>(_ body: (inout SessionState, inout Effects) -> R) -> R {
        var effects = Effects()
        let result = state.withLock { state in
            let result = body(&state, &effects)
            updatePolling(&state)
            return result
        }
        perform(effects)
        return result
    }

    private func perform(_ effects: consuming Effects) {
        if effects.updatesInterest { loop.perform { self.updateInterest() } }
        if effects.sendsCancel { sendCancel() }
        if effects.resumesReading { resumeReading() }
        if let timer = effects.timer { loop.cancel(timer) }
        // Before the tasks wake: who has seen LISTEN answered has what came with the answer.
        if let rare = effects.rareIfAny { perform(rare) }
        if effects.sendsCancel, let tracing { tracing.event(.cancelSent) }
        effects.endedLease?.end()
        effects.waiter?.resume()
        if let rare = effects.rareIfAny { for waiter in rare.moreWaiters { waiter.resume() } }
    }

    private func perform(_ effects: RareEffects) {
        for timer in effects.moreTimers { loop.cancel(timer) }
        if effects.tearsDown { loop.perform { self.tearDown() } }
        if let key = effects.leftBehind { stopLeftBehind(key, repeats: effects.leavesSeveral) }
        if let moment = effects.readsOn {
            // Not before the loop's next turn, so that its other connections and its timers have theirs.
            _ = loop.schedule(at: moment) { self.readOn() }
        }
        if let want = effects.wants { provide(want) }
        effects.uselessTask?.cancel()
        if let onNotice = configuration.onNotice { for notice in effects.notices { onNotice(notice) } }
        effects.notified?(effects.notifications)
        if let tracing { for notice in effects.notices { tracing.event(.notice(notice)) } }
        // Tells what the lock kept from being told.
        for (trace, tag, failure) in effects.traces { trace.end(tag: tag, error: failure) }
        // Before the lease ends: nobody else may get the connection.
        if let (tell, sign) = effects.sign { tell(sign) }
        effects.connected?(effects.connectError)
        effects.closed?()
    }

    // MARK: Events of the loop

    package func ready(_ readiness: Interest) {
        change { state, effects in
            do throws(PostgresError) {
                if readiness.contains(.write) { try self.writable(&state, &effects) }
                if readiness.contains(.read) { try self.readable(&state, &effects) }
                if state.phase != .closed, state.wantedInterest != state.interest {
                    effects.updatesInterest = true
                }
            } catch {
                self.close(&state, error, &effects)
            }
        }
    }

    package func flush() {
        change { state, effects in
            state.isFlushScheduled = false
            self.writeOut(&state, &effects)
        }
    }

    private func writable(_ state: inout SessionState, _ effects: inout Effects) throws(PostgresError) {
        state.channel?.becameWritable()
        switch state.phase {
        case .connecting: try connected(&state)
        case .handshaking: try handshake(&state)
        case .closed: break
        default: writeOut(&state, &effects)
        }
    }

    /// Sends what there is, and `messages` behind it; a failure closes the session.
    func writeOut(
        _ state: inout SessionState, _ effects: inout Effects,
        _ messages: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0)
    ) {
        guard state.phase != .closed else { return }
        do {
            try state.writeOut(messages)
        } catch {
            // What the server said before it hung up explains more.
            do throws(PostgresError) { try read(&state, &effects) } catch { close(&state, error, &effects) }
            close(&state, lost(error), &effects)
            return
        }
        if state.wantedInterest != state.interest { effects.updatesInterest = true }
        if state.unsent <= SessionState.writeBelow, let head = state.requests.first, head.milestone == .written {
            effects.wake(head)
        }
        startCancel(&state, &effects)
    }

    private func readable(_ state: inout SessionState, _ effects: inout Effects) throws(PostgresError) {
        switch state.phase {
        case .connecting: return
        case .handshaking: return try handshake(&state)
        case .closed: return
        default: break
        }
        // Its turn comes.
        guard !state.readsOnLater else { return }
        try read(&state, &effects)
    }

    /// Goes on where `read` has stopped: for the sake of others, or so that more comes.
    private func readOn() {
        change { state, effects in
            state.readsOnLater = false
            state.isGathering = false
            guard state.phase != .closed, !state.isReadingPaused else { return }
            do throws(PostgresError) { try self.read(&state, &effects) } catch { self.close(&state, error, &effects) }
            if state.phase != .closed, state.wantedInterest != state.interest { effects.updatesInterest = true }
        }
    }

    /// Reads in one go; a server that never stops sending must not keep the loop.
    private static let mostReads = 32

    /// Reads once, or, encrypted, until nothing is left that no event of the socket would announce.
    private func read(_ state: inout SessionState, _ effects: inout Effects) throws(PostgresError) {
        var reads = 0
        var taken = 0
        repeat {
            reads += 1
            guard reads <= Self.mostReads else {
                state.readsOnLater = true
                effects.rare.readsOn = monotonicNanoseconds()
                return
            }
            let result: IOResult?
            do {
                result = try state.channel?.receive(into: state.inbound.freeSpace())
            } catch {
                throw state.phase == .startingUp && error.kind == .tls ? tlsFailed(error) : lost(error)
            }
            switch result {
            case .bytes(let count):
                state.inbound.commit(count)
                try process(&state, &effects)
                taken += count
            case .endOfStream:
                guard state.phase == .awaitingCancelEnd else { throw endOfStream(state) }
                finishConnecting(&state, nil, &effects)
                close(&state, PostgresError(.connectionClosed, "the cancel has been delivered"), &effects)
                return
            case .wouldBlock, nil:
                pauseStream(after: taken, &state, &effects)
                return
            }
        } while state.isEncrypted && !state.isReadingPaused && state.phase != .closed && state.phase != .handshaking
        pauseStream(after: taken, &state, &effects)
    }

    /// Leaves the socket of a long answer alone until more has come (``StreamPace``).
    private func pauseStream(after taken: Int, _ state: inout SessionState, _ effects: inout Effects) {
        guard let head = state.requests.first, head.streamedBytes > SessionState.streamAbove, taken > 0,
            state.phase == .ready, !state.isReadingPaused, !state.readsOnLater
        else { return }
        let now = monotonicNanoseconds()
        guard let pause = head.pace.pause(after: taken, now: now) else { return }
        state.readsOnLater = true
        state.isGathering = true
        effects.rare.readsOn = now + pause
    }

    private func process(_ state: inout SessionState, _ effects: inout Effects) throws(PostgresError) {
        switch state.phase {
        case .awaitingTLSAnswer: try takeTLSAnswer(&state)
        case .startingUp:
            try startUp(&state, &effects)
            // More may have come with the end of the startup.
            if state.phase == .ready { try processAnswers(&state, &effects) }
        case .ready: try processAnswers(&state, &effects)
        // Whatever a server says to a cancel, nobody reads it.
        case .awaitingCancelEnd: state.inbound.consume(state.inbound.count)
        case .connecting, .handshaking, .closed: break
        }
    }

    // MARK: Interest

    private func updateInterest() {
        change { state, effects in
            guard let registration = state.registration else { return }
            let wanted = state.wantedInterest
            guard wanted != state.interest else { return }
            do throws(TransportError) {
                try self.loop.setInterest(wanted, of: registration)
                state.interest = wanted
            } catch {
                self.close(&state, self.lost(error), &effects)
            }
        }
    }

    /// Goes on reading once the reader has made room.
    func resumeReading() {
        loop.perform {
            self.change { state, effects in
                guard state.isReadingPaused, state.phase == .ready else { return }
                state.isReadingPaused = false
                do throws(PostgresError) {
                    try self.processAnswers(&state, &effects)
                    if state.isEncrypted, !state.isReadingPaused { try self.read(&state, &effects) }
                    effects.updatesInterest = true
                } catch {
                    self.close(&state, error, &effects)
                }
            }
        }
    }

    /// Tells the loop whether an answer is due that is worth polling for.
    private func updatePolling(_ state: inout SessionState) {
        var isDue = false
        if state.phase == .ready, let head = state.requests.first {
            isDue = head.streamedBytes < SessionState.streamAbove && !head.hasBegunCopy
        }
        guard isDue != state.isAnswerDue else { return }
        state.isAnswerDue = isDue
        if isDue { loop.polling.answerDue() } else { loop.polling.answerCame() }
    }

    // MARK: Errors and deadlines

    /// The moment `duration` from now, on the loop's clock.
    static func deadline(after duration: Duration) -> Int64 {
        let (sum, overflow) = monotonicNanoseconds().addingReportingOverflow(duration.nanoseconds)
        return overflow ? .max : sum
    }

    /// The error for a failed system call on the socket.
    func lost(_ error: TransportError) -> PostgresError {
        PostgresError(.connectionClosed, "the connection to the server was lost: \(error)")
    }

    /// The error for the server's last words.
    static func closedByServer(_ error: PostgresServerError) -> PostgresError {
        PostgresError(
            .connectionClosed, "the server closed the connection", advice: Advice.forServerError(error), server: error)
    }

    private func endOfStream(_ state: borrowing SessionState) -> PostgresError {
        switch state.phase {
        case .ready:
            PostgresError(.connectionClosed, "the server closed the connection")
        default:
            PostgresError(
                .connectionFailed, "the server closed the connection before it was ready",
                advice: "Look at the server's log; it may be starting, stopping or not be PostgreSQL",
                safeToRetry: true)
        }
    }
}
