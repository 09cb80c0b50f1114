import PostgresTransport
import PostgresWire

extension Session {
    /// Begins to connect; `completion` is called once, on the loop's thread or the caller's.
    func connect(deadline: Int64, completion: @escaping @Sendable (PostgresError?) -> Void) {
        loop.perform {
            self.change { state, effects in
                if let reason = state.closeReason {
                    // Aborted before it began, as by a task that was cancelled already.
                    effects.connected = completion
                    effects.connectError = reason
                    return
                }
                state.onConnected = completion
                guard state.phase == .connecting else {
                    // Given up before it began.
                    return self.finishConnecting(&state, state.closeReason, &effects)
                }
                state.connectTimer = self.loop.schedule(at: deadline) {
                    self.abort(
                        PostgresError(
                            .timeout, "the server at \(self.address) did not let us in before the deadline",
                            advice:
                                "Is it overloaded, behind a firewall, or not PostgreSQL? connect_timeout sets the wait",
                            safeToRetry: true))
                }
                do throws(PostgresError) {
                    try self.open(&state)
                } catch {
                    self.close(&state, error, &effects)
                }
            }
        }
    }

    private func open(_ state: inout SessionState) throws(PostgresError) {
        do throws(TransportError) {
            let channel = Channel(try Socket(connectingTo: address))
            state.registration = try loop.register(channel.descriptor, interest: .write, handler: self)
            state.channel = consume channel
        } catch {
            throw refused(error)
        }
    }

    /// The socket stands or has failed.
    func connected(_ state: inout SessionState) throws(PostgresError) {
        do throws(TransportError) {
            try state.channel?.finishConnecting()
        } catch {
            throw refused(error)
        }
        guard security.context != nil else { return try begin(&state) }
        FrontendMessage.sslRequest(to: &state.outbound)
        state.phase = .awaitingTLSAnswer
        try send(&state)
    }

    /// S: encrypt. N: the server has no TLS.
    func takeTLSAnswer(_ state: inout SessionState) throws(PostgresError) {
        switch state.inbound.takeByte() {
        case UInt8(ascii: "S"):
            // Whatever follows in the clear was put there by somebody else (CVE-2021-23222).
            guard state.inbound.count == 0, let context = security.context else {
                throw PostgresError(
                    .tlsFailed, "unencrypted bytes followed the server's agreement to TLS",
                    advice: "Somebody may be tampering with the connection")
            }
            do throws(TLSError) {
                state.channel?.startTLS(try context.makeSession(host: security.serverName))
            } catch {
                throw PostgresError(.tlsFailed, error.message)
            }
            state.phase = .handshaking
            try handshake(&state)
        case UInt8(ascii: "N"):
            guard state.inbound.count == 0 else {
                throw PostgresError(.protocolViolation, "bytes follow the server's refusal of TLS")
            }
            guard security.allowsPlaintext else {
                throw PostgresError(
                    .tlsFailed, "the server has no TLS, and sslmode=\(configuration.tls.mode.rawValue) asks for it",
                    advice: "Turn it on there (ssl = on), or use sslmode=disable where nobody else can listen")
            }
            try begin(&state)
        case UInt8(ascii: "E"):
            // Sent before TLS: its text cannot be trusted and is not shown (CVE-2024-10977).
            throw PostgresError(.tlsFailed, "the server answered the request for TLS with an error")
        case .some:
            throw PostgresError(
                .protocolViolation, "the server's answer to the request for TLS is none",
                advice: "Is something other than PostgreSQL listening there?")
        case nil:
            break
        }
    }

    func handshake(_ state: inout SessionState) throws(PostgresError) {
        let isDone: Bool?
        do throws(TransportError) {
            isDone = try state.channel?.handshake()
        } catch {
            throw PostgresError(
                .tlsFailed, error.description,
                advice: "sslmode=verify-full needs the server's authority in sslrootcert and its name in the URL")
        }
        if isDone == true { try begin(&state) }
    }

    /// The way to the server stands: says what this connection is for.
    private func begin(_ state: inout SessionState) throws(PostgresError) {
        switch purpose {
        case .queries:
            state.startup = StartupExchange(
                configuration: configuration, certificateDigest: state.channel?.peerCertificateDigest)
            StartupExchange.begin(configuration, to: &state.outbound)
            state.phase = .startingUp
        case .cancel(let processID, let secretKey):
            FrontendMessage.cancelRequest(processID: processID, secretKey: secretKey, to: &state.outbound)
            state.phase = .awaitingCancelEnd
        }
        try send(&state)
    }

    private func send(_ state: inout SessionState) throws(PostgresError) {
        do throws(TransportError) { try state.writeOut() } catch { throw lost(error) }
    }

    /// Nothing before the session is long. A server that announces more is none, and shall not fill the memory.
    private static let largestStartupFrame = 64 * 1024

    /// Messages until ReadyForQuery.
    func startUp(_ state: inout SessionState, _ effects: inout Effects) throws(PostgresError) {
        while state.phase == .startingUp,
            let frame = try state.inbound.nextFrame(largest: Self.largestStartupFrame)
        {
            let event = try takeStartupFrame(&state, frame)
            state.inbound.consume(frame.size)
            switch event {
            case .nothing:
                break
            case .failed(let error):
                throw PostgresError(
                    error.isAboutCredentials ? .authenticationFailed : .server, "the server refused the connection",
                    advice: Advice.forServerError(error), server: error,
                    safeToRetry: error.sqlState == .tooManyConnections || error.sqlState == .cannotConnectNow)
            case .ready(let status):
                state.transactionStatus = status
                state.parameters = state.startup?.parameters ?? [:]
                state.cancelKey = state.startup?.cancelKey
                state.startup = nil
                state.phase = .ready
                finishConnecting(&state, nil, &effects)
            }
        }
        if state.outbound.count > 0 { try send(&state) }
    }

    private func takeStartupFrame(
        _ state: inout SessionState, _ frame: FrameBuffer.Frame
    ) throws(PostgresError) -> StartupExchange.Event {
        let content = state.inbound.withContent(of: frame) { [UInt8]($0) }
        var event = StartupExchange.Event.nothing
        var failure: PostgresError?
        content.withUnsafeBytes { bytes in
            do throws(PostgresError) {
                event = try state.startup?.receive(frame.kind, bytes, to: &state.outbound) ?? .nothing
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return event
    }

    private func refused(_ error: TransportError) -> PostgresError {
        PostgresError(
            .connectionFailed, "no connection to \(address): \(error)",
            advice: error.isRefused
                ? "Is PostgreSQL running there? Check host and port, and listen_addresses on the server" : nil,
            safeToRetry: true)
    }
}

extension PostgresServerError {
    /// The user, the password or pg_hba.conf is the reason, not the database.
    var isAboutCredentials: Bool { sqlState.errorClass == "28" }
}
