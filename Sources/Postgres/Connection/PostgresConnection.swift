import PostgresTransport
public import PostgresWire

/// One session with a server.
///
///     let connection = try await PostgresConnection.connect(PostgresConfiguration("postgres://app@localhost/app"))
///     let names = try await connection.query("SELECT name FROM users WHERE id = \(id)", as: String.self).collect()
///     await connection.close()
///
/// May be used by several tasks at once: what they ask goes out in order and is answered in order. Inside
/// `withConnection { }` the work runs on the connection's own thread, which makes small queries fastest.
public final class PostgresConnection: Sendable {
    let session: Session
    let lease: PoolLease?
    init(session: Session, lease: PoolLease? = nil) {
        self.session = session
        self.lease = lease
    }

    deinit {
        // A lease gives the session back; nobody else holds it.
        if lease == nil { session.terminate() }
    }

    /// The server's settings as it reports them: `server_version`, `TimeZone`, `client_encoding` and others.
    public var serverParameters: [String: String] { session.change { state, _ in state.parameters } }

    /// The process that serves this session, as `pg_stat_activity` names it; nil behind a proxy that hides it.
    public var serverProcessID: Int? { session.change { state, _ in state.cancelKey.map { Int($0.processID) } } }

    /// False once the connection is closed or lost.
    public var isOpen: Bool { session.change { state, _ in state.phase == .ready } }

    /// True while a transaction is open, failed ones included.
    public var isInTransaction: Bool { session.change { state, _ in state.transactionStatus != .idle } }

    /// The same, while there is a session: one that was lost in a transaction is told as lost.
    var isInOpenTransaction: Bool {
        session.change { state, _ in state.phase != .closed && state.transactionStatus != .idle }
    }

    /// Ends the session. What is still running on it fails with `connectionClosed`.
    public func close() async { session.terminate() }
}

extension PostgresConnection {
    /// Connects, proves who we are and waits until the server is ready.
    ///
    /// - Throws: `connectionFailed`, `tlsFailed`, `authenticationFailed`, `timeout` when
    ///   ``PostgresConfiguration/connectTimeout`` passes, `server` with the server's reason, `cancelled`.
    public static func connect(
        _ configuration: PostgresConfiguration
    ) async throws(PostgresError) -> PostgresConnection {
        PostgresConnection(session: try await Connector(configuration).connect())
    }

    /// Connects, runs `body` on the connection's own thread, and closes.
    @concurrent @discardableResult
    public static func withConnection<R: Sendable>(
        _ configuration: PostgresConfiguration, _ body: @Sendable (PostgresConnection) async throws -> R
    ) async throws -> R {
        let connection = try await connect(configuration)
        do {
            let result = try await connection.withConnection(body)
            await connection.close()
            return result
        } catch {
            await connection.close()
            throw error
        }
    }
}
