import PostgresLocks
import PostgresTransport
import PostgresWire

/// A look-up of a name that its caller may stop waiting for: the first of answer, deadline and cancellation counts.
final class AddressLookup: Sendable {
    typealias Outcome = Result<[SocketAddress], PostgresError>

    private enum State {
        case created
        case waiting(UnsafeContinuation<Outcome, Never>, EventLoop.Timer, EventLoop)
        case over(Outcome)
    }

    private let state = Mutex(State.created)

    /// The addresses of a host, in the system's order of preference. What is an address or a socket's directory already
    /// is not looked up.
    static func addresses(
        of host: PostgresHost, loop: EventLoop, deadline: Int64
    ) async throws(PostgresError) -> [SocketAddress] {
        if host.isUnixSocket {
            do throws(TransportError) {
                return [try SocketAddress(unixPath: "\(host.name)/.s.PGSQL.\(host.port)")]
            } catch {
                throw PostgresError(
                    .invalidConfiguration, "the socket directory \(host.name) cannot be used: \(error)")
            }
        }
        if let address = Resolver.numericAddress(host.address ?? host.name, port: host.port) { return [address] }
        if let address = host.address {
            throw PostgresError(
                .invalidConfiguration, "the hostaddr \(address) is not an address",
                advice: "hostaddr takes an IPv4 or IPv6 address; names go into host")
        }
        let lookup = AddressLookup()
        let found = try await withTaskCancellationHandler {
            await withUnsafeContinuation { waiter in
                lookup.begin(waiter, host: host, loop: loop, deadline: deadline)
            }
        } onCancel: {
            lookup.finish(.failure(PostgresError(.cancelled, "the task was cancelled while connecting")))
        }.get()
        guard !found.isEmpty else {
            throw PostgresError(.connectionFailed, "the host \(host.name) has no address")
        }
        return found
    }

    private func begin(
        _ waiter: UnsafeContinuation<Outcome, Never>, host: PostgresHost, loop: EventLoop, deadline: Int64
    ) {
        let timer = loop.schedule(at: deadline) {
            self.finish(
                .failure(
                    PostgresError(
                        .timeout, "the address of \(host.name) was not found before the deadline",
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
        Resolver.resolve(host: host.name, port: host.port) { result in
            self.finish(
                result.mapError {
                    PostgresError(
                        .connectionFailed, $0.description, advice: "Check the host's name in the URL", safeToRetry: true
                    )
                })
        }
    }

    private func finish(_ outcome: Outcome) {
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
