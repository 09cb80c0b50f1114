import PostgresLocks
import PostgresPooling

/// The right to use a pooled connection; ended once, by whoever is through with it first.
final class PoolLease: Sendable {
    let session: Session
    /// Nil for what is only lent, and goes back to nobody.
    private let owner: Owner?
    private let hasEnded = Atomic<Bool>(false)

    private struct Owner {
        let id: PoolConnectionID
        let core: PoolCore
        /// Lives at least as long as the lease: a pool that goes away closes its connections.
        let pool: PostgresPool
    }

    init(of session: Session, _ id: PoolConnectionID, core: PoolCore, pool: PostgresPool) {
        self.session = session
        owner = Owner(id: id, core: core, pool: pool)
    }

    /// The right to use a session until `end()`, which ends that right and nothing else.
    init(lent session: Session) {
        self.session = session
        owner = nil
    }

    deinit { end() }

    /// False once the connection may be somebody else's.
    var isCurrent: Bool { !hasEnded.load(ordering: .acquiring) }

    /// `isBlocked`: the connection has still to answer what nobody waits for any more.
    func end(isBlocked: Bool = false) {
        if !hasEnded.exchange(true, ordering: .acquiringAndReleasing), let owner {
            owner.core.release(session, owner.id, isBlocked: isBlocked)
        }
    }
}

extension Session {
    /// Has a hook use the session. What it throws comes out as an error of ours.
    func lend(
        to hook: @Sendable (PostgresConnection) async throws -> Void, _ name: String
    ) async throws(PostgresError) {
        let lease = PoolLease(lent: self)
        defer { lease.end() }
        do {
            try await hook(PostgresConnection(session: self, lease: lease))
        } catch let error as PostgresError {
            throw error
        } catch {
            throw PostgresError(
                .connectionFailed, "the pool's hook \(name) refused the connection", cause: error)
        }
    }
}
