import PostgresLocks
import PostgresTransport
import PostgresWire

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Who listens to what, over one connection.
///
/// Listeners come and go at any time and say only what they want; one task, which lives as long as anybody listens, brings
/// the server's session in line with that (`NotificationHub+Driver.swift`). A pool's hub has a connection of its own,
/// outside the pool's count, and replaces it when it is lost. A connection's hub has that connection and ends with it.
final class NotificationHub: Sendable {
    struct State {
        /// The listeners of each channel. No key is without any.
        var wanted: [ExactText: [NotificationInbox]] = [:]
        /// Channels for which LISTEN was answered on the connection of this epoch.
        var active: Set<ExactText> = []
        /// Listeners that wait for their LISTEN to be answered.
        var pending: [NotificationInbox] = []
        var driver: Task<Void, Never>?
        /// Counts connections: what an old one still says is not heard.
        var epoch = 0
        var lastHeard = Date()
        /// Why the last attempt to connect failed.
        var lastError: PostgresError?
        var isClosed = false
    }

    let loop: EventLoop
    /// Where to connect, asked each time; nil when the connection is somebody's own.
    let configuration: (@Sendable () -> PostgresConfiguration)?
    let options: PostgresListenOptions
    /// How long `listen` waits for its LISTEN to be answered.
    private let startTimeout: Duration
    let bell = Doorbell()
    let state = Mutex(State())

    init(
        configuration: (@Sendable () -> PostgresConfiguration)?, loop: EventLoop, options: PostgresListenOptions,
        startTimeout: Duration
    ) {
        self.configuration = configuration
        self.loop = loop
        self.options = options
        self.startTimeout = startTimeout
    }

    // MARK: Listeners

    /// Begins to listen, and waits until the server does.
    ///
    /// `connection` is the one to listen on, when the hub does not make its own.
    func listen(
        to channels: [String], buffer limit: Int, owner: any AnyObject & Sendable,
        on connection: PostgresConnection? = nil
    ) async throws(PostgresError) -> PostgresNotifications {
        let inbox = NotificationInbox(channels: try ChannelName.checked(channels), limit: limit)
        let subscription = NotificationSubscription(inbox, hub: self, owner: owner)
        let answer: Result<Void, PostgresError>? = state.withLock { state in
            guard !state.isClosed else { return .failure(Self.closed) }
            for channel in inbox.channels { state.wanted[channel, default: []].append(inbox) }
            if state.driver == nil {
                state.driver = Task(executorPreference: loop) { await self.drive(connection) }
            }
            if inbox.channels.isSubset(of: state.active) { return .success(()) }
            state.pending.append(inbox)
            return nil
        }
        switch answer {
        case .success: inbox.listening()
        case .failure(let error): throw error
        case nil: bell.ring()
        }
        let timer = loop.schedule(at: Session.deadline(after: startTimeout)) { inbox.refuse(self.startTimedOut()) }
        defer { loop.cancel(timer) }
        let start = await withTaskCancellationHandler {
            await inbox.start()
        } onCancel: {
            inbox.refuse(PostgresError(.cancelled, "the task was cancelled before the server listened"))
        }
        if case .failure(let error) = start {
            subscription.end()
            throw error
        }
        return PostgresNotifications(subscription: subscription)
    }

    private func startTimedOut() -> PostgresError {
        state.withLock { $0.lastError }
            ?? PostgresError(
                .timeout, "the server did not answer LISTEN within \(startTimeout)",
                advice: "Is the server overloaded, or the connection busy with something long?", safeToRetry: true)
    }

    /// A listener wants no more. More calls do nothing.
    func remove(_ inbox: NotificationInbox) {
        let isLast = state.withLock { state in
            state.pending.removeAll { $0 === inbox }
            return Self.remove(inbox, from: &state)
        }
        if isLast { bell.ring() }
    }

    /// True when a channel has no listener any more.
    @discardableResult
    static func remove(_ inbox: NotificationInbox, from state: inout State) -> Bool {
        var isLast = false
        for channel in inbox.channels {
            guard var listeners = state.wanted[channel] else { continue }
            listeners.removeAll { $0 === inbox }
            if listeners.isEmpty { isLast = true }
            state.wanted[channel] = listeners.isEmpty ? nil : listeners
        }
        return isLast
    }

    // MARK: From the connection

    /// Hands on what came over the connection of this epoch.
    func received(_ notifications: [PostgresNotification], epoch: Int) {
        let listeners = state.withLock { state -> [[NotificationInbox]] in
            guard epoch == state.epoch else { return [] }
            state.lastHeard = Date()
            return notifications.map { state.wanted[ExactText($0.channel)] ?? [] }
        }
        for (notification, inboxes) in zip(notifications, listeners) {
            for inbox in inboxes { inbox.receive(notification) }
        }
    }

    // MARK: The end

    static let closed = PostgresError(.poolClosed, "the pool is closed, and nobody can listen through it")

    /// Ends every sequence; the connection follows.
    func shutDown() {
        let driver = state.withLock { state in
            state.isClosed = true
            return state.driver
        }
        endAll(Self.closed)
        driver?.cancel()
        bell.ring()
    }

    /// Ends every sequence, and tells those that wait for the server why.
    func endAll(_ error: PostgresError) {
        let (listeners, pending) = state.withLock { state in
            let listeners = Array(state.wanted.values.joined())
            defer {
                state.wanted = [:]
                state.pending = []
            }
            return (listeners, state.pending)
        }
        for inbox in pending { inbox.refuse(error) }
        for inbox in listeners { inbox.end() }
    }

    /// Ends every sequence and waits until the connection is closed.
    func close() async {
        shutDown()
        await state.withLock { $0.driver }?.value
    }
}
