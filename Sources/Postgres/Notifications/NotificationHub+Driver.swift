import PostgresLocks
import PostgresTransport
import PostgresTypes
import PostgresWire

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The one task of a hub. It runs on the connection's own thread, as what the connection receives does: so a gap and a
/// notification cannot overtake each other.
extension NotificationHub {
    enum Step: Equatable {
        /// What LISTEN and UNLISTEN have to say.
        case change(listen: [ExactText], unlisten: [ExactText])
        case wait
        /// Nobody listens any more.
        case finish
    }

    /// A session that lasted longer than this was a good one: its loss is the first failure, not one more.
    private static let goodLifetime: Duration = .seconds(10)

    /// Listens for as long as anybody wants to.
    func drive(_ own: PostgresConnection?) async {
        if let own {
            await driveOnce(own)
        } else {
            await driveOn()
        }
    }

    /// Over somebody's own connection, until it is lost.
    private func driveOnce(_ connection: PostgresConnection) async {
        repeat {
            do throws(PostgresError) {
                try await serve(connection, pid: nil)
            } catch {
                connectionLost(error)
                endAll(error)
            }
        } while !finishIfUnwanted()
    }

    /// Over connections of the hub's own, one after the other.
    private func driveOn() async {
        var failures = 0
        repeat {
            let start = ContinuousClock.now
            do throws(PostgresError) {
                try await connectAndServe()
                failures = 0
            } catch {
                failures = ContinuousClock.now - start > Self.goodLifetime ? 1 : failures + 1
                connectionLost(error)
                await pause(afterFailures: failures)
            }
        } while !finishIfUnwanted()
    }

    private func connectAndServe() async throws(PostgresError) {
        guard isWanted, let configuration = options.configuration ?? configuration?() else { return }
        let session = try await Connector(configuration, loop: loop).connect()
        let connection = PostgresConnection(session: session)
        defer { session.terminate() }
        let (pooling, pid) = try await session.checkPooling(timeout: options.keepAliveTimeout)
        guard pooling != .transactions else { throw Self.isPooled }
        try await serve(connection, pid: pid)
    }

    private static let isPooled = PostgresError(
        .invalidConfiguration,
        "nobody can listen through a transaction pooler: it gives each transaction another session of the server",
        advice: "Give PostgresListenOptions the configuration of the server itself, or have the pooler pool sessions")

    private var isWanted: Bool { state.withLock { !$0.wanted.isEmpty && !$0.isClosed } }

    /// True, and the driver gone, when nobody listens any more.
    private func finishIfUnwanted() -> Bool {
        state.withLock { state in
            state.active = []
            state.epoch += 1
            guard state.wanted.isEmpty || state.isClosed else { return false }
            state.driver = nil
            return true
        }
    }

    private func pause(afterFailures failures: Int) async {
        let end = Session.deadline(after: options.pause(afterFailures: failures))
        while isWanted, monotonicNanoseconds() < end { await bell.wait(until: end, on: loop) }
    }

    // MARK: One connection

    /// Keeps the session listening to what is wanted. Returns when nothing is; throws when the connection is no good.
    private func serve(_ connection: PostgresConnection, pid: Int32?) async throws(PostgresError) {
        let session = connection.session
        let epoch = state.withLock { state in
            state.epoch += 1
            state.active = []
            return state.epoch
        }
        session.change { state, _ in
            state.onNotifications = { [weak self] in self?.received($0, epoch: epoch) }
        }
        _ = session.onClose { [bell] in bell.ring() }
        var keepAliveAt = nextKeepAlive()
        while true {
            if let reason = session.closedReason { throw reason }
            switch nextStep(keepsConnection: configuration == nil) {
            case .finish:
                return
            case .change(let listen, let unlisten):
                try await change(session, listen: listen, unlisten: unlisten)
            case .wait:
                await bell.wait(until: keepAliveAt, on: loop)
                guard let pid, monotonicNanoseconds() >= keepAliveAt else { continue }
                try await keepAlive(connection, pid: pid)
                keepAliveAt = nextKeepAlive()
            }
        }
    }

    private func nextKeepAlive() -> Int64 {
        guard configuration != nil, let interval = options.keepAliveInterval else { return .max }
        return Session.deadline(after: interval)
    }

    /// What the session has to be told. A channel that is left counts as left from now on: who comes to it meanwhile waits
    /// until it is listened to again.
    func nextStep(keepsConnection: Bool) -> Step {
        state.withLock { state in
            if state.isClosed { return .finish }
            let listen = state.wanted.keys.filter { !state.active.contains($0) }
            let unlisten = state.active.filter { state.wanted[$0] == nil }
            if state.wanted.isEmpty, !keepsConnection || unlisten.isEmpty {
                // The session ends now: who comes before it has ended is not to be told that it listens.
                state.active = []
                return .finish
            }
            if listen.isEmpty, unlisten.isEmpty { return .wait }
            state.active.subtract(unlisten)
            return .change(listen: listen.sorted(), unlisten: unlisten.sorted())
        }
    }

    private func change(_ session: Session, listen: [ExactText], unlisten: [ExactText]) async throws(PostgresError) {
        let sql =
            (listen.map { "LISTEN \(ChannelName.quoted($0))" } + unlisten.map { "UNLISTEN \(ChannelName.quoted($0))" })
            .joined(separator: "; ")
        do {
            _ = try await session.script(sql, timeout: configuration == nil ? nil : options.keepAliveTimeout)
        } catch {
            // A standby, say, or a transaction that has failed: those who wait are told, the others try again.
            refuse(listen, error)
            let isStillWanted = state.withLock { state in listen.contains { state.wanted[$0] != nil } }
            if isStillWanted || session.closedReason != nil { throw error }
            return
        }
        let (started, listeners) = state.withLock { state in
            state.active.formUnion(listen)
            state.lastHeard = Date()
            state.lastError = nil
            let started = state.pending.filter { $0.channels.isSubset(of: state.active) }
            state.pending.removeAll { $0.channels.isSubset(of: state.active) }
            return (started, Array(state.wanted.values.joined()))
        }
        for inbox in started { inbox.listening() }
        // Those who had a connection before this one learn that they may have missed something.
        for inbox in listeners where !started.contains(where: { $0 === inbox }) { inbox.listensAgain() }
    }

    /// LISTEN was refused: who waits for one of these channels is told.
    private func refuse(_ channels: [ExactText], _ error: PostgresError) {
        let refused = state.withLock { state in
            let refused = state.pending.filter { !$0.channels.isDisjoint(with: channels) }
            state.pending.removeAll { !$0.channels.isDisjoint(with: channels) }
            for inbox in refused { Self.remove(inbox, from: &state) }
            return refused
        }
        for inbox in refused { inbox.refuse(error) }
    }

    private static let passingFailures: Set<PostgresError.Code> = [.connectionClosed, .connectionFailed, .timeout]

    /// The connection is gone, or none could be made. Who waits for a first answer goes on waiting where trying again can
    /// help.
    private func connectionLost(_ error: PostgresError) {
        let (listeners, refused, since) = state.withLock { state in
            state.active = []
            state.epoch += 1
            state.lastError = error
            let isHopeless = !error.safeToRetry && !Self.passingFailures.contains(error.code)
            let refused = isHopeless ? state.pending : []
            if isHopeless { state.pending = [] }
            for inbox in refused { Self.remove(inbox, from: &state) }
            return (Array(state.wanted.values.joined()), refused, state.lastHeard)
        }
        for inbox in refused { inbox.refuse(error) }
        for inbox in listeners { inbox.connectionLost(since: since) }
    }

    /// Asks the server whether it is there, and still the one that listens for us.
    private func keepAlive(_ connection: PostgresConnection, pid: Int32) async throws(PostgresError) {
        let answer = try await connection.query(
            "SELECT pg_catalog.pg_backend_pid(), ARRAY(SELECT pg_catalog.pg_listening_channels())",
            as: (Int32, [String]).self, timeout: options.keepAliveTimeout
        ).collect().first
        guard let answer, answer.0 == pid, state.withLock({ $0.active.isSubset(of: answer.1.map(ExactText.init)) })
        else {
            throw PostgresError(
                .connectionClosed, "the server's session no longer listens",
                advice: "Is a pooler in between? Give PostgresListenOptions the configuration of the server itself")
        }
        state.withLock { $0.lastHeard = Date() }
    }
}

extension Session {
    /// Why the session has ended; nil while it has not.
    var closedReason: PostgresError? {
        change { state, _ in
            guard state.phase == .closed else { return nil }
            return state.closeReason ?? PostgresError(.connectionClosed, "the connection is closed")
        }
    }
}
