import PostgresTransport

/// Memory that a session needs while it is busy and not while it is idle, as most sessions of a pool are.
///
/// Buffers grow for large results and parameters. They are kept while the session is busy, since the next request may be
/// as large, and given back once it has been idle for a while. One timer a second at most, of sessions that have grown.
extension Session {
    /// In nanoseconds.
    private static let idleBeforeSpare: Int64 = 1_000_000_000

    /// A request has ended: where buffers have grown, looks again in a while.
    func watchSpare(_ state: inout SessionState) {
        state.answered &+= 1
        guard state.spareTimer == nil, state.hasSpare else { return }
        let answered = state.answered
        state.spareTimer = loop.schedule(at: monotonicNanoseconds() &+ Self.idleBeforeSpare) {
            self.giveBackSpare(unlessBusySince: answered)
        }
    }

    private func giveBackSpare(unlessBusySince answered: UInt64) {
        change { state, _ in
            state.spareTimer = nil
            guard state.phase == .ready else { return }
            if state.answered == answered, state.requests.isEmpty {
                state.giveBackSpare()
            } else {
                self.watchSpare(&state)
            }
        }
    }
}

extension SessionState {
    /// Buffers have grown, and are empty or will be.
    fileprivate var hasSpare: Bool { inbound.isSpare || outbound.isSpare }

    fileprivate mutating func giveBackSpare() {
        inbound.giveBack()
        if sent == 0 { outbound.giveBack() }
    }
}
