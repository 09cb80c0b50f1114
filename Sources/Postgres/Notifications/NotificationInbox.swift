import PostgresLocks
import PostgresTransport
import PostgresWire

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// One listener's side of a subscription: what has come for it, and the task that waits for more.
///
/// Takes notifications in from the moment it is made, so that none is lost between the server's answer to LISTEN and the
/// first `next()`.
final class NotificationInbox: Sendable {
    private typealias Reader = UnsafeContinuation<PostgresListenEvent?, Never>
    private typealias Starter = UnsafeContinuation<Result<Void, PostgresError>, Never>

    /// How far LISTEN has come.
    private enum Start {
        case asked(Starter?)
        case answered(Result<Void, PostgresError>)
    }

    private struct State {
        var buffer: NotificationBuffer
        var start = Start.asked(nil)
        var readers: [Reader] = []
        /// The last sign of life of a connection that is lost and has no successor yet.
        var lostSince: Date?
        var isEnded = false
    }

    let channels: Set<ExactText>
    private let state: Mutex<State>

    init(channels: Set<ExactText>, limit: Int) {
        self.channels = channels
        state = Mutex(State(buffer: NotificationBuffer(limit: limit)))
    }

    // MARK: From the connection

    func receive(_ notification: PostgresNotification) {
        let now = Date()
        deliver { state in
            // The successor listens already: the gap comes before what came after it.
            if let since = state.lostSince { Self.closeGap(&state, since, now) }
            state.buffer.append(notification)
        }
    }

    /// Nothing more comes for now. Who has not been answered yet has missed nothing.
    func connectionLost(since: Date) {
        state.withLock { state in
            guard case .answered(.success) = state.start, !state.isEnded else { return }
            if state.lostSince == nil { state.lostSince = since }
        }
    }

    /// LISTEN has been answered.
    func listening() {
        let starter = state.withLock { state -> Starter? in
            guard case .asked(let starter) = state.start else { return nil }
            state.start = .answered(.success(()))
            return starter
        }
        starter?.resume(returning: .success(()))
    }

    /// A connection's successor listens to the same.
    func listensAgain() {
        let now = Date()
        deliver { state in if let since = state.lostSince { Self.closeGap(&state, since, now) } }
    }

    /// LISTEN will not be answered. Without effect once it has been.
    func refuse(_ error: PostgresError) {
        let starter = state.withLock { state -> Starter? in
            guard case .asked(let starter) = state.start else { return nil }
            state.start = .answered(.failure(error))
            return starter
        }
        starter?.resume(returning: .failure(error))
    }

    /// Nothing more will ever come; what has come can still be read.
    func end() {
        let readers = state.withLock { state in
            state.isEnded = true
            defer { state.readers = [] }
            return state.readers
        }
        for reader in readers { reader.resume(returning: nil) }
    }

    /// Nobody wants what has come, or will come.
    func close() {
        state.withLock { $0.buffer.removeAll() }
        end()
    }

    private static func closeGap(_ state: inout State, _ since: Date, _ now: Date) {
        state.lostSince = nil
        // A clock that was set back meanwhile must not make a range that ends before it begins.
        state.buffer.append(PostgresListenGap(outage: since...max(since, now)))
    }

    private func deliver(_ change: (inout State) -> Void) {
        let fed = state.withLock { state -> [(Reader, PostgresListenEvent)] in
            guard !state.isEnded else { return [] }
            change(&state)
            var fed: [(Reader, PostgresListenEvent)] = []
            while !state.readers.isEmpty, let event = state.buffer.popFirst() {
                fed.append((state.readers.removeFirst(), event))
            }
            return fed
        }
        for (reader, event) in fed { reader.resume(returning: event) }
    }

    // MARK: From the consumer

    /// Waits until LISTEN is answered, or for something to give it up.
    func start() async -> Result<Void, PostgresError> {
        await withUnsafeContinuation { (starter: Starter) in
            let answer = state.withLock { state -> Result<Void, PostgresError>? in
                if case .answered(let answer) = state.start { return answer }
                state.start = .asked(starter)
                return nil
            }
            if let answer { starter.resume(returning: answer) }
        }
    }

    /// The next event; nil at the end. Whoever cancels the waiting task must call `end()`.
    func next() async -> PostgresListenEvent? {
        await withUnsafeContinuation { (reader: Reader) in
            let event = state.withLock { state -> PostgresListenEvent?? in
                if let event = state.buffer.popFirst() { return event }
                if state.isEnded { return .some(nil) }
                state.readers.append(reader)
                return nil
            }
            if let event { reader.resume(returning: event) }
        }
    }
}
