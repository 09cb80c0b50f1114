import Postgres
import PostgresLocks

/// Counts from any task.
final class Counter: Sendable {
    private let count = Atomic<Int>(0)

    var value: Int { count.load(ordering: .sequentiallyConsistent) }
    func increment() { count.wrappingAdd(1, ordering: .sequentiallyConsistent) }
}

extension TestServer {
    /// Ends a session of the shared server, as an administrator would.
    static func terminate(_ processID: Int) async throws {
        try await PostgresConnection.withConnection(configuration) { connection in
            try await connection.execute("SELECT pg_terminate_backend(\(processID)::int)")
        }
    }
}
