public import Postgres
import PostgresLocks

/// A pool in which reads by key that come together are one statement.
///
///     let reads = CoalescingPool(pool)
///     let project = try await Project.find(7, in: reads)
///
/// ``Model/find(_:in:file:line:)`` with a key of one column, an integer, a `UUID` or a `String`, waits until the tasks that are
/// ready on the same thread have run, and goes to the server with what they asked for of the same model:
/// `… WHERE "id" = ANY($1)`. A hundred tasks that look up a row each, resolvers of a GraphQL query say, cost one round
/// trip and one statement. Everything else is done as by the pool itself: `find` in a transaction too, and keys of other
/// types or of several columns.
///
/// What is found is what single reads would find: a read joins no statement that has been sent, so that it sees what was
/// committed before it was called. Where the statement of many fails, each of its keys is read by itself, and its own
/// error is told to whoever asked for it; likewise a text for which there is no row that is the same to the byte. A read
/// alone pays for the company it might have had with a turn of that thread, some microseconds: this is for programs
/// in which many ask at once, most of all on the pool's own threads (``Postgres/PostgresPool/taskExecutor``).
public final class CoalescingPool: PostgresDatabase {
    /// The pool that the statements go to.
    public let pool: PostgresPool
    /// How many keys a statement asks for at most.
    public let maximumKeys: Int

    private struct State {
        /// By model: the batch that may still be joined.
        var open: [ObjectIdentifier: AnyObject] = [:]
        var statistics = Statistics()
    }

    private let state = Mutex(State())

    /// - Parameter maximumKeys: how many keys a statement asks for at most; at least 1.
    public init(_ pool: PostgresPool, maximumKeys: Int = 500) {
        self.pool = pool
        self.maximumKeys = max(1, maximumKeys)
    }

    /// What has been gathered so far.
    public struct Statistics: Sendable, Hashable {
        /// Reads that were gathered.
        public var reads = 0
        /// Statements that were sent for them.
        public var statements = 0
        /// Of the reads, those that were made by themselves afterwards.
        public var repeated = 0

        public init(reads: Int = 0, statements: Int = 0, repeated: Int = 0) {
            self.reads = reads
            self.statements = statements
            self.repeated = repeated
        }
    }

    /// What has been gathered so far.
    public var statistics: Statistics { state.withLock { $0.statistics } }

    public func query(
        _ query: PostgresQuery, timeout: Duration?, from caller: PostgresCaller
    ) async throws(PostgresError) -> PostgresRows {
        try await pool.query(query, timeout: timeout, from: caller)
    }

    @discardableResult
    public func withConnection<R: Sendable>(
        from caller: PostgresCaller, _ body: @Sendable (PostgresConnection) async throws -> R
    ) async throws -> R {
        try await pool.withConnection(from: caller, body)
    }

    @discardableResult
    public func withTransaction<R: Sendable>(
        _ options: PostgresTransactionOptions, from caller: PostgresCaller,
        _ body: @Sendable (PostgresTransaction) async throws -> R
    ) async throws -> R {
        try await pool.withTransaction(options, from: caller, body)
    }

    /// What a gathered read comes to.
    @usableFromInline
    enum Found<M: Sendable>: Sendable {
        case row(M?)
        /// The read is to be made by itself.
        case alone
    }

    /// Reads a row together with others.
    @usableFromInline
    func find<M: Model>(
        _: M.Type, _ key: LookupKey, from caller: PostgresCaller
    ) async throws(PostgresError) -> Found<M> {
        guard M.schema.table.gatheredKey?.kind == key.kind else { return .alone }
        let (batch, place) = join(M.self, key, from: caller)
        switch await batch.outcome(at: place) {
        case .row(let row): return .row(row)
        case .failed(let error): throw error
        case .alone:
            state.withLock { $0.statistics.repeated += 1 }
            return .alone
        }
    }

    /// The batch that takes the read, begun where there is none that does.
    private func join<M: Model>(
        _: M.Type, _ key: LookupKey, from caller: PostgresCaller
    ) -> (KeyBatch<M>, place: Int) {
        let model = ObjectIdentifier(M.self)
        let (batch, place, isNew) = state.withLock { state -> (KeyBatch<M>, Int, Bool) in
            state.statistics.reads += 1
            if let batch = state.open[model] as? KeyBatch<M>, let place = batch.join(key, maximum: maximumKeys) {
                return (batch, place, false)
            }
            let (batch, place) = KeyBatch<M>.begin(with: key, from: caller)
            state.open[model] = batch
            return (batch, place, true)
        }
        if isNew {
            // Behind everything that is ready on the thread: what it asks for as well comes along.
            batch.isSent(by: Task(executorPreference: pool.taskExecutor) { await self.send(batch) })
        }
        return (batch, place)
    }

    private func send<M: Model>(_ batch: KeyBatch<M>) async {
        let keys = batch.close()
        state.withLock { state in
            let model = ObjectIdentifier(M.self)
            if state.open[model] === batch { state.open[model] = nil }
            if !keys.isEmpty { state.statistics.statements += 1 }
        }
        guard !keys.isEmpty, let gathered = M.schema.table.gatheredKey else { return }
        do throws(PostgresError) {
            let rows = try await pool.query(M.findQuery(keys), timeout: nil, from: batch.caller)
                .decode(M.schema.table.decode).collect()
            var found = [LookupKey: M](minimumCapacity: rows.count)
            for row in rows {
                guard let key = withUnsafePointer(to: row, gathered.read), found[key] == nil else { continue }
                found[key] = row
            }
            let isTold = gathered.kind != .text
            batch.settle { key in
                if let row = found[key] { .row(row) } else { isTold ? .row(nil) : .alone }
            }
        } catch {
            let mayBeOneKey = keys.count > 1 && [.server, .encodingFailed, .decodingFailed].contains(error.code)
            batch.settle { _ in mayBeOneKey ? .alone : .failed(error) }
        }
    }
}
