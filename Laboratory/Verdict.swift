import Postgres

/// What an operation came to.
struct Verdict: Sendable {
    /// What the writer may hold on to.
    var told: Ledger.Told
    /// The kind of error, for counting; nil without one.
    var code: String?
    var reason = ""
    /// What no fault explains.
    var violation: String?

    /// All went well.
    static let success = Verdict(told: .acknowledged)

    /// Errors that say what is wrong with the statement or the program: nothing here brings them about.
    private static let inexplicable: Set<PostgresError.Code> = [
        .protocolViolation, .decodingFailed, .encodingFailed, .invalidUse, .invalidConfiguration, .authenticationFailed,
        .tlsFailed, .rowNotFound, .rolledBack, .skipped, .poolClosed,
    ]

    /// What the server says when it is ended, killed, starting, full, or told to stop; and when two collide.
    private static let explicable: Set<String> = [
        "57P01", "57P02", "57P03", "57014", "53300", "40001", "40P01", "08006", "08003",
    ]

    init(told: Ledger.Told) { self.told = told }

    init(_ error: any Error, of operation: Operation, isEncrypted: Bool = false) {
        told = .unknown
        guard let error = error as? PostgresError else {
            // Whoever sleeps is told of a cancelled task by the standard library.
            if let wrong = error as? Operation.WrongAnswer {
                violation = "a wrong answer: \(wrong.what)"
            } else if !(error is CancellationError) {
                violation = "an error of another kind: \(error)"
            }
            told = operation.kind.isTransaction ? .failed : .unknown
            code = "\(type(of: error))"
            return
        }
        told = Self.told(error, operation)
        code = error.sqlState.map { "\(error.code.rawValue) \($0.rawValue)" } ?? error.code.rawValue
        reason = "\(error)"
        // A byte that is changed in the request for TLS, or in a record.
        let explained: Set<PostgresError.Code> = isEncrypted ? [.protocolViolation, .tlsFailed] : []
        if Self.inexplicable.subtracting(explained).contains(error.code)
            || error.sqlState.map({ !Self.explicable.contains($0.rawValue) }) == true
        {
            violation = "an error that no fault explains: \(String(reflecting: error))"
        }
    }

    private static func told(_ error: PostgresError, _ operation: Operation) -> Ledger.Told {
        if error.safeToRetry { return .failed }
        if operation.kind.isTransaction { return error.code == .outcomeUnknown ? .unknown : .failed }
        // The server refused it, and went on: it is undone. Where it ended the session, that may have come between the
        // commit and its answer.
        guard error.code == .server || error.sqlState?.rawValue == "57014", let server = error.server else {
            return .unknown
        }
        return server.severity == "ERROR" ? .failed : .unknown
    }
}
