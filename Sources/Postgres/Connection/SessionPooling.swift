import PostgresTransport
import PostgresWire

/// Whether a session of ours is one of the server's, as what belongs to a session (LISTEN, advisory locks) must know.
enum SessionPooling: Sendable {
    /// The process that serves us is the one that the server named when we connected.
    case direct
    /// Another one serves us: something stands in between. It was not seen to change from one transaction to the next.
    case unknown
    /// Something in between gives each transaction another session of the server.
    case transactions
}

extension Session {
    /// Whether a transaction pooler stands between us and the server, and the process that serves us now.
    ///
    /// A pooler gives its clients a process identifier of its own, since it answers their cancels itself. So does what pools
    /// whole sessions, or nothing; transaction pooling is proven by two clients being served by one process, or one client
    /// by two. That needs a second connection, made only where the identifiers differ; the answer is kept. A busy pooler may
    /// not be found out at the first look: `unknown` is no promise.
    func checkPooling(timeout: Duration?) async throws(PostgresError) -> (SessionPooling, pid: Int32?) {
        let (known, key) = change { state, _ in (state.pooling, state.cancelKey?.processID) }
        if let known { return (known, known == .direct ? key : nil) }
        let pid = try await backendProcess(timeout: timeout)
        let pooling: SessionPooling = pid == key ? .direct : try await comparePooling(with: pid, timeout: timeout)
        change { state, _ in state.pooling = pooling }
        return (pooling, pid)
    }

    /// Looks from a second connection. A pooler's is most likely given what the first one has just let go of.
    private func comparePooling(with first: Int32, timeout: Duration?) async throws(PostgresError) -> SessionPooling {
        do {
            let other = try await Connector(configuration, loop: loop).connect()
            defer { other.terminate() }
            for _ in 0..<3 {
                _ = try await other.script("BEGIN", timeout: timeout)
                if try await other.backendProcess(timeout: timeout) == first { return .transactions }
                if try await backendProcess(timeout: timeout) != first { return .transactions }
                _ = try await other.script("ROLLBACK", timeout: timeout)
            }
            return .unknown
        } catch {
            // A pooler of sessions may have none for a second client.
            if error.code == .cancelled || !isOpen { throw error }
            return .unknown
        }
    }

    private var isOpen: Bool { change { state, _ in state.phase == .ready } }

    /// The process that serves us now, as the server itself names it.
    func backendProcess(timeout: Duration?) async throws(PostgresError) -> Int32 {
        // By the simple protocol, which every pooler understands, in one piece.
        let request = try await script("SELECT pg_catalog.pg_backend_pid()", keepsRows: true, timeout: timeout)
        guard let pid = change({ _, _ in request.results.first?.text(row: 0, column: 0) }).flatMap({ Int32($0) }) else {
            throw PostgresError(.protocolViolation, "the server did not say which process serves us")
        }
        return pid
    }
}
