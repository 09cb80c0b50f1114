import Postgres
import PostgresTestKit
import Testing

/// Who gets in, and over what.
@Suite struct SecurityTests {
    @Test(
        "trap 15: every method lets the right password in and refuses a wrong one and none",
        arguments: [TemporaryServer.Authentication.password, .md5, .scramSHA256])
    func passwords(method: TemporaryServer.Authentication) async throws {
        let server = try await TemporaryServer.start(
            TemporaryServer.Options(user: "owner", password: "s3cret: pä%?", authentication: method))
        for url in [server.connectionURL, server.socketURL()] {
            let right = try PostgresConfiguration(url)
            let user = try await PostgresConnection.withConnection(right) { connection in
                try await connection.query("SELECT current_user::text", as: String.self).collect()
            }
            #expect(user == ["owner"])

            var wrong = right
            wrong.password = "wr0ng"
            let error = await #expect(throws: PostgresError.self) { try await PostgresConnection.connect(wrong) }
            #expect(error?.code == .authenticationFailed)
            #expect(error?.sqlState == .invalidPassword)
            #expect(error.map { "\($0) \($0.debugDescription)" }?.contains("wr0ng") == false)

            wrong.password = nil
            let missing = await #expect(throws: PostgresError.self) { try await PostgresConnection.connect(wrong) }
            #expect(missing?.code == .authenticationFailed)
            #expect(missing?.advice != nil)
        }
        server.stop()
    }

    @Test("trap 15: the commonest failures are told apart, with what to do")
    func commonFailures() async throws {
        let server = try await TemporaryServer.start(TemporaryServer.Options(settings: ["max_connections": "4"]))
        var configuration = try PostgresConfiguration(server.connectionURL)
        configuration.database = "nowhere"
        let missing = await #expect(throws: PostgresError.self) { try await PostgresConnection.connect(configuration) }
        #expect(missing?.sqlState == .invalidCatalogName)
        #expect(missing?.advice?.contains("createdb") == true)

        configuration.database = "postgres"
        configuration.tls.mode = .require
        let plain = await #expect(throws: PostgresError.self) { try await PostgresConnection.connect(configuration) }
        #expect(plain?.code == .tlsFailed)

        configuration.tls.mode = .disable
        var held: [PostgresConnection] = []
        var full: PostgresError?
        for _ in 0..<6 {
            do throws(PostgresError) {
                held.append(try await PostgresConnection.connect(configuration))
            } catch {
                full = error
            }
        }
        #expect(full?.sqlState == .tooManyConnections)
        #expect(full?.safeToRetry == true)
        for connection in held { await connection.close() }

        server.stop()
        let refused = await #expect(throws: PostgresError.self) { try await PostgresConnection.connect(configuration) }
        #expect(refused?.code == .connectionFailed)
        #expect(refused?.advice?.contains("running") == true)
    }

    @Test("trap 10: each sslmode checks what it says", .needsTLS, arguments: PostgresTLS.Mode.allCases)
    func modes(mode: PostgresTLS.Mode) async throws {
        let server = try await TemporaryServer.start(
            TemporaryServer.Options(tls: TemporaryServer.TLS(names: ["localhost"], isRequired: true)))
        let root = try #require(server.rootCertificateFile)
        let stranger = try #require(try TestServer.temporary.rootCertificateFile)
        // The certificate names localhost and not 127.0.0.1.
        for (host, rootCertificate, isTrusted, isNamed) in [
            ("localhost", root as String?, true, true), ("127.0.0.1", root, true, false),
            ("localhost", nil, false, true), ("localhost", stranger, false, true),
        ] {
            var configuration = PostgresConfiguration(host: host, port: server.port, user: "postgres")
            configuration.tls = PostgresTLS(mode: mode, rootCertificate: rootCertificate)
            let mayConnect =
                switch mode {
                case .disable: false
                case .allow, .prefer: true
                // It checks the authority where one is named, as libpq does.
                case .require: isTrusted || rootCertificate == nil
                case .verifyCA: isTrusted
                case .verifyFull: isTrusted && isNamed
                }
            do throws(PostgresError) {
                let connection = try await PostgresConnection.connect(configuration)
                let version = try await connection.query(
                    "SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()", as: String?.self
                ).first()
                #expect(mayConnect, "\(mode) with \(host)")
                #expect((version ?? nil)?.hasPrefix("TLS") == true)
                // Cancelling goes the same way.
                let error = await #expect(throws: PostgresError.self) {
                    try await connection.execute("SELECT pg_sleep(60)", timeout: .milliseconds(50))
                }
                #expect(error?.code == .timeout)
                await connection.close()
            } catch {
                #expect(!mayConnect, "\(mode) with \(host): \(error)")
                #expect(error.code == (mode == .disable ? .authenticationFailed : .tlsFailed))
            }
        }
        server.stop()
    }

    @Test(.needsTLS) func rowsBeyondOneRecordComeThroughTLS() async throws {
        try await PostgresConnection.withConnection(try TestServer.networkConfiguration) { connection in
            var count = 0
            for try await (number, text) in try await connection.query(
                "SELECT i, repeat('y', 500) FROM generate_series(1, 100000) i", as: (Int, String).self)
            {
                count += number > 0 && text.utf8.count == 500 ? 1 : 0
            }
            #expect(count == 100_000)
        }
    }
}
