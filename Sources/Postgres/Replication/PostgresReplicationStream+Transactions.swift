import PostgresLocks
import PostgresTypes
import PostgresWire

/// Whole transactions, put together from messages.
extension PostgresReplicationStream {
    /// The next transaction that holds a change, passing over what is left of the one before.
    func nextTransaction() async throws(PostgresError) -> PostgresReplicatedTransaction? {
        guard handsOutTransactions else {
            throw PostgresError(
                .invalidUse, "with streaming or two-phase commit there are no whole transactions",
                advice: "Read the stream's messages, or leave the option out")
        }
        if let open = reading.withLock({ $0.open }) { try await passOver(open) }
        while let message = try await nextMessage() {
            guard case .begin(let begin) = message else {
                // A message that belongs to no transaction.
                if case .change = message { continue }
                throw outOfTurn()
            }
            let state = ReplicatedTransactionState(begin)
            if try await findFirstChange(of: state) {
                reading.withLock { $0.open = state }
                return PostgresReplicatedTransaction(stream: self, state: state)
            }
            // Nothing of it is published: as good as dealt with, once what was before it is.
            if let end = state.end { session.change { _, _ in progress.passed(end) } }
        }
        return nil
    }

    /// Reads on to the first change; false when there is none before the end.
    private func findFirstChange(of state: ReplicatedTransactionState) async throws(PostgresError) -> Bool {
        if let change = try await readChange(of: state, isHandedOut: false) {
            state.setFirst(change)
            return true
        }
        return false
    }

    private func passOver(_ state: ReplicatedTransactionState) async throws(PostgresError) {
        _ = state.takeFirst()
        while state.end == nil { _ = try await readChange(of: state) }
        reading.withLock { $0.open = nil }
    }

    /// The next change of a transaction that was handed out; nil at its end.
    func nextChange(of state: ReplicatedTransactionState) async throws(PostgresError) -> PostgresChange? {
        if let first = state.takeFirst() { return first }
        if state.end != nil { return nil }
        guard reading.withLock({ $0.open === state }) else {
            throw PostgresError(
                .invalidUse, "the changes of a transaction were read after the next one was asked for",
                advice: "Read them, or collect() them, inside the loop over the transactions")
        }
        return try await readChange(of: state)
    }

    private func readChange(
        of state: ReplicatedTransactionState, isHandedOut: Bool = true
    ) async throws(PostgresError) -> PostgresChange? {
        while let message = try await nextMessage() {
            switch message {
            case .change(let change, _): return change
            case .table, .type: continue
            case .origin(let origin): state.setOrigin(origin)
            case .commit(let commit):
                if isHandedOut { session.change { _, _ in progress.delivered(commit.end) } }
                let isAcknowledged = state.finish(commit)
                if isAcknowledged { acknowledge(commit.end) }
                return nil
            default: throw outOfTurn()
            }
        }
        throw PostgresError(.connectionClosed, "the stream of changes ended inside a transaction")
    }

    private func outOfTurn() -> PostgresError {
        let error = PostgresError(.protocolViolation, "the server's replication stream is out of order")
        connection.session.abort(error)
        return error
    }
}
