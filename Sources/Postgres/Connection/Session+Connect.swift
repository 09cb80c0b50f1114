import PostgresTransport
import PostgresWire

/// Where a connection that came to nothing stood: whether another attempt may fare better.
enum ConnectSetback: Sendable {
    /// TLS did not come about.
    case encrypting
    /// The startup message was sent, and nothing came but a refusal.
    case unheard
    /// The server has told where tokens come from, which was not known before.
    case tokenWanted(OAuthRefusal)
    /// It works, and is not the kind of server that is wanted.
    case unsuitable
    /// Whatever else: nothing to try again at this address.
    case final
}

extension Session {
    /// Begins to connect; `completion` is called once, on the loop's thread or the caller's.
    func connect(deadline: Int64, completion: @escaping @Sendable (PostgresError?) -> Void) {
        loop.perform {
            self.change { state, effects in
                if let reason = state.closeReason {
                    // Aborted before it began, as by a task that was cancelled already.
                    effects.rare.connected = completion
                    effects.rare.connectError = reason
                    return
                }
                state.onConnected = completion
                state.connectTimer = self.loop.schedule(at: deadline) {
                    self.abort(Session.timedOut("\(self.address)"))
                }
                self.open(&state, &effects)
            }
        }
    }

    static func timedOut(_ server: String) -> PostgresError {
        PostgresError(
            .timeout, "the server at \(server) did not let us in before the deadline",
            advice: "Is it overloaded, behind a firewall, or not PostgreSQL? connect_timeout sets the wait",
            safeToRetry: true)
    }

    /// How long to stay away from a unix socket whose queue is full.
    private static let crowdedPause: Int64 = 5_000_000

    private func open(_ state: inout SessionState, _ effects: inout Effects) {
        do throws(TransportError) {
            let channel = Channel(try Socket(connectingTo: address, options: configuration.socketOptions))
            let isConnected = channel.isConnected
            state.interest = isConnected ? .read : .write
            state.registration = try loop.register(channel.descriptor, interest: state.interest, handler: self)
            state.channel = consume channel
            guard isConnected else { return }
            do throws(PostgresError) { try connected(&state) } catch { close(&state, error, &effects) }
            if state.phase != .closed, state.wantedInterest != state.interest { effects.updatesInterest = true }
        } catch  where error.isCrowded {
            _ = loop.schedule(at: monotonicNanoseconds() &+ Self.crowdedPause) {
                self.change { state, effects in if state.phase == .connecting { self.open(&state, &effects) } }
            }
        } catch {
            close(&state, refused(error), &effects)
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
        if security.isDirect { return try startTLS(&state) }
        FrontendMessage.sslRequest(to: &state.outbound)
        state.phase = .awaitingTLSAnswer
        try send(&state)
    }

    // MARK: TLS

    /// S: encrypt. N: the server has no TLS.
    func takeTLSAnswer(_ state: inout SessionState) throws(PostgresError) {
        switch state.inbound.takeByte() {
        case UInt8(ascii: "S"):
            // Whatever follows in the clear was put there by somebody else (CVE-2021-23222).
            guard state.inbound.count == 0 else {
                state.setback = .final
                throw PostgresError(
                    .tlsFailed, "unencrypted bytes followed the server's agreement to TLS",
                    advice: "Somebody may be tampering with the connection")
            }
            try startTLS(&state)
        case UInt8(ascii: "N"):
            guard state.inbound.count == 0 else {
                state.setback = .final
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
            state.setback = .final
            throw PostgresError(
                .protocolViolation, "the server's answer to the request for TLS is none",
                advice: "Is something other than PostgreSQL listening there?")
        case nil:
            break
        }
    }

    private func startTLS(_ state: inout SessionState) throws(PostgresError) {
        guard let context = security.context else { return }
        do throws(TLSError) {
            state.channel?.startTLS(try context.makeSession(host: security.serverName))
        } catch {
            throw PostgresError(.tlsFailed, error.message)
        }
        state.phase = .handshaking
        try handshake(&state)
    }

    func handshake(_ state: inout SessionState) throws(PostgresError) {
        let isDone: Bool?
        do throws(TransportError) {
            isDone = try state.channel?.handshake()
        } catch {
            throw tlsFailed(error)
        }
        guard isDone == true else { return }
        // The only sign that the other side means PostgreSQL, where nothing was said before.
        if security.isDirect, state.channel?.applicationProtocol != SessionSecurity.applicationProtocol {
            state.setback = .final
            throw PostgresError(
                .tlsFailed, "the server did not agree to speak PostgreSQL's protocol over TLS (ALPN)",
                advice: "sslnegotiation=direct needs PostgreSQL 17 or later, and a proxy that knows it")
        }
        try begin(&state)
    }

    /// The error for a handshake that failed, or for the alert with which a server ends it afterwards.
    func tlsFailed(_ error: TransportError) -> PostgresError {
        let advice: String? =
            switch error.tls {
            case .untrustedCertificate:
                "Give the file of the authority that signed it: sslrootcert"
            case .nameMismatch:
                "Use a name that is in the certificate as host; hostaddr can say where that is"
            case .expiredCertificate:
                "Renew it on the server; if it is new, compare this machine's clock with the server's"
            case .revokedCertificate:
                "Renew it on the server, or give a current list: sslcrl"
            case .refusedByPeer:
                "Does the server ask for a certificate that it does not get, or does not trust? See sslcert and sslkey; "
                    + "or have the two sides no version of TLS in common?"
            case .truncated where security.isDirect:
                "sslnegotiation=direct needs PostgreSQL 17 or later"
            case .truncated:
                "Look at the server's log"
            default: nil
            }
        return PostgresError(.tlsFailed, error.description, advice: advice)
    }

    // MARK: The startup

    /// The way to the server stands: says what this connection is for.
    private func begin(_ state: inout SessionState) throws(PostgresError) {
        switch purpose {
        case .queries(let options):
            let rules = AuthenticationRules(
                channelBinding: configuration.channelBinding, required: configuration.requiredAuthentication,
                maximumIterations: configuration.scramIterationLimit, isEncrypted: state.isEncrypted,
                certificateDigest: state.channel?.peerCertificateDigest,
                maySendToken: state.isEncrypted || address.isUnix || configuration.oauth.allowsUnencrypted,
                hasToken: configuration.oauthTokenProvider != nil)
            state.startup = StartupExchange(configuration: configuration, options: options, rules: rules)
            StartupExchange.begin(configuration, version: options.version, to: &state.outbound)
            state.phase = .startingUp
        case .cancel(let processID, let secretKey):
            FrontendMessage.cancelRequest(processID: processID, secretKey: secretKey, to: &state.outbound)
            state.phase = .awaitingCancelEnd
        }
        try send(&state)
    }

    func send(_ state: inout SessionState) throws(PostgresError) {
        do throws(TransportError) { try state.writeOut() } catch { throw lost(error) }
    }

    /// Bytes that may lie unread while somebody is asked for a password: a server has no reason to send any.
    private static let mostUnread = 1024 * 1024

    /// Messages until ReadyForQuery.
    func startUp(_ state: inout SessionState, _ effects: inout Effects) throws(PostgresError) {
        while state.phase == .startingUp, state.startup?.isWaiting == false,
            let frame = try state.inbound.nextFrame(largest: state.startup?.largestFrame ?? 0)
        {
            let event = try takeStartupFrame(&state, frame)
            state.inbound.consume(frame.size)
            try apply(event, &state, &effects)
        }
        if state.phase == .startingUp, state.inbound.count > Self.mostUnread {
            throw PostgresError(.protocolViolation, "the server goes on sending before it has an answer")
        }
        if state.outbound.count > 0, state.phase != .closed { try send(&state) }
    }

    private func apply(
        _ event: StartupExchange.Event, _ state: inout SessionState, _ effects: inout Effects
    ) throws(PostgresError) {
        switch event {
        case .nothing:
            break
        case .wants(let want):
            try ask(want, &state, &effects)
        case .failed(let error):
            throw refused(error, &state)
        case .unsuitable(let reason):
            state.setback = .unsuitable
            FrontendMessage.terminate(to: &state.outbound)
            try? state.writeOut()
            state.channel?.close()
            let target = if case .queries(let options) = purpose { options.target.rawValue } else { "" }
            throw PostgresError(
                .connectionFailed, "\(host): \(reason), and target_session_attrs asks for \(target)",
                advice: "Name every server of the cluster as a host", safeToRetry: true)
        case .ready(let status):
            state.transactionStatus = status
            state.parameters = state.startup?.parameters ?? [:]
            state.cancelKey = state.startup?.cancelKey
            state.startup = nil
            state.phase = .ready
            finishConnecting(&state, nil, &effects)
        }
    }

    private func takeStartupFrame(
        _ state: inout SessionState, _ frame: FrameBuffer.Frame
    ) throws(PostgresError) -> StartupExchange.Event {
        let content = [UInt8](state.inbound.content(of: frame))
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

    // MARK: Failures

    private func refused(_ error: PostgresServerError, _ state: inout SessionState) -> PostgresError {
        var message = "the server refused the connection"
        if let refusal = state.startup?.tokenRefusal {
            message = "the server refused the OAuth token (\(refusal.description))"
            if state.startup?.hasAskedForDiscovery == true { state.setback = .tokenWanted(refusal) }
        }
        return PostgresError(
            error.isAboutCredentials ? .authenticationFailed : .server, message,
            advice: Advice.forServerError(error), server: error,
            safeToRetry: error.sqlState == .tooManyConnections || error.sqlState == .cannotConnectNow)
    }

    private func refused(_ error: TransportError) -> PostgresError {
        PostgresError(
            .connectionFailed, "no connection to \(address): \(error)",
            advice: error.isRefused
                ? "Is PostgreSQL running there? Check host and port, and listen_addresses on the server" : nil,
            safeToRetry: true)
    }

    /// Remembers how far it came, before the phase that tells it is gone.
    func noteSetback(_ state: inout SessionState) {
        guard state.setback == nil else { return }
        switch state.phase {
        case .awaitingTLSAnswer, .handshaking: state.setback = .encrypting
        case .startingUp: state.setback = state.startup?.hasHeardNothing == true ? .unheard : .final
        default: break
        }
    }
}

extension PostgresServerError {
    /// The user, the password or pg_hba.conf is the reason, not the database.
    var isAboutCredentials: Bool { sqlState.errorClass == "28" }
}
