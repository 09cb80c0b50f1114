import Postgres
import PostgresTestKit
import Testing

/// Protocol 3.2 (PostgreSQL 18), and servers that do not have it.
@Suite(.timeLimit(.minutes(1))) struct ProtocolVersionTests {
    private static let version30: Int32 = 3 << 16
    private static let version32: Int32 = 3 << 16 | 2

    private func configuration(
        _ server: ScriptedServer, minimum: PostgresProtocolVersion = .v3_0
    ) -> PostgresConfiguration {
        var configuration = PostgresConfiguration(server)
        configuration.minimumProtocol = minimum
        configuration.maximumProtocol = .v3_2
        return configuration
    }

    private static func version(_ message: FrontendMessage) -> Int32? {
        if case .startup(let version, _) = message { version } else { nil }
    }

    @Test("trap 11: cancel keys of 4 to 256 bytes are sent back as they came", arguments: [4, 32, 256])
    func longKeys(size: Int) async throws {
        let key = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let server = try ScriptedServer { s in
            guard Self.version(try s.acceptStartup()) == Self.version32 else { return }
            try s.send(.authenticationOk, .backendKeyData(processID: 9, secretKey: key), .readyForQuery())
            try s.answerPrepare()
            try s.expect("B", "E", "S")
            let cancel = try s.acceptCancelRequest()
            guard cancel.processID == 9, cancel.secretKey == key else { return }
            try s.send(.error(.queryCanceled, "canceling statement"), .readyForQuery())
            try s.answerCheck()
        }
        let connection = try await PostgresConnection.connect(configuration(server))
        let error = try await connection.cancelRunningStatement(server)
        #expect(error.code == .cancelled)
        await connection.check()
        try await server.finished()
    }

    @Test("trap 11: keys of other sizes are refused", arguments: [0, 3, 257, 20_000])
    func wrongKeys(size: Int) async throws {
        let server = try ScriptedServer { s in
            try s.acceptStartup()
            try s.send(
                .authenticationOk, .backendKeyData(processID: 9, secretKey: Array(repeating: 1, count: size)),
                .readyForQuery())
            try s.expectEnd()
        }
        let error = try await failure { try await PostgresConnection.connect(configuration(server)) }
        #expect(error.code == .protocolViolation)
    }

    @Test(
        "trap 11: a server with an older version says so, and goes on",
        arguments: [PostgresProtocolVersion.v3_0, .v3_2])
    func downgrade(minimum: PostgresProtocolVersion) async throws {
        let server = try ScriptedServer { s in
            try s.acceptStartup()
            try s.send(.negotiateProtocolVersion(Self.version30))
            if minimum == .v3_2 { return try s.expectEnd() }
            try s.send(.authenticationOk, .backendKeyData(processID: 1), .readyForQuery())
            try s.answerCheck()
        }
        if minimum == .v3_0 {
            try await PostgresConnection.connect(configuration(server)).check()
        } else {
            let error = try await failure {
                try await PostgresConnection.connect(configuration(server, minimum: .v3_2))
            }
            #expect(error.code == .connectionFailed)
            #expect(error.message.contains("3.0") && error.message.contains("3.2"))
            #expect(error.advice?.contains("PostgreSQL 18") == true)
        }
        try await server.finished()
    }

    @Test(
        "negotiations that no server leads",
        arguments: [
            .negotiateProtocolVersion(version32), .negotiateProtocolVersion(3 << 16 | 3),
            .negotiateProtocolVersion(3 << 16 | 1),
            .negotiateProtocolVersion(2 << 16), .negotiateProtocolVersion(-1),
            .negotiateProtocolVersion(version30, unknown: ["_pq_.unasked"]),
            .message("v"), .message("v", body: [0, 3, 0, 0]), .message("v", body: [0, 3, 0, 0, 127, 255, 255, 255]),
            .message("v", body: [0, 3, 0, 0, 255, 255, 255, 255]), .message("v", body: [0, 3, 0, 0, 0, 0, 0, 0, 0]),
        ] as [BackendMessage])
    func refusesNonsense(message: BackendMessage) async throws {
        let server = try ScriptedServer { s in
            // Once with each version: what is nonsense to one may be that to the other, too.
            while true {
                try s.acceptStartup()
                try s.send(message)
                try s.expectEnd()
            }
        }
        let error = try await promptly {
            try await failure { try await PostgresConnection.connect(configuration(server)) }
        }
        #expect(error.code == .protocolViolation)
        server.stop()
    }

    @Test("options that were asked for and are not known are named") func unknownOptions() async throws {
        let server = try ScriptedServer { s in
            try s.acceptStartup()
            try s.send(.negotiateProtocolVersion(Self.version30, unknown: ["_pq_.compression"]))
            try s.expectEnd()
        }
        var configuration = configuration(server)
        configuration.parameters["_pq_.compression"] = "zstd"
        let error = try await failure { [configuration] in try await PostgresConnection.connect(configuration) }
        #expect(error.code == .connectionFailed)
        #expect(error.message.contains("_pq_.compression"))
    }

    /// How proxies and old servers refuse a version.
    enum Refusal: String, CaseIterable, Sendable {
        case featureNotSupported, protocolViolation, close

        func play(_ s: ScriptedSession) throws {
            switch self {
            case .featureNotSupported:
                try s.send(.error(.featureNotSupported, "unsupported frontend protocol 3.2", severity: "FATAL"))
            case .protocolViolation: try s.send(.error(.protocolViolation, "unsupported protocol", severity: "FATAL"))
            case .close: break
            }
            s.close()
        }
    }

    @Test("trap 11: a proxy that rejects 3.2 is asked again, once, for 3.0", arguments: Refusal.allCases)
    func rejection(refusal: Refusal) async throws {
        let server = try ScriptedServer { s in
            try s.acceptStartup()
            try refusal.play(s)
            guard Self.version(try s.acceptStartup()) == Self.version30 else { return }
            try s.send(.authenticationOk, .readyForQuery())
            try s.answerCheck()
        }
        try await PostgresConnection.connect(configuration(server)).check()
        try await server.finished()
    }

    @Test("trap 11: but not where 3.2 is the least", arguments: Refusal.allCases)
    func rejectionOfTheMinimum(refusal: Refusal) async throws {
        let server = try ScriptedServer { s in
            try s.acceptStartup()
            try refusal.play(s)
        }
        let error = try await failure { try await PostgresConnection.connect(configuration(server, minimum: .v3_2)) }
        #expect(error.code == .connectionFailed)
        #expect(error.message.contains("protocol 3.2"))
        try await server.finished()
    }

    @Test("a refusal for another reason is not asked about again") func otherRefusals() async throws {
        let server = try ScriptedServer { s in
            try s.acceptStartup()
            try s.send(.error(.invalidCatalogName, "no database", severity: "FATAL"))
            s.close()
        }
        let error = try await failure { try await PostgresConnection.connect(configuration(server)) }
        #expect(error.sqlState == .invalidCatalogName)
        try await server.finished()
    }
}
