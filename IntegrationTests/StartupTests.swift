import Foundation
import Postgres
import PostgresTestKit
import Testing

/// What is agreed upon before the first query: who one is, which protocol, what kind of server.
@Suite(.timeLimit(.minutes(5))) struct StartupTests {
    @Test("trap 7: require_auth=none and a server that asks for nothing") func trust() async throws {
        let server = try await TemporaryServer.start()
        defer { server.stop() }
        var configuration = server.networkConfiguration
        configuration.requiredAuthentication = PostgresAuthenticationRequirement([PostgresAuthenticationMethod.none])
        try await PostgresConnection.connect(configuration).close()
        configuration.requiredAuthentication = PostgresAuthenticationRequirement([.scramSHA256])
        let error = try await failure { [configuration] in try await PostgresConnection.connect(configuration) }
        #expect(error.code == .authenticationFailed)
    }

    @Test("trap 11: protocol 3.2 with a server that has it, and one that does not") func protocolVersion() async throws
    {
        // What a pooler makes of it is a test of its own.
        var configuration = try TestRoute.isPooled ? TestServer.directConfiguration : TestServer.configuration
        configuration.maximumProtocol = .v3_2
        let version = try await withConnection(configuration) { connection in
            try await connection.check()
            // The key, short or long, is understood.
            let error = try await failure {
                try await connection.execute("SELECT pg_sleep(60)", timeout: .milliseconds(50))
            }
            #expect(error.code == .timeout)
            try await connection.check()
            return try await connection.value("SELECT current_setting('server_version_num')::int", as: Int.self)
        }
        configuration.minimumProtocol = .v3_2
        do throws(PostgresError) {
            try await PostgresConnection.connect(configuration).close()
            #expect(version >= 180_000)
        } catch {
            #expect(version < 180_000, "\(error)")
            #expect(error.code == .connectionFailed)
            #expect(error.message.contains("3.2"))
        }
    }

    @Test("the kind of server is known, whether it reports itself or not") func targets() async throws {
        for target in PostgresTargetSession.allCases {
            var configuration = try TestServer.configuration
            configuration.targetSession = target
            do throws(PostgresError) {
                try await PostgresConnection.connect(configuration).close()
                #expect(target != .standby && target != .readOnly)
            } catch {
                #expect(target == .standby || target == .readOnly, "\(error)")
                #expect(error.message.contains(target.rawValue))
            }
        }
    }

    @Test(
        "a session that is read-only by default is a read-only one",
        .needsOwnServerProcess("PgBouncer refuses the parameter"))
    func readOnlyByDefault() async throws {
        var configuration = try TestServer.configuration
        configuration.targetSession = .readOnly
        configuration.parameters["default_transaction_read_only"] = "on"
        try await PostgresConnection.connect(configuration).close()
    }

    @Test(
        "trap 11: a pooler that does not know protocol 3.2 is asked again for 3.0",
        .enabled(if: PgBouncer.program != nil, Comment(rawValue: PgBouncer.isMissing)))
    func protocolThroughAPooler() async throws {
        try await PgBouncer.with(connections: 1) { configuration in
            var configuration = configuration
            configuration.maximumProtocol = .v3_2
            try await withConnection(configuration) { try await $0.execute(script: "SELECT 1") }
        }
    }
}
