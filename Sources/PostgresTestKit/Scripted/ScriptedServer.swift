import Foundation
import PostgresLocks
public import PostgresWire

/// A server that does what a script says: for testing what a real one does only rarely.
///
///     let server = try ScriptedServer { s in
///         try s.acceptSession()
///         try s.expect(.query("SELECT 1"))
///         try s.send(.error(.adminShutdown, "terminating connection", severity: "FATAL"))
///         s.cut()
///     }
///     // … a client meets it at 127.0.0.1, server.port …
///     try await server.finished()
///
/// The script runs in a thread of its own that ends with it, at the latest when the server is stopped or forgotten.
/// When it ends, so do its connections.
public final class ScriptedServer: Sendable {
    /// Where a scripted server listens.
    public enum Place: Sendable, Hashable {
        /// A free port of 127.0.0.1.
        case loopback
        /// A unix socket in this directory, named as PostgreSQL names it.
        case unixSocket(directory: String)
    }

    private struct State {
        var received: [FrontendMessage] = []
        var outcome: Result<Void, any Error>?
        var waiters: [CheckedContinuation<Void, any Error>] = []
    }

    /// The port, or the number in the name of the unix socket.
    public let port: Int
    private let state = Mutex(State())
    /// Closing it wakes the script.
    private let stopper: Mutex<Channel?>

    /// Listens, and starts the script, which waits for the client at each step as long as `patience` says before it
    /// fails.
    /// - Throws: `PostgresError(.invalidConfiguration)` when it cannot listen there.
    public init(
        on place: Place = .loopback, patience: Duration = .seconds(30),
        _ script: @escaping @Sendable (ScriptedSession) throws -> Void
    ) throws(PostgresError) {
        let pair = try Channel.pair()
        let listener = try Listener(place)
        port = listener.port
        stopper = Mutex(pair.near)
        let thread = ScriptThread(listener: listener, stop: pair.far)
        Thread.detachNewThread { [weak self] in
            let outcome = thread.run(patience, record: { message in self?.record(message) }, script)
            self?.finish(outcome)
        }
    }

    deinit { stop() }

    /// What clients have sent so far, over all connections.
    public var received: [FrontendMessage] { state.withLock { $0.received } }

    /// Waits for the end of the script.
    /// - Throws: `ScriptFailure` where the client did not do what the script expects, and what else the script threw.
    public func finished() async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            let outcome = state.withLock { state in
                if state.outcome == nil { state.waiters.append(continuation) }
                return state.outcome
            }
            if let outcome { continuation.resume(with: outcome) }
        }
    }

    /// Ends the script where it waits; more calls do nothing.
    public func stop() { stopper.withLock { $0 = nil } }

    private func record(_ message: FrontendMessage) { state.withLock { $0.received.append(message) } }

    private func finish(_ outcome: Result<Void, any Error>) {
        let waiters = state.withLock { state in
            state.outcome = outcome
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume(with: outcome) }
    }
}

/// What the script's thread owns.
private final class ScriptThread: Sendable {
    private let listener: Listener
    private let stopDescriptor: Int32
    private let stop: Mutex<Channel?>

    init(listener: Listener, stop: consuming Channel) {
        self.listener = listener
        stopDescriptor = stop.descriptor
        self.stop = Mutex(stop)
    }

    func run(
        _ patience: Duration, record: @escaping (FrontendMessage) -> Void,
        _ script: (ScriptedSession) throws -> Void
    ) -> Result<Void, any Error> {
        let waiting = ScriptWaiting(patience: patience, stopDescriptor: stopDescriptor)
        let session = ScriptedSession(listener: listener.descriptor, waiting, record: record)
        defer {
            session.closeAll()
            listener.close()
        }
        return Result { try script(session) }
    }
}
