import PostgresTransport
import PostgresWire

/// Whether the next user may have a session.
extension Session {
    enum Cleanliness {
        /// Nothing runs, no transaction is open, nothing is left to reset.
        case clean
        /// Something is still running or being cancelled, or a transaction is open, or the session is to be reset.
        case dirty
        case closed
    }

    func cleanliness(_ reset: PostgresSessionReset) -> Cleanliness {
        change { state, _ in
            guard state.phase == .ready else { return .closed }
            let isQuiet = state.requests.isEmpty && state.cancelPhase == .none
            guard isQuiet, state.transactionStatus == .idle else { return .dirty }
            return switch reset {
            case .automatic: state.hasLeftovers ? .dirty : .clean
            case .rollbackOnly: .clean
            case .always: .dirty
            }
        }
    }

    /// Ends what was left running and rolls an open transaction back. Closes the session where that takes longer than a
    /// cancel may. What is running fails with `reason`.
    func makeClean(
        _ reason: PostgresError = PostgresError(
            .invalidUse, "the connection went back to its pool before the statement was through",
            advice: "Read the rows, and wait for what was started, inside withConnection or withTransaction")
    ) async {
        let (running, count, givenUp, isCancelling) = change { state, _ in
            let running = state.requests.first
            return (running, state.requests.count, running?.abandonment, state.cancelPhase != .none)
        }
        // One statement can be cancelled. Of several each would have to be, one after the other.
        if count > 1 { return abort(givenUp ?? reason) }
        if let running { abandon(running, reason) }
        do throws(PostgresError) {
            // Behind everything else in the queue; the transaction's status is known when it is answered.
            if running != nil || isCancelling { try await awaitQueue() }
            if change({ state, _ in state.transactionStatus != .idle }) {
                _ = try await script("ROLLBACK", timeout: configuration.cancelTimeout)
            }
        } catch {
            abort(error)
        }
    }

    /// Waits until the server has answered everything. Pgpool-II answers an empty statement in a failed transaction as any
    /// other, with an error.
    private func awaitQueue() async throws(PostgresError) {
        do throws(PostgresError) {
            _ = try await script("", timeout: configuration.cancelTimeout)
        } catch {
            guard error.sqlState == .inFailedSQLTransaction else { throw error }
        }
    }

    /// Takes away what the last user left, where the policy asks for it. Closes the session where that cannot be done.
    func reset(_ policy: PostgresSessionReset) async {
        let sql: String
        switch policy {
        case .rollbackOnly: return
        case .automatic:
            guard change({ state, _ in state.hasLeftovers }) else { return }
            sql = Leftovers.reset
        case .always(let text): sql = text
        }
        do throws(PostgresError) {
            _ = try await script(sql, timeout: configuration.cancelTimeout)
            change { state, _ in state.hasLeftovers = false }
        } catch {
            abort(error)
        }
    }

    /// Whether the server still answers: a connection that a firewall has forgotten looks as it always did. Where it does
    /// not in time, the session is closed: there is nothing to stop, and nobody to be told.
    ///
    /// - Throws: `cancelled`; whatever else means that it does not.
    func ping(timeout: Duration) async throws(PostgresError) {
        let timer = loop.schedule(at: Self.deadline(after: timeout)) {
            self.change { state, effects in
                let error = PostgresError(.timeout, "the server did not answer on a connection that was idle")
                self.close(&state, error, &effects)
            }
        }
        defer { loop.cancel(timer) }
        // Never before that.
        _ = try await script("", timeout: timeout + configuration.cancelTimeout)
    }

    /// Has `action` called once when the session ends, and `onSign` when the server says what concerns the pool; false
    /// when it has ended already.
    func onClose(
        _ action: @escaping @Sendable () -> Void, onSign: (@Sendable (ServerSign) -> Void)? = nil
    ) -> Bool {
        change { state, _ in
            guard state.phase != .closed else { return false }
            state.onClosed = action
            state.onSign = onSign
            return true
        }
    }
}
