import Postgres
import PostgresTestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct ClusterScriptedTests {
    @Test("who waits in vain is told what each server is; one that has said nothing yet is not called unreachable")
    func nobodyHasAnswered() async throws {
        let server = try ScriptedServer { s in
            try s.acceptStartup()
            try s.expectEnd()
        }
        var options = PostgresClusterOptions()
        options.pool.acquireTimeout = .milliseconds(50)
        let cluster = try PostgresCluster(PostgresConfiguration(server), options: options)
        let error = try await failure { try await cluster.execute("SELECT 1") }
        #expect(error.code == .connectionFailed)
        #expect(error.message.hasSuffix("takes writes: 127.0.0.1:\(server.port) has not answered yet"), "\(error)")
        await cluster.close()
        server.stop()
    }
}
