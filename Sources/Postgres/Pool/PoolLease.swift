import PostgresLocks
import PostgresPooling

/// The right to use a pooled connection; ended once, by whoever is through with it first.
final class PoolLease: Sendable {
    let session: Session
    private let id: PoolConnectionID
    private let core: PoolCore
    /// Lives at least as long as the lease: a pool that goes away closes its connections.
    private let pool: PostgresPool
    private let hasEnded = Atomic<Bool>(false)

    init(of session: Session, _ id: PoolConnectionID, core: PoolCore, pool: PostgresPool) {
        self.session = session
        self.id = id
        self.core = core
        self.pool = pool
    }

    deinit { end() }

    /// False once the connection may be somebody else's.
    var isCurrent: Bool { !hasEnded.load(ordering: .acquiring) }

    func end() {
        if !hasEnded.exchange(true, ordering: .acquiringAndReleasing) { core.release(session, id) }
    }
}
