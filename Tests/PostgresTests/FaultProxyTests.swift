import Postgres
import PostgresTestKit
import Testing

@Suite(.timeLimit(.minutes(2))) struct FaultProxyTests {
    private func configuration(_ proxy: FaultProxy) -> PostgresConfiguration {
        PostgresConfiguration(host: "127.0.0.1", port: proxy.port, user: "test", tls: .disable)
    }

    @Test("passes everything on; holds it back while frozen; resets when cut; takes nobody when refusing") func faults()
        async throws
    {
        let server = try ScriptedServer { s in
            for _ in 0..<2 {
                try s.acceptSession()
                for _ in 0..<2 {
                    try s.expect("Q")
                    try s.send(.commandComplete("DONE"), .readyForQuery())
                }
                try s.expectEnd()
            }
        }
        let proxy = try FaultProxy(port: server.port)
        for round in 0..<2 {
            let connection = try await PostgresConnection.connect(configuration(proxy))
            #expect(try await connection.execute(script: "FIRST").map(\.tag) == ["DONE"])
            #expect(proxy.connectionCount == 1)
            proxy.freeze()
            async let answer = connection.execute(script: "SECOND")
            try await Task.sleep(for: .milliseconds(200))
            #expect(server.received.count { $0.kind == "Q" } == 2 * round + 1)
            proxy.forward()
            #expect(try await answer.map(\.tag) == ["DONE"])
            if round == 0 { proxy.refuse() }
            proxy.cut()
            if round == 0 {
                let error = await #expect(throws: PostgresError.self) {
                    try await PostgresConnection.connect(configuration(proxy))
                }
                #expect(error?.code == .connectionFailed || error?.code == .connectionClosed)
                proxy.forward()
            }
            let deadline = ContinuousClock.now + .seconds(30)
            while connection.isOpen, ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(5)) }
            #expect(!connection.isOpen)
        }
        try await server.finished()
        proxy.stop()
        proxy.stop()
    }
}
