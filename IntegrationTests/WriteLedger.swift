import Postgres
import PostgresLocks

/// What clients were told of the rows that they wrote to the table `t (n bigint PRIMARY KEY)`.
final class WriteLedger: Sendable {
    private struct State {
        var acknowledged: [(row: Int, at: ContinuousClock.Instant)] = []
        /// Acknowledged without the server having said so.
        var unconfirmed: [Int] = []
        var refused: [Int] = []
        var unknown = 0
        var isStopped = false
    }

    private let state = Mutex(State())

    var acknowledged: [Int] { state.withLock { $0.acknowledged.map(\.row) } }
    var unconfirmed: [Int] { state.withLock { $0.unconfirmed } }
    /// Those that are certain not to have been written.
    var refused: [Int] { state.withLock { $0.refused } }
    /// How many may have been written or not.
    var unknown: Int { state.withLock { $0.unknown } }

    func stop() { state.withLock { $0.isStopped = true } }

    /// When the first was acknowledged after a moment.
    func firstAfter(_ moment: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        state.withLock { $0.acknowledged.map(\.at).filter { $0 > moment }.min() }
    }

    /// Has clients write until it is stopped.
    func run(clients: Int, on database: some PostgresDatabase) async {
        await withTaskGroup { group in
            for client in 0..<clients { group.addTask { await self.write(as: client, of: clients, to: database) } }
        }
    }

    /// Rows of its own, one after another. None is written twice: who has lost one goes on with the next.
    private func write(as client: Int, of clients: Int, to database: some PostgresDatabase) async {
        var row = client
        while !state.withLock({ $0.isStopped }) {
            row += clients
            do throws(PostgresError) {
                let result = try await database.execute("INSERT INTO t VALUES (\(row))")
                state.withLock { state in
                    state.acknowledged.append((row, .now))
                    if result.tag != "INSERT 0 1" { state.unconfirmed.append(row) }
                }
            } catch {
                state.withLock { state in
                    if error.safeToRetry { state.refused.append(row) } else { state.unknown += 1 }
                }
            }
        }
    }
}
