import Foundation
import PostgresWire
import Testing

@testable import PostgresTestKit

@Suite struct ScriptedServerTests {
    @Test func followsItsScriptAndRemembersWhatItReceived() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.expect(.query("SELECT 1"))
            try s.send(
                .rowDescription([.init("a")]), .dataRow(texts: ["1", nil]), .commandComplete("SELECT 1"),
                .readyForQuery())
            try s.expectEnd()
        }
        let client = try RawClient(port: server.port)
        client.send(nil) { $0.append(Int32(80_877_103)) }
        #expect(client.receive(1) == Array("N".utf8))
        client.startUp()
        #expect(client.kindsUntilReady() == "RSSSKZ")
        client.send("Q") { $0.append(cString: "SELECT 1") }
        #expect(client.kindsUntilReady() == "TDCZ")
        client.send("X")
        client.finishSending()
        try await server.finished()
        #expect(
            server.received == [
                .sslRequest, .startup(version: 196_608, parameters: ["user": "bob"]), .query("SELECT 1"), .terminate,
            ])
    }

    @Test func tellsTheLineThatTheClientDidNotFollow() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.expect("P", "B")
        }
        let client = try RawClient(port: server.port)
        client.startUp()
        client.send("S")
        let failure = await #expect(throws: ScriptFailure.self) { try await server.finished() }
        #expect(failure?.description.contains("ScriptedServerTests.swift:") == true)
        #expect(failure?.message == "expected P, received sync")
        #expect(client.kindsUntilReady() == "RSSSKZ")
        #expect(client.receive(1) == [])
    }

    @Test func failsWhenTheClientStaysAwayOrSilent() async throws {
        let lonely = try ScriptedServer(patience: .milliseconds(20)) { s in try s.accept() }
        await #expect(throws: ScriptFailure.self) { try await lonely.finished() }
        let server = try ScriptedServer(patience: .milliseconds(20)) { s in try s.acceptSession() }
        let client = try RawClient(port: server.port)
        await #expect(throws: ScriptFailure.self) { try await server.finished() }
        #expect(client.receive(1) == [])
    }

    @Test func stopsWhileItWaits() async throws {
        let server = try ScriptedServer(patience: .seconds(1000)) { s in try s.accept() }
        server.stop()
        let failure = await #expect(throws: ScriptFailure.self) { try await server.finished() }
        #expect(failure?.message == "stopped while it waited for a client")
    }

    @Test func takesTheExtendedProtocolApart() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.expect(.parse(statement: "s", sql: "SELECT $1", types: [23]))
            try s.expect(
                .bind(
                    .init(
                        portal: "p", statement: "s", parameterFormats: [1], parameters: [[0, 0, 0, 7], nil],
                        resultFormats: [1])))
            try s.expect(.describe(.portal("p")))
            try s.expect(.execute(portal: "p", maximumRows: 10))
            try s.expect(.close(.statement("s")))
            try s.expect("H", "S")
            try s.send(
                [.parseComplete, .bindComplete, .noData, .portalSuspended, .closeComplete, .readyForQuery("T")],
                inPiecesOf: 1)
            try s.expect(.copyData([1, 2]))
            try s.expect(.copyFail("no"))
            try s.expect(.other("F", [9]))
        }
        let client = try RawClient(port: server.port)
        client.startUp()
        _ = client.kindsUntilReady()
        client.send("P") {
            $0.append(cString: "s")
            $0.append(cString: "SELECT $1")
            $0.append(Int16(1))
            $0.append(Int32(23))
        }
        client.send("B") {
            $0.append(cString: "p")
            $0.append(cString: "s")
            for value: Int16 in [1, 1, 2] { $0.append(value) }
            $0.append(Int32(4))
            $0.append(Int32(7))
            $0.append(Int32(-1))
            for value: Int16 in [1, 1] { $0.append(value) }
        }
        client.send("D") {
            $0.append(UInt8(ascii: "P"))
            $0.append(cString: "p")
        }
        client.send("E") {
            $0.append(cString: "p")
            $0.append(Int32(10))
        }
        client.send("C") {
            $0.append(UInt8(ascii: "S"))
            $0.append(cString: "s")
        }
        client.send("H")
        client.send("S")
        #expect(client.kindsUntilReady() == "12ns3Z")
        client.send("d") { $0.append([1, 2]) }
        client.send("f") { $0.append(cString: "no") }
        client.send("F") { $0.append([9]) }
        try await server.finished()
    }

    @Test(arguments: [[Int32(-1)], [0, 1, 2], [0, 1, 1, -2]])
    func survivesMessagesThatEndTooEarly(_ lengths: [Int32]) {
        var body: [UInt8] = [0, 0]
        for length in lengths { body += withUnsafeBytes(of: Int16(truncatingIfNeeded: length).bigEndian) { Array($0) } }
        #expect(FrontendMessage(kind: "B", body: body) == .other("B", body))
    }

    @Test func acceptsACancelRequestBesideTheSession() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            let request = try s.acceptCancelRequest()
            guard request.processID == 4711, request.secretKey == [1, 2, 3, 4] else {
                throw ScriptFailure(message: "wrong key", fileID: #fileID, line: #line)
            }
            try s.send(.error(.queryCanceled, "canceling statement due to user request"), .readyForQuery())
        }
        let client = try RawClient(port: server.port)
        client.startUp()
        #expect(client.kindsUntilReady() == "RSSSKZ")
        let other = try RawClient(port: server.port)
        other.send(nil) {
            $0.append(Int32(80_877_102))
            $0.append(Int32(4711))
            $0.append([1, 2, 3, 4])
        }
        #expect(client.kindsUntilReady() == "EZ")
        try await server.finished()
    }

    @Test func listensOnAUnixSocketAndRemovesIt() async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("s-\(UUID())").path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let server = try ScriptedServer(on: .unixSocket(directory: directory), patience: .seconds(1)) { s in
            try s.accept()
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == [".s.PGSQL.\(server.port)"])
        server.stop()
        try? await server.finished()
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == [])
    }
}
