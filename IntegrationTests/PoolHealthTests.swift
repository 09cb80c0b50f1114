import Foundation
import Postgres
import PostgresTestKit
import Testing

/// What a pool tells of itself and its server.
@Suite(.serialized, .timeLimit(.minutes(5))) struct PoolHealthTests {
    @Test("a pool that works says so, how fast, and what it is connected to; in JSON, too") func healthy() async throws
    {
        try await TestServer.withPool(PostgresPoolOptions(maximumConnections: 2)) { pool in
            let health = await pool.health()
            #expect(health.status == .healthy && health.problem == nil)
            #expect(try #require(health.latencySeconds) > 0)
            let server = try #require(health.server)
            #expect(server.version == (try await pool.value("SHOW server_version", as: String.self)))
            #expect(!server.isStandby && !server.isReadOnly && server.replicationLagSeconds == nil)
            #expect(health.pool.maximum == 2 && health.pool.connects >= 1)
            let read = try JSONDecoder().decode(PostgresPoolHealth.self, from: Data(health.json.utf8))
            #expect(read == health)
            // The only row is handed over before the end of its statement has come.
            #expect(try await eventually { pool.statistics.leased == 0 })
        }
    }

    @Test("where all connections are in use it says so, and by whom") func degraded() async throws {
        try await TestServer.withPool(PostgresPoolOptions(maximumConnections: 1)) { pool in
            try await pool.withConnection { _ in
                let health = await pool.health(timeout: .milliseconds(200))
                #expect(health.status == .degraded)
                #expect(health.problem?.contains("IntegrationTests/PoolHealthTests.swift:") == true)
                #expect(health.longestLeases.first?.caller.hasPrefix("IntegrationTests/PoolHealthTests.swift:") == true)
            }
            #expect(await pool.health().status == .healthy)
        }
    }

    @Test("primary and standby, and what lies between them; then no server, and why") func replication() async throws {
        try await TemporaryServer.with(TemporaryServer.Options(allowsStandbys: true)) { primary in
            let standby = try await primary.standby()
            let first = try PostgresPool(primary.configuration)
            let second = try PostgresPool(
                standby.configuration, options: PostgresPoolOptions(acquireTimeout: .seconds(5)))
            try await first.execute("CREATE TABLE t AS SELECT generate_series(1, 1000) AS n")
            try await standby.catchUp(with: primary)
            let above = try #require(await first.health().server)
            #expect(!above.isStandby && above.standbys.count == 1)
            #expect(above.standbys.first?.state == "streaming" && above.standbys.first?.lagBytes != nil)
            let below = try #require(await second.health().server)
            #expect(below.isStandby && below.isReadOnly && below.standbys.isEmpty)
            #expect(below.replicationLagBytes == 0 && below.replicationLagSeconds == 0)

            // Nothing more comes: that all of what came is replayed does not mean that it is up to date.
            try primary.interrupt()
            #expect(
                try await eventually { (await second.health().server?.replicationLagSeconds ?? 0) > 0 })
            let health = await first.health(timeout: .seconds(2))
            #expect(health.status == .unavailable && health.problem != nil && health.server == nil)
            #expect(!health.lastFailures.isEmpty)
            try primary.resume()
            #expect(try await eventually { await first.health().status == .healthy })
            await first.close()
            await second.close()
            standby.stop()
        }
    }
}
