import PostgresLocks
import PostgresTransport
import PostgresWire

/// From a configuration to a session that is ready: hosts in turn, the addresses of each in turn, encryption as asked.
///
/// Each address has `connectTimeout` for itself, as with libpq; the first of a host shares it with the look-up of the
/// host's name. What is tried again at the same address has it anew where libpq's own rules ask for another way.
struct Connector: Sendable {
    private let configuration: PostgresConfiguration
    private let loop: EventLoop
    private let race: ConnectRace

    init(
        _ configuration: PostgresConfiguration, loop: EventLoop? = nil, grace: Int64 = ConnectRace.usualGrace
    ) throws(PostgresError) {
        try configuration.validate()
        self.configuration = configuration
        self.loop = if let loop { loop } else { try EventLoops.shared.group().loop() }
        race = ConnectRace(
            deadline: Session.deadline(after: configuration.connectTimeout), grace: grace,
            server: configuration.hosts.map(\.description).joined(separator: ", "))
    }

    /// The first server that lets us in and is what is wanted; why none is, else.
    ///
    /// The work is done on the loop from end to end: the deadline runs, and must not be spent waiting for a thread that
    /// others keep busy. The caller waits beside it, since the loop itself may be kept busy: a deadline or a cancelled task
    /// ends the wait whatever the loop does.
    func connect() async throws(PostgresError) -> Session {
        guard let tracing = Tracing(configuration) else { return try await connectOnLoop() }
        let trace = tracing.begin(.connect)
        do throws(PostgresError) {
            let session = try await connectOnLoop()
            trace.end()
            return session
        } catch {
            trace.end(error: error)
            throw error
        }
    }

    private func connectOnLoop() async throws(PostgresError) -> Session {
        try await race.run(on: loop) { () async throws(PostgresError) in try await connectInTurn() }
    }

    private func freshDeadline() -> Int64 {
        let deadline = Session.deadline(after: configuration.connectTimeout)
        race.extend(to: deadline)
        return deadline
    }

    // MARK: Hosts

    private func connectInTurn() async throws(PostgresError) -> Session {
        var failures = ConnectFailures()
        // Where no standby is to be had, whatever there is will do.
        let targets: [PostgresTargetSession] =
            configuration.targetSession == .preferStandby ? [.standby, .any] : [configuration.targetSession]
        for target in targets {
            failures = ConnectFailures()
            for host in configuration.loadBalancesHosts ? configuration.hosts.shuffled() : configuration.hosts {
                switch try await connect(to: host, target, &failures) {
                case .ready(let session): return session
                case .nextHost: continue
                case .giveUp: throw failures.error
                }
            }
        }
        throw failures.error
    }

    private enum Outcome {
        case ready(Session)
        case nextHost
        /// Another host would give the same answer, or must not be asked.
        case giveUp
    }

    private func connect(
        to host: PostgresHost, _ target: PostgresTargetSession, _ failures: inout ConnectFailures
    ) async throws(PostgresError) -> Outcome {
        let securities = try SessionSecurity.attempts(for: configuration, host: host)
        let deadline = freshDeadline()
        var addresses: [SocketAddress]
        do {
            addresses = try await AddressLookup.addresses(of: host, loop: loop, deadline: deadline)
        } catch {
            failures.add(error, host)
            return error.code == .cancelled || error.code == .invalidConfiguration ? .giveUp : .nextHost
        }
        if configuration.loadBalancesHosts { addresses.shuffle() }
        for (index, address) in addresses.enumerated() {
            let attempt = Attempt(
                host: host, address: address, target: target, deadline: index == 0 ? deadline : freshDeadline())
            do {
                return .ready(try await connect(attempt, securities))
            } catch {
                failures.add(error.error, host)
                switch verdict(on: error) {
                case .nextAddress: continue
                case .nextHost: return .nextHost
                case .giveUp: return .giveUp
                }
            }
        }
        return .nextHost
    }

    private enum Verdict { case nextAddress, nextHost, giveUp }

    /// Whether the next address, or the next host, may do better. A refusal for reasons that hold everywhere ends it all,
    /// as with libpq: the password is not shown around.
    private func verdict(on failure: Failure) -> Verdict {
        switch failure.error.code {
        case .cancelled, .invalidConfiguration, .authenticationFailed: return .giveUp
        case .server:
            switch failure.error.sqlState {
            case .cannotConnectNow?, .tooManyConnections?: return .nextHost
            default: return .giveUp
            }
        default:
            if case .unsuitable? = failure.setback { return .nextHost }
            return .nextAddress
        }
    }

    // MARK: One address

    private struct Attempt {
        let host: PostgresHost
        let address: SocketAddress
        let target: PostgresTargetSession
        let deadline: Int64
    }

    private struct Failure: Error {
        var error: PostgresError
        var setback: ConnectSetback?
    }

    /// One address in each of the ways that the mode of encryption stands for.
    private func connect(_ attempt: Attempt, _ securities: [SessionSecurity]) async throws(Failure) -> Session {
        var first: Failure?
        for (index, security) in securities.enumerated() {
            do {
                return try await connect(attempt, security, index == 0 ? attempt.deadline : freshDeadline())
            } catch {
                guard let before = first else {
                    first = error
                    guard mayHelp(security, error) else { throw error }
                    continue
                }
                throw Self.joined(before, error)
            }
        }
        throw first ?? Failure(error: PostgresError(.connectionFailed, "no way to connect is left"))
    }

    /// What to say when both ways of encrypting have failed.
    private static func joined(_ before: Failure, _ after: Failure) -> Failure {
        // Refused both ways: the first answer is the one to the way that was wanted.
        guard before.error.server == nil || after.error.server == nil, after.error.code != .cancelled else {
            return after.error.code == .cancelled ? after : before
        }
        var failure = after
        failure.error.message += " (and before, the other way: \(before.error.message))"
        return failure
    }

    /// Whether another way of encrypting may help.
    private func mayHelp(_ security: SessionSecurity, _ failure: Failure) -> Bool {
        if failure.error.code == .cancelled { return false }
        let isRefused = failure.error.sqlState == .invalidAuthorizationSpecification
        switch configuration.tls.mode {
        // Refused in the clear: the server may want TLS.
        case .allow: return isRefused && security.context == nil
        // Refused encrypted: TLS did not come about, or pg_hba.conf has only hostnossl lines.
        case .prefer:
            guard security.context != nil else { return false }
            if case .encrypting? = failure.setback { return true }
            return isRefused
        default: return false
        }
    }

    /// One address, one way; again with an older protocol where the newer one is not understood, and again with what the
    /// server told about tokens.
    private func connect(
        _ attempt: Attempt, _ security: SessionSecurity, _ deadline: Int64
    ) async throws(Failure) -> Session {
        var options = StartupOptions(version: configuration.maximumProtocol, target: attempt.target)
        while true {
            let session = Session(
                loop: loop, configuration: configuration, host: attempt.host, address: attempt.address,
                security: security, purpose: .queries(options))
            guard var error = await open(session, deadline) else { return session }
            let setback = session.change { state, _ in state.setback }
            if case .tokenWanted(let refusal)? = setback, options.discovery == nil {
                options.discovery = refusal
                continue
            }
            if case .unheard? = setback, options.version > .v3_0, Self.isAboutProtocol(error) {
                if configuration.minimumProtocol < options.version {
                    options.version = .v3_0
                    continue
                }
                let reason = error.server.map { ": \($0.message)" } ?? " by closing the connection"
                error = StartupExchange.tooOld(
                    "the server refused protocol \(options.version.rawValue)\(reason)", configuration.minimumProtocol)
            }
            throw Failure(error: error, setback: setback)
        }
    }

    /// What a server or a proxy answers when it does not know the protocol's version. Some only hang up.
    private static func isAboutProtocol(_ error: PostgresError) -> Bool {
        switch error.code {
        case .connectionFailed, .connectionClosed, .protocolViolation: return true
        case .server:
            return error.sqlState == .featureNotSupported || error.sqlState == .protocolViolation
        default: return false
        }
    }

    private func open(_ session: Session, _ deadline: Int64) async -> PostgresError? {
        await withTaskCancellationHandler {
            await withUnsafeContinuation { waiter in
                session.connect(deadline: deadline) { waiter.resume(returning: $0) }
            }
        } onCancel: {
            // On the loop, behind the opening it may overtake.
            session.loop.perform { session.abort(ConnectRace.cancelled) }
        }
    }
}

/// What each of several attempts came to.
private struct ConnectFailures {
    private var failures: [(error: PostgresError, host: PostgresHost)] = []

    mutating func add(_ error: PostgresError, _ host: PostgresHost) { failures.append((error, host)) }

    /// The only failure as it is; of several the last, with what the others said.
    var error: PostgresError {
        guard let last = failures.last else {
            return PostgresError(.connectionFailed, "no host is given")
        }
        guard failures.count > 1, last.error.code != .cancelled else { return last.error }
        var error = last.error
        let shown = failures.suffix(16).map { failure in
            let server = failure.error.server.map { ": \($0.message)" } ?? ""
            return "\(failure.host): \(failure.error.message)\(server)"
        }
        error.message = "no host let us in: \(shown.joined(separator: "; "))"
        error.safeToRetry = failures.contains { $0.error.safeToRetry }
        return error
    }
}
