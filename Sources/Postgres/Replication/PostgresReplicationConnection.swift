import PostgresTransport
public import PostgresTypes
public import PostgresWire

/// A session that the server sends its changes to: logical replication.
///
///     let connection = try await PostgresReplicationConnection.connect(configuration)
///     try await connection.createSlot("orders", options: .init(isTemporary: true))
///     let stream = try await connection.startReplication(slot: "orders", publications: ["shop"])
///     for try await transaction in stream {
///         for try await change in transaction.changes { … }
///         transaction.acknowledge()
///     }
///
/// The server needs `wal_level = logical`, the user the REPLICATION attribute. PostgreSQL documentation, "Streaming
/// Replication Protocol" and "Logical Decoding".
public final class PostgresReplicationConnection: Sendable {
    let session: Session
    /// For commands; a stream has none.
    private let queryTimeout: Duration?

    private init(session: Session, queryTimeout: Duration?) {
        self.session = session
        self.queryTimeout = queryTimeout
    }

    deinit { session.terminate() }

    /// Connects to the configuration's database for replication.
    ///
    /// - Throws: as `PostgresConnection.connect`; `server` with 42501 or 28000 when the user may not replicate.
    public static func connect(
        _ configuration: PostgresConfiguration
    ) async throws(PostgresError) -> PostgresReplicationConnection {
        var configuration = configuration
        configuration.parameters["replication"] = "database"
        let queryTimeout = configuration.queryTimeout
        // It would end the stream.
        configuration.queryTimeout = nil
        return PostgresReplicationConnection(
            session: try await Connector(configuration).connect(), queryTimeout: queryTimeout)
    }

    /// False once the connection is closed or lost.
    public var isOpen: Bool { session.change { state, _ in state.phase == .ready } }

    /// The server's settings as it reports them.
    public var serverParameters: [String: String] { session.change { state, _ in state.parameters } }

    /// The process that serves this session; nil behind a proxy that hides it.
    public var serverProcessID: Int? { session.change { state, _ in state.cancelKey.map { Int($0.processID) } } }

    /// Ends the session. A stream that is still read fails with `connectionClosed`.
    public func close() async { session.terminate() }

    /// Runs a command of the replication protocol, or plain SQL, by the simple protocol; its rows in text.
    ///
    /// For few and short rows. Everything else belongs on an ordinary connection.
    ///
    /// - Throws: `server` with the server's reason; `invalidUse` while a stream is open; `timeout`, `cancelled`,
    ///   `connectionClosed`.
    @discardableResult
    public func query(_ sql: String, timeout: Duration? = nil) async throws(PostgresError) -> [[String?]] {
        let request = Request(.replication(ReplicationExchange()), sql: try sql.checkedCString("the command"))
        await session.run(request, until: .end, timeout: timeout ?? queryTimeout) { (state) throws(PostgresError) in
            try Self.checkIsIdle(state)
            FrontendMessage.query(sql, to: &state.outbound)
        }
        let (failure, rows) = session.change { _, _ -> (PostgresError?, [[String?]]) in
            guard case .replication(let machine) = request.exchange else { return (request.failure, []) }
            return (request.failure, machine.rows)
        }
        if let failure { throw Self.advised(failure) }
        return rows
    }

    /// Begins to send the changes of publications, from where the slot stands, or from `start` where that is later.
    ///
    /// What the reader acknowledges moves the slot on. A program that keeps the last position it has dealt with in its
    /// own database, together with what it did, gives it as `start` and never sees a transaction twice.
    ///
    /// - Throws: `server` when there is no such slot, or another session reads it (55006); `invalidUse` for what the
    ///   server is too old for, and while another stream of this connection is open.
    public func startReplication(
        slot: String, publications: [String], from start: PostgresLSN = .zero,
        options: PostgresReplicationOptions = PostgresReplicationOptions()
    ) async throws(PostgresError) -> PostgresReplicationStream {
        let interval = try await statusInterval(options)
        let sql = try ReplicationCommands(serverVersion: serverVersion)
            .start(slot: slot, publications: publications, from: start, options)
        let request = Request(.replication(ReplicationExchange()), sql: sql, keepsRows: true, isByteStream: true)
        let progress = ReplicationProgress(start: start)
        await session.run(request, until: .copyBegan) { (state) throws(PostgresError) in
            try Self.checkIsIdle(state)
            FrontendMessage.query(sql, to: &state.outbound)
            request.replication = progress
        }
        let failure = session.change { _, _ in
            // An error behind the beginning is for who reads the stream.
            request.abandonment
                ?? (request.hasBegunCopy
                    ? nil
                    : request.failure
                        ?? PostgresError(.protocolViolation, "the server did not answer with the stream"))
        }
        if let failure { throw Self.advised(failure) }
        session.scheduleReplicationStatus(progress, every: interval)
        return PostgresReplicationStream(
            connection: self, request: request, progress: progress,
            handsOutTransactions: options.streaming == .off && !options.twoPhase)
    }

    /// 15 for 15.3.
    var serverVersion: Int {
        serverParameters["server_version"].flatMap { Int($0.prefix { $0.isASCII && $0.isNumber }) } ?? 0
    }

    /// Nanoseconds between two words to the server: soon enough for it not to hang up.
    private func statusInterval(_ options: PostgresReplicationOptions) async throws(PostgresError) -> Int64 {
        if let interval = options.statusInterval { return max(interval.nanoseconds, 1_000_000) }
        let longest: Int64 = 10_000_000_000
        let text = try await query("SHOW wal_sender_timeout").first?.first ?? nil
        guard let limit = text.flatMap({ Self.nanoseconds($0) }), limit > 0 else { return longest }
        return min(longest, max(limit / 3, 1_000_000))
    }

    /// `1min`, `60s`, `500ms`: a time as the server shows it.
    static func nanoseconds(_ text: String) -> Int64? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int64(digits) else { return nil }
        let unit: Int64
        switch text.dropFirst(digits.count) {
        case "ms", "": unit = 1_000_000
        case "s": unit = 1_000_000_000
        case "min": unit = 60_000_000_000
        case "h": unit = 3_600_000_000_000
        case "d": unit = 86_400_000_000_000
        default: return nil
        }
        let (product, overflow) = number.multipliedReportingOverflow(by: unit)
        return overflow ? nil : product
    }

    private static func checkIsIdle(_ state: borrowing SessionState) throws(PostgresError) {
        guard state.requests.first?.replication == nil else {
            throw PostgresError(
                .invalidUse, "the connection is sending a stream of changes, and can do nothing else meanwhile",
                advice: "Stop the stream first, or use another connection", safeToRetry: true)
        }
    }

    private static func advised(_ error: PostgresError) -> PostgresError {
        var error = error
        guard error.advice == nil else { return error }
        switch error.sqlState {
        case .objectNotInPrerequisiteState:
            error.advice = "Logical replication needs wal_level = logical on the server, and a restart of it"
        case .objectInUse: error.advice = "Another session reads the slot; only one can"
        case .undefinedObject: error.advice = "Create the slot first, with createSlot"
        default: break
        }
        return error
    }
}
