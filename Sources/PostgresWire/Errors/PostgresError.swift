/// What went wrong, what the server said, and whether trying again is safe.
///
/// `description` is safe to show to anybody: it holds no parameter, row value or password. `debugDescription` adds the
/// statement and every field of the server's answer.
public struct PostgresError: Error, Sendable {
    /// What kind of failure, to decide by.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// The configuration is missing something or contradicts itself.
        case invalidConfiguration
        /// No server could be reached at any of the addresses.
        case connectionFailed
        /// The server, or the way to it, asks for something that the configuration forbids, or the reverse.
        case authenticationFailed
        /// The TLS handshake failed, or the server has no TLS and it was asked for.
        case tlsFailed
        /// The connection was closed, by either side, while or before it was used.
        case connectionClosed
        /// The server broke the protocol; the connection is closed.
        case protocolViolation
        /// The server answered with an error; see `server`.
        case server
        /// The task was cancelled.
        case cancelled
        /// A deadline passed.
        case timeout
        /// A value could not be encoded as the type the server wants.
        case encodingFailed
        /// A value could not be decoded as the type the caller wants, or is NULL where none is allowed.
        case decodingFailed
        /// The caller used the API in a way it does not allow.
        case invalidUse
        /// No row has the key of the one that was to be written.
        case rowNotFound
        /// The pool is shutting down or closed.
        case poolClosed
        /// No connection became free before the deadline.
        case poolTimeout
        /// The pool has not reached the database for so long that it keeps nobody waiting; it goes on trying by itself.
        case databaseUnavailable
        /// COMMIT was sent, its answer never came: the transaction may or may not have been committed.
        case outcomeUnknown
        /// Not run, since a statement before it in the batch had failed.
        case skipped
        /// COMMIT was answered by ROLLBACK: the transaction had failed before.
        case rolledBack
    }

    /// What kind of failure, to decide by.
    public var code: Code {
        get { fields.code }
        set { fields.code = newValue }
    }
    /// One sentence, safe to show.
    public var message: String {
        get { fields.message }
        set { fields.message = newValue }
    }
    /// What to do about it, where that is known.
    public var advice: String? {
        get { fields.advice }
        set { fields.advice = newValue }
    }
    /// The server's own words, when `code` is `.server`, or an error was caused by one.
    public var server: PostgresServerError? {
        get { fields.server }
        set { fields.server = newValue }
    }
    /// The column a value belongs to, for encoding and decoding errors.
    public var column: String? {
        get { fields.column }
        set { fields.column = newValue }
    }
    /// The row a value belongs to, from 1, where rows are written by COPY.
    public var row: Int? {
        get { fields.row }
        set { fields.row = newValue }
    }
    /// The statement that failed.
    public var sql: String? {
        get { fields.sql }
        set { fields.sql = newValue }
    }
    /// True when nothing of the failed work can have reached the server's data.
    public var safeToRetry: Bool {
        get { fields.safeToRetry }
        set { fields.safeToRetry = newValue }
    }
    /// What had failed before, where this failure kept it from being dealt with: the error of a transaction's closure
    /// when rolling back failed as well. It may be anybody's, and is not in `description`.
    public var cause: (any Error)? {
        get { fields.cause }
        set { fields.cause = newValue }
    }

    /// An error of the kind `code`. `message` and `advice` must be fit for anybody to see.
    public init(
        _ code: Code, _ message: String, advice: String? = nil, server: PostgresServerError? = nil,
        column: String? = nil, sql: String? = nil, safeToRetry: Bool = false, cause: (any Error)? = nil
    ) {
        box = .fields(
            Fields(
                code: code, message: message, advice: advice, server: server, column: column, sql: sql,
                safeToRetry: safeToRetry, cause: cause))
    }

    private struct Fields: Sendable {
        var code: Code
        var message: String
        var advice: String?
        var server: PostgresServerError?
        var column: String?
        var row: Int?
        var sql: String?
        var safeToRetry: Bool
        var cause: (any Error)?
    }

    /// Errors are rare, but room for one is kept and cleared away everywhere: a pointer's, so, and not that of the fields.
    private indirect enum Box: Sendable {
        case fields(Fields)
    }

    private var box: Box

    private var fields: Fields {
        get {
            switch box {
            case .fields(let fields): fields
            }
        }
        set { box = .fields(newValue) }
    }

    /// The server's code, when there is one.
    public var sqlState: SQLState? { server?.sqlState }
}

extension PostgresError: CustomStringConvertible, CustomDebugStringConvertible {
    public var description: String {
        var text = message
        let place = [row.map { "row \($0)" }, column.map { "column \($0)" }].compactMap { $0 }
        if !place.isEmpty { text += " (\(place.joined(separator: ", ")))" }
        if let server { text += ": \(server)" }
        if let advice { text += ". \(advice)" }
        return text
    }

    public var debugDescription: String {
        var text = "\(code.rawValue): \(message)"
        if let row { text += "\nrow: \(row)" }
        if let column { text += "\ncolumn: \(column)" }
        if let sql { text += "\nstatement: \(sql)" }
        if let server { text += "\n\(server.debugDescription)" }
        if let advice { text += "\nadvice: \(advice)" }
        if let cause { text += "\ncause: \(String(reflecting: cause))" }
        return text
    }
}
