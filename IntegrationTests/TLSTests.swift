import Foundation
import Postgres
import PostgresTestKit
import Testing

/// TLS with a real server: certificates of both sides, and what is bound to them.
@Suite(.needsTLS) struct TLSTests {
    private static func configuration(
        _ server: TemporaryServer, _ mode: PostgresTLS.Mode, host: String = "localhost"
    ) -> PostgresConfiguration {
        var configuration = PostgresConfiguration(
            host: host, port: server.port, user: "postgres", password: server.options.password)
        configuration.tls = PostgresTLS(mode: mode, rootCertificate: server.rootCertificateFile)
        return configuration
    }

    @Test(
        "traps 3, 4: SCRAM is bound to the certificate where it has a digest, and refused where it must be and has none",
        arguments: [false, true])
    func channelBinding(isEd25519: Bool) async throws {
        var tls = TemporaryServer.TLS()
        tls.isEd25519 = isEd25519
        let server = try await TemporaryServer.start(
            TemporaryServer.Options(authentication: .scramSHA256, tls: tls))
        for binding in PostgresChannelBinding.allCases {
            var configuration = Self.configuration(server, .verifyFull)
            configuration.channelBinding = binding
            configuration.requiredAuthentication = PostgresAuthenticationRequirement([.scramSHA256])
            do throws(PostgresError) {
                try await PostgresConnection.connect(configuration).close()
                #expect(!isEd25519 || binding != .require)
            } catch {
                #expect(isEd25519 && binding == .require, "\(binding): \(error)")
                #expect(error.code == .authenticationFailed)
                #expect(error.message.contains("channel binding"))
            }
        }
        server.stop()
    }

    @Test("a client certificate lets in, its key encrypted or not", arguments: [nil, "k3y pass"])
    func clientCertificate(password: String?) async throws {
        var tls = TemporaryServer.TLS()
        tls.clientNames = ["postgres", "stranger"]
        tls.clientKeyPassword = password
        let server = try await TemporaryServer.start(
            TemporaryServer.Options(tls: tls, accessRules: ["hostssl all all all cert"]))
        var configuration = Self.configuration(server, .verifyFull)
        let without = try await failure { [configuration] in try await PostgresConnection.connect(configuration) }
        #expect(without.code == .authenticationFailed)
        #expect(without.sqlState == .invalidAuthorizationSpecification)

        for name in ["postgres", "stranger"] {
            let files = try #require(server.clientCertificate(for: name))
            configuration.tls.certificate = files.certificateFile
            configuration.tls.key = files.keyFile
            configuration.tls.keyPassword = password
            do throws(PostgresError) {
                try await PostgresConnection.connect(configuration).close()
                #expect(name == "postgres")
            } catch {
                #expect(name == "stranger" && error.code == .authenticationFailed, "\(error)")
            }
        }
        if password != nil {
            configuration.tls.keyPassword = "wr0ng"
            let error = try await failure { [configuration] in try await PostgresConnection.connect(configuration) }
            #expect(error.code == .tlsFailed)
            #expect(!"\(error) \(error.debugDescription)".contains("wr0ng"))
        }
        server.stop()
    }

    @Test("what is wrong with a server's certificate is told", arguments: ["expired", "name", "authority", "revoked"])
    func badCertificates(flaw: String) async throws {
        var tls = TemporaryServer.TLS(names: flaw == "name" ? ["elsewhere.example"] : ["localhost"])
        tls.isExpired = flaw == "expired"
        tls.isRevoked = flaw == "revoked"
        let server = try await TemporaryServer.start(TemporaryServer.Options(tls: tls))
        var configuration = Self.configuration(server, .verifyFull)
        switch flaw {
        case "authority": configuration.tls.rootCertificate = try TestServer.temporary.rootCertificateFile
        case "revoked":
            // Without the list nobody knows.
            try await PostgresConnection.connect(configuration).close()
            configuration.tls.revocationList = server.revocationListFile
        default: break
        }
        let error = try await failure { [configuration] in try await PostgresConnection.connect(configuration) }
        #expect(error.code == .tlsFailed)
        let words = [
            "expired": "not valid at this time", "name": "not for \"localhost\"", "authority": "trusted authority",
            "revoked": "revoked",
        ]
        #expect(error.message.contains(words[flaw] ?? "?"), "\(error)")
        #expect(error.advice != nil)
        server.stop()
    }

    @Test("a list that revokes others lets in") func goodRevocationList() async throws {
        let server = try await TemporaryServer.start(TemporaryServer.Options(tls: TemporaryServer.TLS()))
        var configuration = Self.configuration(server, .verifyFull)
        configuration.tls.revocationList = server.revocationListFile
        try await PostgresConnection.connect(configuration).close()
        server.stop()
    }

    @Test("trap 10: an IP address in the certificate is checked as one; hostaddr leaves the name to be checked")
    func addresses() async throws {
        let byAddress = try await TemporaryServer.start(
            TemporaryServer.Options(tls: TemporaryServer.TLS(names: ["127.0.0.1"])))
        try await PostgresConnection.connect(Self.configuration(byAddress, .verifyFull, host: "127.0.0.1")).close()
        let wrong = try await failure {
            try await PostgresConnection.connect(Self.configuration(byAddress, .verifyFull, host: "localhost"))
        }
        #expect(wrong.code == .tlsFailed)
        byAddress.stop()

        let byName = try await TemporaryServer.start(
            TemporaryServer.Options(tls: TemporaryServer.TLS(names: ["db.example.com"])))
        var configuration = Self.configuration(byName, .verifyFull, host: "db.example.com")
        configuration.hosts[0].address = "127.0.0.1"
        try await PostgresConnection.connect(configuration).close()
        configuration.hosts[0].name = "other.example.com"
        let other = try await failure { [configuration] in try await PostgresConnection.connect(configuration) }
        #expect(other.code == .tlsFailed)
        #expect(other.message.contains("other.example.com"))
        byName.stop()
    }

    @Test("a renewed authority counts from the next connection on") func reload() async throws {
        let server = try await TemporaryServer.start(TemporaryServer.Options(tls: TemporaryServer.TLS()))
        let other = try #require(try TestServer.temporary.rootCertificateFile)
        let good = try #require(server.rootCertificateFile)
        let file = FileManager.default.temporaryDirectory.appendingPathComponent(uniqueName("root") + ".pem")
        defer { try? FileManager.default.removeItem(at: file) }
        var configuration = Self.configuration(server, .verifyCA)
        configuration.tls.rootCertificate = file.path
        for (source, isTrusted) in [(good, true), (other, false), (good, true)] {
            try String(contentsOfFile: source, encoding: .utf8).write(to: file, atomically: true, encoding: .utf8)
            // Twice: what was made the first time is used the second.
            for _ in 0..<2 {
                do throws(PostgresError) {
                    try await PostgresConnection.connect(configuration).close()
                    #expect(isTrusted)
                } catch {
                    #expect(!isTrusted && error.code == .tlsFailed, "\(error)")
                }
            }
        }
        server.stop()
    }

    @Test("the versions of TLS are the configuration's", arguments: [PostgresTLS.Version.tls12, .tls13])
    func versions(version: PostgresTLS.Version) async throws {
        var configuration = try TestServer.temporary.networkConfiguration
        configuration.tls.minimumVersion = version
        configuration.tls.maximumVersion = version
        let used = try await withConnection(configuration) { connection in
            try await connection.value(
                "SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()", as: String.self)
        }
        #expect(used == version.rawValue)
    }

    @Test("a server without a version in common") func noCommonVersion() async throws {
        let server = try await TemporaryServer.start(
            TemporaryServer.Options(tls: TemporaryServer.TLS(), settings: ["ssl_min_protocol_version": "TLSv1.3"]))
        var configuration = Self.configuration(server, .verifyFull)
        configuration.tls.maximumVersion = .tls12
        let error = try await failure { [configuration] in try await PostgresConnection.connect(configuration) }
        #expect(error.code == .tlsFailed)
        server.stop()
    }

    @Test("trap 9: prefer goes on in the clear where the handshake fails; require does not") func fallback()
        async throws
    {
        let server = try await TemporaryServer.start(
            TemporaryServer.Options(tls: TemporaryServer.TLS(), settings: ["ssl_min_protocol_version": "TLSv1.3"]))
        var configuration = Self.configuration(server, .prefer)
        configuration.tls.maximumVersion = .tls12
        let isEncrypted = try await withConnection(configuration) { connection in
            try await connection.value("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()", as: Bool.self)
        }
        #expect(!isEncrypted)
        configuration.tls.mode = .require
        let error = try await failure { [configuration] in try await PostgresConnection.connect(configuration) }
        #expect(error.code == .tlsFailed)
        server.stop()
    }

    @Test("sslnegotiation=direct and a server that does not have it") func directWithAnOldServer() async throws {
        let server = try await TemporaryServer.start(TemporaryServer.Options(tls: TemporaryServer.TLS()))
        var configuration = Self.configuration(server, .verifyFull)
        configuration.tls.negotiation = .direct
        do throws(PostgresError) {
            // PostgreSQL 17 and later have it.
            try await PostgresConnection.connect(configuration).close()
        } catch {
            #expect(error.code == .tlsFailed)
            #expect(error.advice?.contains("PostgreSQL 17") == true, "\(error)")
        }
        server.stop()
    }
}
