import PostgresWire

/// How a transaction whose closure has returned is brought to its end.
enum TransactionEnding: Sendable, Equatable {
    case commit
    /// The first phase of two: under this name, already checked, the server keeps it until it is told what to do.
    case prepare(String)

    var sql: String {
        switch self {
        case .commit: "COMMIT"
        case .prepare(let id): "PREPARE TRANSACTION \(PreparedTransactionID.quoted(id))"
        }
    }

    /// What the server answers when it did so. When the transaction had failed, it answers ROLLBACK.
    var tag: String {
        switch self {
        case .commit: "COMMIT"
        case .prepare: "PREPARE TRANSACTION"
        }
    }

    /// The answer was lost: it may have been done or not.
    func outcomeUnknown(_ error: PostgresError) -> PostgresError {
        switch self {
        case .commit:
            PostgresError(
                .outcomeUnknown, "the connection was lost while the transaction was being committed: \(error.message)",
                advice: "Look in the database whether its changes are there before doing them again",
                server: error.server)
        case .prepare:
            PostgresError(
                .outcomeUnknown, "the connection was lost while the transaction was being prepared: \(error.message)",
                advice: "It is prepared if preparedTransactions() has it, and rolled back if not", server: error.server)
        }
    }
}
