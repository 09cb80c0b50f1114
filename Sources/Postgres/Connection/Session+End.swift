import PostgresTransport
import PostgresWire

/// How a session ends, and what becomes of the statement that the server works at then.
extension Session {
    /// Closes at once, from any thread. What is running is failed, and the server told to stop it.
    func abort(_ error: PostgresError) {
        change { state, effects in self.end(&state, error, &effects) }
    }

    /// Says goodbye and closes. What is running is failed, and the server told to stop it.
    func terminate() { abort(PostgresError(.connectionClosed, "the connection has been closed")) }

    /// Closes, and has the server stop what it works at: it would notice the end of the session only afterwards.
    ///
    /// Every task is woken at once. The socket stays until the cancel is through: a pooler knows by the key who is meant
    /// only as long as its client is there.
    func end(_ state: inout SessionState, _ error: PostgresError, _ effects: inout Effects) {
        guard state.phase == .ready, !state.requests.isEmpty, !state.isCancelling, let key = state.cancelKey
        else { return close(&state, error, &effects) }
        effects.rare.leftBehind = key
        effects.rare.leavesSeveral = state.requests.count > 1
        state.isStopping = true
        close(&state, error, &effects)
    }

    /// Ends the session: every waiting task gets an error. The first reason stays.
    func close(_ state: inout SessionState, _ error: PostgresError, _ effects: inout Effects) {
        guard state.phase != .closed else { return }
        let wasReady = state.phase == .ready
        if wasReady {
            state.encodeGoodbye()
            if !state.isStopping { state.hangUp() }
        } else {
            noteSetback(&state)
        }
        effects.rare.uselessTask = state.credentialTask
        state.credentialTask = nil
        state.phase = .closed
        state.closeReason = error
        state.cancelPhase = .none
        effects.rare.tearsDown = true
        effects.rare.closed = state.onClosed
        state.onClosed = nil
        state.onSign = nil
        if !wasReady { finishConnecting(&state, error, &effects) }
        effects.cancel(state.cancelTimer)
        effects.cancel(state.spareTimer)
        state.spareTimer = nil
        for request in state.requests.takeAll() {
            // What the server said last explains more than that it hung up.
            if request.failure == nil { request.failure = request.abandonment ?? error }
            request.phase = .finished
            effects.end(request)
            effects.wake(request)
        }
    }

    func finishConnecting(_ state: inout SessionState, _ error: PostgresError?, _ effects: inout Effects) {
        guard let onConnected = state.onConnected else { return }
        state.onConnected = nil
        effects.rare.connected = onConnected
        effects.rare.connectError = error
        // Nothing can have been done yet: a proxy without a server behind it hangs up, so does a server that is stopped.
        if error?.code == .connectionClosed { effects.rare.connectError?.safeToRetry = true }
        effects.cancel(state.connectTimer)
    }

    /// Gives the socket back, on the loop's thread; one that stays for a cancel is only not listened to any more.
    func tearDown() {
        change { state, _ in
            if let registration = state.registration { self.loop.deregister(registration) }
            state.registration = nil
            if !state.isStopping { state.channel = nil }
        }
    }

    /// Has the server stop what the session leaves running, and gives the socket back then, within the cancel timeout.
    ///
    /// `repeats`: the server has begun with the next statement meanwhile, perhaps, which nobody waits for either.
    func stopLeftBehind(_ key: (processID: Int32, secretKey: [UInt8]), repeats: Bool) {
        let canceller = Session(
            loop: loop, configuration: configuration, host: host, address: address, security: security,
            purpose: .cancel(processID: key.processID, secretKey: key.secretKey))
        canceller.connect(deadline: Session.deadline(after: configuration.cancelTimeout)) { _ in
            withExtendedLifetime(canceller) {
                self.change { state, effects in
                    guard state.isStopping else { return }
                    state.isStopping = false
                    state.hangUp()
                    effects.rare.tearsDown = true
                }
                if repeats { self.stopLeftBehind(key, repeats: false) }
            }
        }
    }
}

extension SessionState {
    /// Appends the last words.
    ///
    /// Sync goes before Terminate where answers are due. Behind the first of several, PgBouncer (1.18 does) takes the
    /// server for idle, and gives what it still sends to the next client; after a message without its answer it does not.
    fileprivate mutating func encodeGoodbye() {
        // A COPY into the server, and a replication stream, do not know the message.
        if let head = requests.first, !head.isTakingCopy, head.replication == nil {
            FrontendMessage.sync(to: &outbound)
        }
        FrontendMessage.terminate(to: &outbound)
    }

    /// Sends the last words as far as the socket takes them: the server notices a closed one as well.
    fileprivate mutating func hangUp() {
        channel?.becameWritable()
        try? writeOut()
        channel?.close()
    }
}
