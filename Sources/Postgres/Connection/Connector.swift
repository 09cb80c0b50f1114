import PostgresLocks
import PostgresTransport
import PostgresWire

/// From a configuration to a session that is ready: names to addresses, addresses in turn, encryption as asked.
struct Connector: Sendable {
    private let configuration: PostgresConfiguration
    private let loop: EventLoop
    private let deadline: Int64

    /// The time begins to run.
    init(_ configuration: PostgresConfiguration, loop: EventLoop? = nil) throws(PostgresError) {
        try configuration.validate()
        self.configuration = configuration
        self.loop = if let loop { loop } else { try EventLoops.shared.loop() }
        deadline = Session.deadline(after: configuration.connectTimeout)
    }

    /// The first address that lets us in; the last error when none does.
    ///
    /// On the loop from end to end: the deadline runs, and must not be spent waiting for a thread that others keep busy.
    @concurrent
    func connect() async throws(PostgresError) -> Session {
        try await typed { try await withTaskExecutorPreference(loop) { try await connectInTurn() } }
    }

    private func connectInTurn() async throws(PostgresError) -> Session {
        let attempts = try SessionSecurity.attempts(for: configuration)
        var failure: PostgresError?
        for address in try await addresses() {
            for security in attempts {
                do {
                    return try await connect(to: address, security)
                } catch {
                    failure = error
                    if error.code == .cancelled || monotonicNanoseconds() >= deadline { throw error }
                    // Another way of encrypting helps only where that was what failed.
                    guard mayHelp(security, error) else { break }
                }
            }
            // Another address of the same server would give the same answer.
            if failure?.server != nil || failure?.code == .authenticationFailed { break }
        }
        throw failure ?? PostgresError(.connectionFailed, "the host \(configuration.host) has no address")
    }

    private func mayHelp(_ security: SessionSecurity, _ error: PostgresError) -> Bool {
        switch configuration.tls.mode {
        // Refused in the clear: the server may want TLS.
        case .allow: error.sqlState == .invalidAuthorizationSpecification
        // Refused encrypted: TLS failed, or pg_hba.conf has only hostnossl lines.
        case .prefer: error.code == .tlsFailed || error.sqlState == .invalidAuthorizationSpecification
        default: false
        }
    }

    private func connect(to address: SocketAddress, _ security: SessionSecurity) async throws(PostgresError) -> Session
    {
        let session = Session(loop: loop, configuration: configuration, address: address, security: security)
        let failure: PostgresError? = await withTaskCancellationHandler {
            await withUnsafeContinuation { waiter in
                session.connect(deadline: deadline) { waiter.resume(returning: $0) }
            }
        } onCancel: {
            // On the loop, behind the opening it may overtake.
            session.loop.perform { session.abort(PostgresError(.cancelled, "the task was cancelled while connecting")) }
        }
        if let failure { throw failure }
        return session
    }

    // MARK: Addresses

    private func addresses() async throws(PostgresError) -> [SocketAddress] {
        if configuration.isUnixSocket {
            do throws(TransportError) {
                return [try SocketAddress(unixPath: "\(configuration.host)/.s.PGSQL.\(configuration.port)")]
            } catch {
                throw PostgresError(
                    .invalidConfiguration, "the socket directory \(configuration.host) cannot be used: \(error)")
            }
        }
        let lookup = Lookup()
        return try await withTaskCancellationHandler {
            await withUnsafeContinuation { waiter in
                lookup.begin(waiter, host: configuration.host, port: configuration.port, loop: loop, deadline: deadline)
            }
        } onCancel: {
            lookup.finish(.failure(PostgresError(.cancelled, "the task was cancelled while connecting")))
        }.get()
    }
}

/// A look-up of a name that its caller may stop waiting for: the first of answer, deadline and cancellation counts.
private final class Lookup: Sendable {
    typealias Outcome = Result<[SocketAddress], PostgresError>

    private enum State {
        case created
        case waiting(UnsafeContinuation<Outcome, Never>, EventLoop.Timer, EventLoop)
        case over(Outcome)
    }

    private let state = Mutex(State.created)

    func begin(
        _ waiter: UnsafeContinuation<Outcome, Never>, host: String, port: Int, loop: EventLoop, deadline: Int64
    ) {
        let timer = loop.schedule(at: deadline) {
            self.finish(
                .failure(
                    PostgresError(
                        .timeout, "the address of \(host) was not found before the deadline",
                        advice: "Check the name, and the machine's name servers", safeToRetry: true)))
        }
        let early: Outcome? = state.withLock { state in
            if case .over(let outcome) = state { return outcome }
            state = .waiting(waiter, timer, loop)
            return nil
        }
        if let early {
            loop.cancel(timer)
            return waiter.resume(returning: early)
        }
        Resolver.resolve(host: host, port: port) { result in
            self.finish(
                result.mapError {
                    PostgresError(
                        .connectionFailed, $0.description, advice: "Check the host's name in the URL", safeToRetry: true
                    )
                })
        }
    }

    func finish(_ outcome: Outcome) {
        let waiting: (UnsafeContinuation<Outcome, Never>, EventLoop.Timer, EventLoop)? = state.withLock { state in
            switch state {
            case .created:
                state = .over(outcome)
                return nil
            case .waiting(let waiter, let timer, let loop):
                state = .over(outcome)
                return (waiter, timer, loop)
            case .over:
                return nil
            }
        }
        guard let (waiter, timer, loop) = waiting else { return }
        loop.cancel(timer)
        waiter.resume(returning: outcome)
    }
}
