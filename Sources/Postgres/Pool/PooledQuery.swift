import PostgresPooling
import PostgresTypes
import PostgresWire

/// A query that waits for a connection of the pool.
///
/// Whoever frees a connection sends it, and its answer frees the connection for the next: its own task need not wake in
/// between, so a busy pool's server always has something to do.
final class PooledQuery: @unchecked Sendable {
    // Unchecked: what is below `request` is guarded by the pool's mutex, but for `task`, which is set before anybody else
    // has the query.

    let pool: PostgresPool
    let request: Request
    private let parameters: PostgresParameters
    private let timeout: Duration?
    /// Others may be under way on the same connection.
    let shares: Bool
    let caller: PostgresCaller

    @exclusivity(unchecked) var task: UnsafeContinuation<Void, Never>?
    /// Its place in the queue, once it has one.
    @exclusivity(unchecked) var waiter: PoolWaiterID?
    @exclusivity(unchecked) var isCancelled = false
    /// The connection is to be looked at first, which its own task does; nothing was sent.
    @exclusivity(unchecked) var doubt: PoolLeased?
    /// The connection that it has got.
    @exclusivity(unchecked) var lease: PoolLease?
    /// Why it got none.
    @exclusivity(unchecked) var failure: PostgresError?

    init(_ query: PostgresQuery, timeout: Duration?, from caller: PostgresCaller, pool: PostgresPool) {
        self.pool = pool
        self.caller = caller
        self.timeout = timeout
        shares = pool.core.options.queriesPerConnection > 1 && SharedStatement.isOne(query.sql)
        request = Request(executing: query.sql)
        parameters = query.parameters
    }

    /// Sends the query on the connection that it has got, or tells its task that there is none.
    func goOn() {
        guard let task else { return }
        guard let lease, doubt == nil else { return task.resume() }
        let session = lease.session
        session.enqueue(request, waiter: task, until: .rows, timeout: timeout) { (state) throws(PostgresError) in
            try session.encodeExecution(of: request, parameters, &state)
            request.lease = lease
        }
    }
}
