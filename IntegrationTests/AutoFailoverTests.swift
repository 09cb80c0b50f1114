import Postgres
import PostgresTestKit
import Testing

/// A cluster that something else keeps highly available.
@Suite(
    .serialized, .timeLimit(.minutes(5)),
    .enabled(if: AutoFailover.program != nil && TestServer.givenURL == nil, "\(AutoFailover.isMissing)"))
struct AutoFailoverTests {
    @Test("pg_auto_failover promotes the standby when the primary is killed: the cluster follows, nothing is lost")
    func followed() async throws {
        let servers = try await AutoFailover.start()
        let cluster = try PostgresCluster(
            servers.configuration, options: PostgresClusterOptions(checkInterval: .milliseconds(200)))
        try await cluster.execute("CREATE TABLE t (n bigint PRIMARY KEY)")
        let before = try await cluster.query("SELECT inet_server_port()", as: Int.self).first()
        let ledger = WriteLedger()
        let clients = Task { await ledger.run(clients: 20, on: cluster) }
        try await Task.sleep(for: .seconds(1))
        #expect(try await eventually { ledger.acknowledged.count > 20 })
        let acknowledged = ledger.acknowledged.count

        let killedAt = ContinuousClock.now
        servers.killFirst()
        #expect(
            try await eventually { cluster.members.contains { $0.role == .primary && $0.host.port != before } })
        let promotedAt = ContinuousClock.now
        #expect(try await eventually { ledger.firstAfter(promotedAt) != nil })
        try await Task.sleep(for: .seconds(2))
        ledger.stop()
        await clients.value

        let back = try #require(ledger.firstAfter(promotedAt))
        #expect(ledger.unconfirmed.isEmpty)
        let kept = try await cluster.query("SELECT n FROM t", as: Int.self).collect()
        let after = try await cluster.query("SELECT inet_server_port()", as: Int.self).first()
        #expect(after != before)
        #expect(Set(ledger.acknowledged).subtracting(kept).isEmpty)
        #expect(Set(kept).isDisjoint(with: ledger.refused))
        // Milliseconds, where the machine has a processor to spare; the figure is printed.
        #expect(back - promotedAt < .seconds(10))
        print(
            "pg_auto_failover: a new primary \(promotedAt - killedAt) after the kill, service \(back - promotedAt) later;",
            "\(acknowledged) acknowledged before, \(ledger.acknowledged.count - acknowledged) after, none lost")
        await cluster.close()
        withExtendedLifetime(servers) {}
    }
}
