import PostgresTransport
import PostgresTypes
import PostgresWire

extension Session {
    /// Nobody wants the rest of a request's answer: drops its rows and has the server stop.
    ///
    /// The waiting task is woken when the server has ended the statement. Where other requests stand before or behind
    /// it, no cancel can be aimed at it alone: then its task is woken at once and the answer passed over when it comes. A COPY
    /// that has not been sent never is.
    ///
    /// `patiently`: what is left may be on its way, as behind the only row that was asked for, where a pooler sends one
    /// message at a time. The server is told to stop only when the end has not come shortly: that takes a connection of
    /// its own, and a second through Pgpool-II.
    func abandon(_ request: Request, _ reason: PostgresError, patiently: Bool = false) {
        change { state, effects in
            guard request.phase != .finished, request.abandonment == nil else { return }
            request.abandonment = reason
            guard request.phase == .queued else { return }
            if request.isCopy, state.held.remove(request) { return self.withdraw(request, &state, &effects) }
            request.dropRows()
            if state.isReadingPaused, state.requests.first === request { effects.resumesReading = true }
            if request.isTakingCopy {
                // Its writer ends the COPY itself; a server that waits for data does not hear a cancel.
                effects.wake(request)
                return
            }
            request.milestone = .end
            // The fence behind an earlier cancel is nobody's, and short: where it ends, this one is cancelled.
            let fences = state.cancelPhase == .fencing ? 1 : 0
            let isLastAndNext = state.requests.count == 1 + fences && state.requests.last === request
            let isAlone = isLastAndNext || (state.requests.first === request && state.isOnlyOneSent)
            if state.cancelKey == nil { request.abandonment?.advice = Self.cannotCancel }
            // Nobody would see the statement's end before its deadline; who only lost interest may wait for it.
            if isAlone, state.cancelKey == nil, reason.code == .timeout {
                return self.closeInsteadOfCancelling(request, &state, &effects)
            }
            guard isAlone, state.cancelKey != nil else {
                if request.failure == nil { request.failure = request.abandonment }
                request.isPassedOver = true
                // Nobody will send its data.
                if state.copying === request { state.copying = nil }
                // The answer may never come.
                if let lease = request.lease {
                    request.lease = nil
                    effects.rare.blockedLease = lease
                }
                effects.wake(request)
                return
            }
            if patiently { self.awaitEnd(of: request, &state, &effects) } else { self.startCancel(&state, &effects) }
        }
    }

    /// Ends a COPY that was held back: the server has never heard of it.
    private func withdraw(_ request: Request, _ state: inout SessionState, _ effects: inout Effects) {
        request.abandonment?.safeToRetry = true
        if request.abandonment?.code == .timeout {
            request.abandonment?.message = "the COPY was not begun before its deadline: others used the connection"
        }
        request.failure = request.abandonment
        state.requests.remove(request)
        request.phase = .finished
        if state.copying === request { state.copying = nil }
        effects.end(request)
        effects.wake(request)
        sendHeld(&state, &effects)
    }

    /// Cancels when the statement has not ended within `patience`. Nothing is sent meanwhile, as during the cancel itself.
    private func awaitEnd(of request: Request, _ state: inout SessionState, _ effects: inout Effects) {
        guard maySendCancel(&state) else { return }
        state.cancelPhase = .waiting
        let deadline = Session.deadline(after: state.patience)
        state.cancelTimer = loop.schedule(at: deadline) {
            self.change { state, effects in
                guard state.cancelPhase == .waiting, state.requests.first === request else { return }
                self.beginCancel(of: request, &state, &effects)
            }
        }
    }

    /// A server that gave no key cannot be told to stop; the end of the connection is all that is left.
    private func closeInsteadOfCancelling(
        _ request: Request, _ state: inout SessionState, _ effects: inout Effects
    ) {
        let what = "statement did not end before its deadline, and the server cannot be told to stop it"
        request.abandonment?.message = "the \(what): the connection was closed"
        close(&state, PostgresError(.connectionClosed, "a \(what)"), &effects)
    }

    private static let cannotCancel =
        "Cancelling is not supported here: the server, or the proxy before it, sends no key for it (BackendKeyData). "
        + "The statement may go on there; statement_timeout ends it"

    /// Sends a CancelRequest when the statement that runs is unwanted and nothing else can be hit.
    func startCancel(_ state: inout SessionState, _ effects: inout Effects) {
        guard maySendCancel(&state), let head = state.requests.first else { return }
        beginCancel(of: head, &state, &effects)
    }

    // `inout`, though nothing changes: a state that is only lent is copied, which takes longer than the question.
    private func maySendCancel(_ state: inout SessionState) -> Bool {
        guard state.phase == .ready, state.cancelPhase == .none, state.cancelKey != nil, state.unsent == 0,
            state.isOnlyOneSent, let head = state.requests.first
        else { return false }
        return head.abandonment != nil && head.isCancellable
    }

    private func beginCancel(of head: Request, _ state: inout SessionState, _ effects: inout Effects) {
        head.isCancelSent = true
        state.cancelPhase = .running(connectionDone: false, statementDone: false, wasNoticed: false)
        effects.sendsCancel = true
    }

    /// How long a statement may go on after a cancel before the cancel is repeated.
    private static let repeatCancelAfter: Int64 = 250_000_000

    /// Has the server stop the statement that runs, within the cancel timeout.
    func sendCancel() {
        let deadline = Session.deadline(after: configuration.cancelTimeout)
        change { state, _ in
            state.cancelsSent = 0
            state.cancelTimer = self.loop.schedule(at: deadline) { self.cancelTimedOut() }
        }
        deliverCancel(deadline: deadline)
    }

    /// Connects again, to the same address and as safely, only to say which session is to stop.
    private func deliverCancel(deadline: Int64) {
        let key = change { state, _ in
            state.cancelsSent += 1
            return state.cancelKey
        }
        guard let key else { return }
        let canceller = Session(
            loop: loop, configuration: configuration, host: host, address: address, security: security,
            purpose: .cancel(processID: key.processID, secretKey: key.secretKey))
        canceller.connect(deadline: deadline) { _ in
            // Keeps the canceller alive until it is through.
            withExtendedLifetime(canceller) { self.cancelConnectionEnded(deadline: deadline) }
        }
    }

    /// A backend that has not begun to read the statement when the cancel comes is idle, and forgets it.
    private func repeatCancel(deadline: Int64) {
        let isStillRunning = change { state, _ in
            guard case .running(true, false, let wasNoticed) = state.cancelPhase else { return false }
            state.cancelPhase = .running(connectionDone: false, statementDone: false, wasNoticed: wasNoticed)
            return true
        }
        if isStillRunning { deliverCancel(deadline: deadline) }
    }

    private func cancelTimedOut() {
        change { state, effects in
            guard state.cancelPhase != .none else { return }
            let error = PostgresError(
                .timeout, "the server did not end a cancelled statement within the cancel timeout")
            self.close(&state, error, &effects)
        }
    }

    private func cancelConnectionEnded(deadline: Int64) {
        let isStillRunning = change { state, effects in
            guard case .running(_, let statementDone, let wasNoticed) = state.cancelPhase else { return false }
            state.cancelPhase = .running(connectionDone: true, statementDone: statementDone, wasNoticed: wasNoticed)
            self.settleCancel(&state, &effects)
            return !statementDone
        }
        guard isStillRunning else { return }
        _ = loop.schedule(at: monotonicNanoseconds() &+ Self.repeatCancelAfter) {
            self.repeatCancel(deadline: deadline)
        }
    }

    func cancelledStatementEnded(_ request: Request, _ state: inout SessionState, _ effects: inout Effects) {
        switch state.cancelPhase {
        case .none: return
        case .waiting, .fencing:
            endCancel(&state, &effects)
        case .running(let connectionDone, _, _):
            // Of several cancels, one may have stopped it and another still be on its way.
            let wasNoticed = request.wasStoppedByServer && state.cancelsSent == 1
            state.cancelPhase = .running(connectionDone: connectionDone, statementDone: true, wasNoticed: wasNoticed)
            settleCancel(&state, &effects)
        }
    }

    /// Both the cancel and the statement are through: go on, by way of an empty statement where the cancel may still
    /// be on its way to the backend.
    private func settleCancel(_ state: inout SessionState, _ effects: inout Effects) {
        guard case .running(true, true, let wasNoticed) = state.cancelPhase else { return }
        guard !wasNoticed else { return endCancel(&state, &effects) }
        state.cancelPhase = .fencing
        state.requests.insertFirst(Request(.script(ScriptExchange()), sql: ""))
        FrontendMessage.query("", to: &state.outbound)
        writeOut(&state, &effects)
    }

    private func endCancel(_ state: inout SessionState, _ effects: inout Effects) {
        state.cancelPhase = .none
        effects.cancel(state.cancelTimer)
        state.cancelTimer = nil
        sendHeld(&state, &effects)
    }

    /// Sends what was held back and need not be any more.
    func sendHeld(_ state: inout SessionState, _ effects: inout Effects) {
        if state.releaseHeld() { writeOut(&state, &effects) }
    }
}
