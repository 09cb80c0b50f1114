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
    /// The task that works on the loop's thread now and whose cancellation is heard.
    // Unsafe and unchecked: that thread alone touches it, which `Session+OwnThread` makes sure of. In the state each query
    // would take the lock once more to ask.
    @exclusivity(unchecked) nonisolated(unsafe) var watchedTask: TaskIdentity?

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
        if effects.wakesLoop { loop.perform {} }
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
        for (trace, tag, failure) in effects.traces { trace.end(tag: tag?.text, error: failure) }
        // Before the lease ends: nobody else may get the connection.
        if let (tell, sign) = effects.sign { tell(sign) }
        for lease in effects.moreLeases { lease.end() }
        effects.blockedLease?.end(isBlocked: true)
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
}
