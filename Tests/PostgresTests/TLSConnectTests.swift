import Postgres
import PostgresTestKit
import Testing

/// TLS with a scripted server: direct negotiation, names, falling back, cancelling.
@Suite(.timeLimit(.minutes(1))) struct TLSConnectTests {
    private func configuration(
        _ server: ScriptedServer, _ mode: PostgresTLS.Mode = .require, host: String = "127.0.0.1"
    ) -> PostgresConfiguration {
        var configuration = PostgresConfiguration(server, tls: mode)
        configuration.hosts = [PostgresHost(host, address: "127.0.0.1", port: server.port)]
        return configuration
    }

    // MARK: sslnegotiation=direct

    @Test("direct TLS begins with the handshake, and cancels the same way (trap 43)") func direct() async throws {
        let tls = try ScriptedTLS()
        let server = try ScriptedServer { s in
            try s.accept()
            try s.startTLS(tls)
            try s.expect("0")
            try s.send(.authenticationOk, .backendKeyData(processID: 5), .readyForQuery())
            let session = try s.newest()
            try s.answerPrepare()
            try s.expect("B", "E", "S")
            let canceller = try s.accept()
            try canceller.startTLS(tls)
            try canceller.expect("7")
            canceller.close()
            try session.send(.error(.queryCanceled, "canceling statement"), .readyForQuery())
            try session.expectEnd()
        }
        var configuration = configuration(server)
        configuration.tls.negotiation = .direct
        let connection = try await PostgresConnection.connect(configuration)
        let error = try await connection.cancelRunningStatement(server)
        #expect(error.code == .cancelled)
        await connection.close()
        try await server.finished()
        #expect(!server.received.contains(.sslRequest))
    }

    @Test("direct TLS with something that does not agree to speak PostgreSQL's protocol") func directWithoutALPN()
        async throws
    {
        let tls = try ScriptedTLS(choosesProtocol: false)
        let server = try ScriptedServer { s in
            try s.accept()
            try s.startTLS(tls)
            try s.expectEnd()
        }
        var configuration = configuration(server)
        configuration.tls.negotiation = .direct
        let error = try await failure { [configuration] in try await PostgresConnection.connect(configuration) }
        #expect(error.code == .tlsFailed)
        #expect(error.message.contains("ALPN"))
        try await server.finished()
    }

    @Test("direct TLS does not go with modes that may do without", arguments: [PostgresTLS.Mode.allow, .prefer])
    func directWithWeakMode(mode: PostgresTLS.Mode) async throws {
        let server = try ScriptedServer { s in try s.accept() }
        var configuration = configuration(server, mode)
        configuration.tls.negotiation = .direct
        let error = try await failure { [configuration] in try await PostgresConnection.connect(configuration) }
        #expect(error.code == .invalidConfiguration)
        server.stop()
    }

    // MARK: The server's name

    @Test(
        "the server's name is sent, unless it is an address or must not be",
        arguments: [
            ("db.example.com", true, "db.example.com"), ("db.example.com", false, nil), ("127.0.0.1", true, nil),
            ("::1", true, nil),
        ]
            as [(String, Bool, String?)])
    func serverName(host: String, isSent: Bool, expected: String?) async throws {
        let tls = try ScriptedTLS()
        let server = try ScriptedServer { s in
            guard try s.acceptTLS(tls) == expected else { return }
            try s.expect("0")
            try s.send(.authenticationOk, .readyForQuery())
            try s.expectEnd()
        }
        var configuration = configuration(server, host: host)
        configuration.tls.sendsServerName = isSent
        try await PostgresConnection.connect(configuration).close()
        try await server.finished()
    }

    // MARK: Falling back

    @Test(
        "trap 9: prefer has a fresh deadline where the answer to the request for TLS does not come",
        arguments: ["before", "during"])
    func silenceIsNoTLS(when: String) async throws {
        let server = try ScriptedServer(patience: .seconds(30)) { s in
            try s.accept()
            try s.expect("8")
            if when == "during" { try s.send(.raw([UInt8(ascii: "S")])) }
            // Nothing more until the client gives up; what comes then is cut off.
            _ = try? s.expectEnd()
            try s.accept()
            try s.expect("0")
            // Later than the first deadline was, long before the second one.
            s.delay(.milliseconds(300))
            try s.send(.authenticationOk, .readyForQuery())
            try s.answerCheck()
        }
        var configuration = configuration(server, .prefer)
        configuration.connectTimeout = .seconds(3)
        try await PostgresConnection.connect(configuration).check()
        try await server.finished()
    }

    @Test("trap 9: prefer goes on where the server hangs up, once", arguments: [true, false])
    func hangingUpIsNoTLS(isDuringHandshake: Bool) async throws {
        let server = try ScriptedServer { s in
            try s.accept()
            try s.expect("8")
            if isDuringHandshake { try s.send(.raw([UInt8(ascii: "S")])) }
            s.close()
            try s.accept()
            try s.expect("0")
            s.close()
            // Whoever comes once more is seen.
            try s.accept()
            _ = try s.read()
        }
        let error = try await failure { try await PostgresConnection.connect(configuration(server, .prefer)) }
        #expect([.connectionFailed, .connectionClosed].contains(error.code))
        #expect(server.received.map(\.kind) == ["8", "0"])
        server.stop()
    }

    @Test(
        "trap 9: require and more never go on, whatever fails",
        arguments: [PostgresTLS.Mode.require, .verifyCA, .verifyFull])
    func neverFallsBack(mode: PostgresTLS.Mode) async throws {
        let server = try ScriptedServer { s in
            try s.accept()
            try s.expect("8")
            s.close()
            try s.accept()
        }
        _ = try await failure { try await PostgresConnection.connect(configuration(server, mode)) }
        #expect(server.received == [.sslRequest])
        server.stop()
    }

    @Test("trap 8: tampering is no reason to go on in the clear") func tamperingEndsPrefer() async throws {
        let server = try ScriptedServer { s in
            try s.accept()
            try s.expect("8")
            try s.send(.raw([UInt8(ascii: "S")]), .authenticationOk, .readyForQuery())
            try s.expectEnd()
            try s.accept()
        }
        let error = try await failure { try await PostgresConnection.connect(configuration(server, .prefer)) }
        #expect(error.code == .tlsFailed)
        #expect(error.advice?.contains("tampering") == true)
        #expect(server.received == [.sslRequest])
        server.stop()
    }

    @Test("both ways having failed, the error tells of both") func tellsBoth() async throws {
        let server = try ScriptedServer { s in
            try s.accept()
            try s.expect("8")
            try s.send(.raw([UInt8(ascii: "S")]))
            try s.newest().skipBytes()
            try s.send(.raw([21, 3, 3, 0, 2, 2, 40]))
            s.close()
            try s.acceptStartup()
            try s.send(.error(.invalidAuthorizationSpecification, "no encryption", severity: "FATAL"))
            s.close()
        }
        let error = try await failure { try await PostgresConnection.connect(configuration(server, .prefer)) }
        #expect(error.sqlState == .invalidAuthorizationSpecification)
        #expect(error.message.contains("handshake"))
        try await server.finished()
    }

    // MARK: Certificates

    @Test("a server that wants a certificate ends TLS when it gets none, and is understood") func certificateWanted()
        async throws
    {
        let tls = try ScriptedTLS(asksForCertificate: true)
        let server = try ScriptedServer { s in
            // Its failure is what is wanted.
            _ = try? s.acceptTLS(tls)
            // A reset must not overtake the alert.
            s.delay(.milliseconds(300))
            s.close()
        }
        let error = try await failure { try await PostgresConnection.connect(configuration(server)) }
        #expect(error.code == .tlsFailed)
        #expect(error.advice?.contains("sslcert") == true, "\(error)")
        try await server.finished()
    }

    @Test("a missing file is named", arguments: ["root", "certificate", "key", "list"])
    func missingFiles(which: String) async throws {
        let server = try ScriptedServer { s in try s.accept() }
        var configuration = configuration(server, .verifyFull)
        let path = "/nonexistent/\(which).pem"
        switch which {
        case "root": configuration.tls.rootCertificate = path
        case "certificate": configuration.tls.certificate = path
        case "list": configuration.tls.revocationList = path
        default:
            configuration.tls.certificate = path
            configuration.tls.key = path
        }
        let error = try await failure { [configuration] in try await PostgresConnection.connect(configuration) }
        #expect(error.code == .tlsFailed)
        #expect(error.message.contains(path))
        server.stop()
    }

    @Test("trap 43: a cancel goes over TLS where the session does") func cancelOverTLS() async throws {
        let tls = try ScriptedTLS()
        let server = try ScriptedServer { s in
            try s.acceptTLS(tls)
            try s.expect("0")
            try s.send(.authenticationOk, .backendKeyData(processID: 5), .readyForQuery())
            let session = try s.newest()
            try s.answerPrepare()
            try s.expect("B", "E", "S")
            try s.acceptTLS(tls)
            try s.expect("7")
            s.close()
            try session.send(.error(.queryCanceled, "canceling statement"), .readyForQuery())
            try session.expectEnd()
        }
        let connection = try await PostgresConnection.connect(configuration(server))
        let error = try await connection.cancelRunningStatement(server)
        #expect(error.code == .cancelled)
        await connection.close()
        try await server.finished()
    }

    @Test("trap 43: so does the cancel for what a session leaves running") func cancelOfWhatIsLeft() async throws {
        let tls = try ScriptedTLS()
        let server = try ScriptedServer { s in
            try s.acceptTLS(tls)
            try s.expect("0")
            try s.send(.authenticationOk, .backendKeyData(processID: 5), .readyForQuery())
            try s.answerPrepare()
            try s.expect("B", "E", "S")
            try s.acceptTLS(tls)
            try s.expect("7")
        }
        let connection = try await PostgresConnection.connect(configuration(server))
        let task = Task { try await connection.execute("SELECT pg_sleep(60)") }
        try await server.received("E")
        await connection.close()
        let error = try await failure { try await task.value }
        #expect(error.code == .connectionClosed)
        try await server.finished()
    }
}
