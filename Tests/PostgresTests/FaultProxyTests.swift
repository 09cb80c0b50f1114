import Foundation
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
            try await wait(until: { !connection.isOpen }, otherwise: "the connection is still open")
        }
        try await server.finished()
        proxy.stop()
        proxy.stop()
    }

    /// A server that answers every query, connection after connection, through a proxy.
    private func withConnection(
        to proxy: FaultProxy, _ body: (PostgresConnection) async throws -> Void
    ) async throws {
        let connection = try await PostgresConnection.connect(configuration(proxy))
        try await body(connection)
        await connection.close()
    }

    private func answering(_ connections: Int) throws -> ScriptedServer {
        try ScriptedServer { s in
            for _ in 0..<connections {
                do {
                    try s.acceptSession()
                    while try s.read().kind == "Q" { try s.send(.commandComplete("DONE"), .readyForQuery()) }
                } catch {
                    // Some ends are no ends in good order.
                }
            }
        }
    }

    @Test("a plan for new connections by their number, over TCP and over a unix socket; one for those that stand")
    func plans() async throws {
        let server = try answering(3)
        let proxy = try FaultProxy(to: .port(server.port)) { number in
            number == 2 ? FaultPlan(.reset, .toClient, at: .message(1, kind: "C")) : FaultPlan()
        }
        try await withConnection(to: proxy) { connection in
            #expect(proxy.connections == [1])
            _ = try await connection.execute(script: "FIRST")
        }
        try await withConnection(to: proxy) { connection in
            let error = await #expect(throws: PostgresError.self) { _ = try await connection.execute(script: "LOST") }
            #expect(error?.code == .connectionClosed)
            #expect(error?.safeToRetry == false)
        }
        try await withConnection(to: proxy) { connection in
            _ = try await connection.execute(script: "SECOND")
            #expect(proxy.apply(FaultPlan(.cut, .toClient, at: .byte(3)), to: [3]) == 1)
            // The proxy hears of a connection's end when it comes to it.
            while proxy.apply(FaultPlan(), to: [1, 2]) > 0 { try await Task.sleep(for: .milliseconds(5)) }
            let error = await #expect(throws: PostgresError.self) { _ = try await connection.execute(script: "LOST") }
            #expect(error?.code == .connectionClosed)
        }
        #expect(server.received.filter { $0.kind == "Q" }.count == 4)
        proxy.stop()
        #expect(proxy.apply(FaultPlan()) == 0)
    }

    @Test("late, slow and in pieces the answers are the same") func ways() async throws {
        let server = try answering(1)
        let proxy = try FaultProxy(port: server.port)
        try await withConnection(to: proxy) { connection in
            for set: (inout FaultPlan.Stream) -> Void in [
                { $0.delay = .milliseconds(50) }, { $0.bytesPerSecond = 200 }, { $0.pieceSize = 1 },
            ] {
                var plan = FaultPlan()
                set(&plan.toClient)
                set(&plan.toServer)
                proxy.apply(plan)
                let took = try await ContinuousClock().measure {
                    let tags = try await connection.execute(script: "SELECT something").map(\.tag)
                    #expect(tags == ["DONE"])
                }
                if plan.toClient.delay > .zero { #expect(took >= .milliseconds(100)) }
                // The question has 22 bytes, the answer 16.
                if plan.toClient.bytesPerSecond != nil { #expect(took >= .milliseconds(120)) }
            }
        }
        proxy.stop()
    }

    @Test("trap 44: half open, neither end hears anything, until one gives up") func halfOpen() async throws {
        let server = try answering(1)
        let proxy = try FaultProxy(port: server.port)
        var configuration = configuration(proxy)
        configuration.cancelTimeout = .milliseconds(100)
        let connection = try await PostgresConnection.connect(configuration)
        proxy.apply(FaultPlan(.halfOpen, .toServer))
        let error = await #expect(throws: PostgresError.self) {
            _ = try await connection.execute(script: "UNHEARD", timeout: .milliseconds(200))
        }
        #expect(error?.code == .timeout)
        #expect(server.received.filter { $0.kind == "Q" }.isEmpty)
        await connection.close()
        try await wait(until: { proxy.connectionCount == 0 }, otherwise: "the proxy still has connections")
        proxy.stop()
    }

    @Test("a byte left out or turned over ends the connection, and nothing else") func corrupted() async throws {
        for fault in [FaultPlan.Fault.swallow(1), .corrupt(mask: 0x80)] {
            let server = try answering(1)
            let proxy = try FaultProxy(port: server.port)
            var configuration = configuration(proxy)
            configuration.cancelTimeout = .milliseconds(100)
            let connection = try await PostgresConnection.connect(configuration)
            // The first byte of a length.
            proxy.apply(FaultPlan(fault, .toClient, at: .byte(1)))
            let error = await #expect(throws: PostgresError.self) {
                _ = try await connection.execute(script: "GARBLED", timeout: .seconds(2))
            }
            #expect(
                error.map { [.protocolViolation, .timeout].contains($0.code) } == true, "\(String(describing: error))")
            await connection.close()
            proxy.stop()
        }
    }

    @Test("a server behind a unix socket") func unixSocket() async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(
            "px-\(UInt32.random(in: .min ... .max))")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: directory) }
        let server = try ScriptedServer(on: .unixSocket(directory: directory.path)) { s in
            try s.acceptSession()
            try s.expectEnd()
        }
        let proxy = try FaultProxy(to: .unixSocket(directory: directory.path, port: server.port))
        try await withConnection(to: proxy) { _ in }
        try await server.finished()
        proxy.stop()
    }
}
