import PostgresTransport
import PostgresWire

/// Taking what has come: in turns that leave the loop to others, and not before the reader has room.
extension Session {
    func readable(_ state: inout SessionState, _ effects: inout Effects) throws(PostgresError) {
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
    func readOn() {
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
    func read(_ state: inout SessionState, _ effects: inout Effects) throws(PostgresError) {
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
