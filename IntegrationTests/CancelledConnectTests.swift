import Postgres
import Testing

@Suite struct CancelledConnectTests {
    /// The handler of a task that is cancelled already runs before the work it belongs to.
    @Test(.timeLimit(.minutes(1))) func connectingInACancelledTaskThrowsAtOnce() async throws {
        for configuration in [try TestServer.configuration, try TestServer.networkConfiguration] {
            let task = Task {
                while !Task.isCancelled { await Task.yield() }
                try await PostgresConnection.connect(configuration).close()
            }
            task.cancel()
            let error = await #expect(throws: PostgresError.self) { try await task.value }
            #expect(error?.code == .cancelled)
        }
    }
}
