import PostgresWire

/// Whether the next user may have a session.
extension Session {
    enum Cleanliness {
        /// Nothing runs, no transaction is open.
        case clean
        /// Something is still running or being cancelled, or a transaction is open.
        case dirty
        case closed
    }

    var cleanliness: Cleanliness {
        change { state, _ in
            guard state.phase == .ready else { return .closed }
            let isQuiet = state.requests.isEmpty && state.cancelPhase == .none
            return isQuiet && state.transactionStatus == .idle ? .clean : .dirty
        }
    }

    /// Ends what was left running and rolls an open transaction back. Closes the session where that takes longer than a
    /// cancel may. What is running fails with `reason`.
    func makeClean(
        _ reason: PostgresError = PostgresError(
            .invalidUse, "the connection went back to its pool before the statement was through",
            advice: "Read the rows, and wait for what was started, inside withConnection or withTransaction")
    ) async {
        let running = change { state, _ in (state.requests.first, state.requests.count) }
        // One statement can be cancelled. Of several each would have to be, one after the other.
        if running.1 > 1 { return abort(reason) }
        if let request = running.0 { abandon(request, reason) }
        do throws(PostgresError) {
            // Behind everything else in the queue; the transaction's status is known when it is answered.
            _ = try await script("", timeout: configuration.cancelTimeout)
            if change({ state, _ in state.transactionStatus != .idle }) {
                _ = try await script("ROLLBACK", timeout: configuration.cancelTimeout)
            }
        } catch {
            abort(error)
        }
    }

    /// Has `action` called once when the session ends; false when it has ended already.
    func onClose(_ action: @escaping @Sendable () -> Void) -> Bool {
        change { state, _ in
            guard state.phase != .closed else { return false }
            state.onClosed = action
            return true
        }
    }
}
