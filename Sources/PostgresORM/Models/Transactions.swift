public import Postgres

extension PostgresDatabase {
    /// A transaction whose closure throws nothing but what the driver throws.
    @inlinable
    func transaction<R: Sendable>(
        _ body: @Sendable (PostgresTransaction) async throws(PostgresError) -> R
    ) async throws(PostgresError) -> R {
        do {
            return try await withTransaction(isolation: nil, readOnly: false, deferrable: false, retries: 0) {
                try await body($0)
            }
        } catch {
            throw PostgresError(from: error)
        }
    }
}

extension PostgresError {
    /// The error itself, if it is one of ours.
    @usableFromInline
    init(from error: any Error) {
        switch error {
        case let error as PostgresError: self = error
        case is CancellationError: self.init(.cancelled, "the task was cancelled")
        default: self.init(.invalidUse, "\(error)")
        }
    }
}
