import Foundation
import PostgresCrypto
import Testing

@testable import PostgresTransport

/// A client and a server that talk in memory.
struct TLSSessionTests {
    private static let host = "db.example.com"

    @Test("Bytes go both ways", arguments: [nil, TLSConfiguration.Version.tls12])
    func roundTrip(maximumVersion: TLSConfiguration.Version?) throws {
        let files = try CertificateFiles()
        let server = try TLSTestServer(files.server, maximumVersion: maximumVersion)
        var client = try TLSContext(files.configuration()).makeSession(host: Self.host)
        try shakeHands(&client, server)
        #expect(client.protocolVersion == (maximumVersion == nil ? "TLSv1.3" : "TLSv1.2"))
        #expect(server.requestedName == Self.host)

        // Larger than a record, so that both sides cut it.
        let request = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try request.withUnsafeBytes { try client.write($0) }
        server.receive(client.takeOutgoing())
        #expect(server.read() == request)
        server.write(request.reversed())
        receive(server.takeOutgoing(), into: &client)
        let (answer, last) = try readAll(&client)
        #expect(answer == request.reversed())
        #expect(last == .wantsRead)

        client.close()
        server.receive(client.takeOutgoing())
        _ = server.read()
        #expect(server.clientHasClosed)
        server.close()
        receive(server.takeOutgoing(), into: &client)
        #expect(try readAll(&client).last == .closed)
    }

    @Test("The handshake and the data survive being split at every byte")
    func splitEverywhere() throws {
        let files = try CertificateFiles()
        let server = try TLSTestServer(files.server)
        var client = try TLSContext(files.configuration()).makeSession(host: Self.host)
        try shakeHands(&client, server, chunk: 1)
        server.write(Array("hello".utf8))
        var received: [UInt8] = []
        for byte in server.takeOutgoing() {
            receive([byte], into: &client)
            received += try readAll(&client).bytes
        }
        #expect(received == Array("hello".utf8))
    }

    @Test("Outgoing bytes may be taken in parts")
    func partialSends() throws {
        let files = try CertificateFiles()
        let server = try TLSTestServer(files.server)
        var client = try TLSContext(files.configuration()).makeSession(host: Self.host)
        try shakeHands(&client, server)
        let request = [UInt8](repeating: 7, count: 40_000)
        try request.withUnsafeBytes { try client.write($0) }
        while client.outgoingCount > 0 {
            client.withOutgoing { bytes in
                let part = bytes.prefix(999)
                server.receive(Array(part))
                return part.count
            }
        }
        #expect(server.read() == request)
    }

    @Test("trap 10: a certificate for another host is rejected by full verification and accepted by verify-ca")
    func nameMismatch() throws {
        let files = try CertificateFiles(dnsNames: ["other.example.com"])
        expectTLSError(.nameMismatch) { try connect(files.configuration(), files.server) }
        try connect(files.configuration(.certificateAuthority), files.server)
        try connect(files.configuration(.none), files.server)
    }

    @Test(
        "Names match as RFC 6125 says",
        arguments: [
            ("*.example.com", "db.example.com", true), ("*.example.com", "a.db.example.com", false),
            ("*.example.com", "example.com", false), ("d*.example.com", "db.example.com", false),
            ("db.example.com", "DB.example.COM", true), ("db.example.com", "db.example.com.", true),
            ("db.example.com", "db.example.com.evil.org", false), ("db.example.com", "127.0.0.1", false),
        ])
    func names(certificate: String, host: String, matches: Bool) throws {
        let files = try CertificateFiles(dnsNames: [certificate])
        if matches {
            try connect(files.configuration(), files.server, host: host)
        } else {
            expectTLSError(.nameMismatch) { try connect(files.configuration(), files.server, host: host) }
        }
    }

    @Test("trap 10: addresses are matched against the certificate's addresses", arguments: ["127.0.0.1", "::1"])
    func addresses(address: String) throws {
        let files = try CertificateFiles(dnsNames: [], ipAddresses: [address])
        let server = try connect(files.configuration(), files.server, host: address)
        #expect(server.requestedName == nil)
        expectTLSError(.nameMismatch) { try connect(files.configuration(), files.server, host: "127.0.0.2") }
        // A DNS name that looks like the address is not the address.
        let disguised = try CertificateFiles(dnsNames: [address])
        expectTLSError(.nameMismatch) {
            try connect(disguised.configuration(), disguised.server, host: address)
        }
    }

    @Test("An authority we do not trust is rejected, unless nothing is verified")
    func untrusted() throws {
        let trusted = try CertificateFiles()
        let stranger = try CertificateFiles()
        for verification in [TLSConfiguration.Verification.certificateAuthority, .full] {
            expectTLSError(.untrustedCertificate) {
                try connect(trusted.configuration(verification), stranger.server)
            }
        }
        var system = TLSConfiguration()
        system.roots = .system
        expectTLSError(.untrustedCertificate) { try connect(system, stranger.server) }
        try connect(trusted.configuration(.none), stranger.server)
    }

    @Test("The server learns by an alert why it was rejected")
    func alert() throws {
        let trusted = try CertificateFiles()
        let server = try TLSTestServer(CertificateFiles().server)
        var client = try TLSContext(trusted.configuration()).makeSession(host: Self.host)
        #expect(throws: TLSError.self) { try shakeHands(&client, server) }
        server.receive(client.takeOutgoing())
        #expect(throws: TLSTestServer.Failure(description: "tlsv1 alert unknown ca")) { try server.handshake() }
    }

    @Test("An expired certificate is rejected")
    func expired() throws {
        let files = try CertificateFiles(lifetime: -60)
        expectTLSError(.expiredCertificate) { try connect(files.configuration(), files.server) }
    }

    @Test("A revoked certificate is rejected, others of the same authority are not")
    func revoked() throws {
        let files = try CertificateFiles()
        var configuration = files.configuration()
        configuration.revocationListFile = try files.write(
            files.authority.revocationList(revoking: [files.server.serialNumber]), to: "crl.pem")
        expectTLSError(.revokedCertificate) { try connect(configuration, files.server) }
        try connect(configuration, files.authority.issueServerCertificate(dnsNames: [Self.host]))
    }

    @Test("A client certificate is shown, its key opened with the password")
    func clientCertificate() throws {
        let files = try CertificateFiles()
        let client = try files.authority.issueClientCertificate(commonName: "alice")
        var configuration = files.configuration()
        configuration.clientCertificateFile = try files.write(client.certificatePEM, to: "client.pem")
        configuration.clientKeyFile = try files.write(encrypted(client.privateKeyPEM, "open"), to: "client.key")
        expectTLSError(.invalidConfiguration) { try TLSContext(configuration) }
        configuration.clientKeyPassword = "wrong"
        expectTLSError(.invalidConfiguration) { try TLSContext(configuration) }
        configuration.clientKeyPassword = "open"
        let server = try connect(configuration, files.server, clientAuthority: files.authority.certificatePEM)
        #expect(server.clientName == "alice")
        #expect(!"\(configuration)".contains("open"))

        let other = try files.authority.issueClientCertificate(commonName: "bob")
        configuration.clientKeyFile = try files.write(other.privateKeyPEM, to: "other.key")
        expectTLSError(.invalidConfiguration) { try TLSContext(configuration) }
    }

    @Test("A server that wants a certificate and gets none is heard")
    func missingClientCertificate() throws {
        let files = try CertificateFiles()
        let server = try TLSTestServer(
            files.server, maximumVersion: .tls12, clientAuthority: files.authority.certificatePEM)
        var client = try TLSContext(files.configuration()).makeSession(host: Self.host)
        #expect(throws: TLSTestServer.Failure.self) { try shakeHands(&client, server) }
        receive(server.takeOutgoing(), into: &client)
        do {
            _ = try client.handshake()
            Issue.record("the alert was not noticed")
        } catch {
            #expect(error.code == .refusedByPeer)
        }
    }

    @Test("The application protocol is agreed")
    func applicationProtocol() throws {
        let files = try CertificateFiles()
        let server = try TLSTestServer(files.server, applicationProtocol: true)
        var configuration = files.configuration()
        configuration.applicationProtocols = ["postgresql"]
        configuration.sendsServerName = false
        var client = try TLSContext(configuration).makeSession(host: Self.host)
        try shakeHands(&client, server)
        #expect(client.applicationProtocol == "postgresql")
        #expect(server.requestedName == nil)
        configuration.applicationProtocols = [""]
        expectTLSError(.invalidConfiguration) { try TLSContext(configuration) }
    }

    @Test("Versions without overlap fail with a reason")
    func versions() throws {
        let files = try CertificateFiles()
        var configuration = files.configuration()
        configuration.minimumVersion = .tls13
        let server = try TLSTestServer(files.server, maximumVersion: .tls12)
        var client = try TLSContext(configuration).makeSession(host: Self.host)
        #expect(throws: TLSTestServer.Failure.self) { try shakeHands(&client, server) }
        receive(server.takeOutgoing(), into: &client)
        do {
            _ = try client.handshake()
            Issue.record("the alert was not noticed")
        } catch {
            #expect(error.code == .refusedByPeer)
            #expect(error.message.contains("protocol version"))
        }
        configuration.maximumVersion = .tls12
        expectTLSError(.invalidConfiguration) { try TLSContext(configuration) }
    }

    @Test("Bytes that are not TLS, and a connection that ends early, are errors")
    func brokenStreams() throws {
        let files = try CertificateFiles()
        let context = try TLSContext(files.configuration())
        var plain = try context.makeSession(host: Self.host)
        _ = try plain.handshake()
        receive(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8), into: &plain)
        expectTLSError(.handshakeFailed) { try plain.handshake() }

        var cut = try context.makeSession(host: Self.host)
        _ = try cut.handshake()
        cut.receiveEndOfStream()
        expectTLSError(.truncated) { try cut.handshake() }

        let server = try TLSTestServer(files.server)
        var established = try context.makeSession(host: Self.host)
        try shakeHands(&established, server)
        server.write(Array("half".utf8))
        receive(server.takeOutgoing().dropLast(3), into: &established)
        established.receiveEndOfStream()
        expectTLSError(.truncated) { try readAll(&established) }

        var tampered = try context.makeSession(host: Self.host)
        let other = try TLSTestServer(files.server)
        try shakeHands(&tampered, other)
        other.write(Array("genuine".utf8))
        var bytes = other.takeOutgoing()
        bytes[bytes.count - 1] ^= 1
        receive(bytes, into: &tampered)
        expectTLSError(.failed) { try readAll(&tampered) }
    }

    @Test("Files that cannot be used are named")
    func unusableFiles() throws {
        let files = try CertificateFiles()
        let garbage = try files.write("no certificate", to: "garbage.pem")
        for path in [files.directory.path + "/missing.pem", garbage] {
            var roots = TLSConfiguration()
            roots.roots = .file(path)
            var client = files.configuration()
            client.clientCertificateFile = path
            var list = files.configuration()
            list.revocationListFile = path
            for configuration in [roots, client, list] {
                do {
                    _ = try TLSContext(configuration)
                    Issue.record("accepted \(path)")
                } catch {
                    #expect(error.code == .invalidConfiguration)
                    #expect(error.message.contains(path))
                }
            }
        }
    }

    @Test("Full verification without a host is refused, and so is a name with NUL in it", arguments: ["", ".", "a\0b"])
    func unusableHosts(host: String) throws {
        let files = try CertificateFiles()
        let context = try TLSContext(files.configuration())
        do {
            _ = try context.makeSession(host: host)
            Issue.record("accepted")
        } catch {
            #expect(error.code == .invalidConfiguration)
        }
    }

    @Test(
        "trap 4: the channel binding digest follows the certificate's signature",
        arguments: [
            (KeyKind.p256, SignatureDigest.sha256, 32), (.p256, .sha384, 48), (.p256, .sha512, 64),
            (.rsa2048, .sha256, 32), (.rsa2048, .sha1, 32), (.ed25519, .builtIn, 0),
        ])
    func channelBinding(authorityKey: KeyKind, digest: SignatureDigest, length: Int) throws {
        let authority = try CertificateAuthority(commonName: "CA", keyKind: authorityKey)
        let issued = try authority.issueServerCertificate(dnsNames: [Self.host], digest: digest)
        var configuration = TLSConfiguration()
        configuration.verification = .none
        var client = try TLSContext(configuration).makeSession(host: Self.host)
        let before = client.peerCertificateDigest
        #expect(before == nil)
        try shakeHands(&client, TLSTestServer(issued))
        let bytes = client.peerCertificateDigest
        #expect(bytes?.count ?? 0 == length)
        if length == 32 { #expect(bytes == (try SHA256.hash(der(issued.certificatePEM)))) }
    }
}
