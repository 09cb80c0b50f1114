import PostgresTypes
import PostgresWire

/// One attempt to execute a statement: what is sent, and what came of it.
extension Session {
    /// What an attempt came to.
    enum Outcome {
        /// Complete, or the first of them.
        case rows(PostgresRows)
        /// Nothing was sent: the statement has to be parsed first.
        case notParsed
        /// What the session knew of the statement is out of date, and the server has done nothing. `isUnnamed`:
        /// statements are sent without names by now.
        case outdated(PostgresError, isUnnamed: Bool)
        case failed(PostgresError)
    }

    /// Appends what executes the request's statement with these values. Throws, with `isParsed` false, where the
    /// session does not know the statement yet.
    func encodeExecution(
        of request: Request, _ parameters: PostgresParameters, _ state: inout SessionState
    ) throws(PostgresError) {
        // A server counts them in 16 bits when it describes the statement: it would be misunderstood.
        guard parameters.count <= PostgresParameters.maximumCount else {
            throw PostgresError(
                .invalidUse, "a statement has \(parameters.count) parameters; PostgreSQL allows 65535",
                advice: "Send an array and unnest it, use COPY, or split the statement", safeToRetry: true)
        }
        guard let statement = find(request.sql, in: &state) else {
            request.isParsed = false
            throw PostgresError(.invalidUse, "the statement is not parsed yet")
        }
        request.statement = statement
        request.columns = statement.columns
        if statement.isUnnamed { request.exchange = .execute(ExecuteExchange(statements: 1, parsesEach: true)) }
        try statement.appendExecution(to: &state.outbound) { (buffer) throws(PostgresError) in
            try parameters.appendBindParameters(as: statement.parameterTypes, to: &buffer)
        }
        FrontendMessage.sync(to: &state.outbound)
    }

    /// What an attempt came to, once its task has been woken. `connection` is asked for where rows are still to come.
    func outcome(of request: Request, _ connection: () -> PostgresConnection) -> Outcome {
        change { state, _ in
            let isOver = request.phase == .finished
            if isOver, let failure = request.failure {
                guard request.isParsed else { return .notParsed }
                guard request.mayBeRepeated, state.transactionStatus == .idle else { return .failed(failure) }
                return .outdated(failure, isUnnamed: state.statements.isUnnamed)
            }
            let first = request.popBatch()
            let isComplete = isOver && request.firstBatch == nil
            return .rows(
                PostgresRows(
                    columns: request.columns, first: first,
                    source: isComplete ? nil : RowSource(connection: connection(), request: request),
                    tag: isComplete ? request.tag ?? .empty : nil))
        }
    }
}
