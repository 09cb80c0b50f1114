import PostgresTransport
import PostgresWire

/// What a change of the session's state asks for, done once its lock is released, since it may call back.
struct Effects: ~Copyable {
    var wakeups = Wakeups()
    /// The socket's interest may have to change.
    var updatesInterest = false
    /// The socket is to be closed.
    var tearsDown = false
    var sendsCancel = false
    /// The reader has room again.
    var resumesReading = false
    var connected: (@Sendable (PostgresError?) -> Void)?
    var connectError: PostgresError?
    /// The server wants what only somebody outside has.
    var wants: Authentication.Want?
    /// Nobody waits for its answer any more.
    var uselessTask: Task<Void, Never>?
    /// There is more to read, for which no event will come.
    var readsOn = false
    var closed: (@Sendable () -> Void)?
    var notices: [PostgresServerError] = []
    var notifications: [PostgresNotification] = []
    var notified: (@Sendable ([PostgresNotification]) -> Void)?
    var timers: [EventLoop.Timer] = []
    /// Operations that have ended.
    var traces: [(Trace, tag: String?, PostgresError?)] = []
}
