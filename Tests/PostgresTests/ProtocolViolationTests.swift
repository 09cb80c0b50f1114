import PostgresTestKit
import Testing

@testable import Postgres

/// A server that breaks the protocol is left at once, with an error that says so.
@Suite(.timeLimit(.minutes(3))) struct ProtocolViolationTests {
    /// Expects `body` to be a protocol violation that closes the connection.
    private func expectViolation(
        _ script: @escaping @Sendable (ScriptedSession) throws -> Void,
        _ body: (PostgresConnection) async throws -> Void
    ) async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try script(s)
            try s.expectEnd()
        }
        let connection = try await PostgresConnection.connect(to: server)
        let error = try await promptly { try await failure { try await body(connection) } }
        #expect(error.code == .protocolViolation)
        #expect(!connection.isOpen)
        let later = try await failure { try await connection.execute("SELECT 1") }
        #expect(later.code == .connectionClosed)
        try await server.finished()
    }

    private static let strangers: [BackendMessage] = [
        .authenticationOk, .backendKeyData(processID: 1), .message("W", body: [0, 0, 0]), .message("!"),
        .negotiateProtocolVersion(3), .portalSuspended,
    ]

    @Test(
        "while a statement is parsed",
        arguments: strangers + [
            .bindComplete, .row(1), .commandComplete("SELECT"), .readyForQuery(), .copyData([]), .rowDescription([]),
            .noData, .copyInResponse(.binary, columns: 0), .parameterDescription([]),
        ])
    func whileParsing(message: BackendMessage) async throws {
        try await expectViolation { s in
            try s.expect("P", "D", "S")
            try s.send(message)
        } _: { connection in
            try await connection.execute("SELECT 1")
        }
    }

    @Test(
        "while a statement is run, before and among its rows",
        arguments: strangers + [
            .parseComplete, .noData, .readyForQuery(), .copyData([]), .rowDescription([]), .closeComplete,
            .parameterDescription([]),
        ], [false, true])
    func whileRunning(message: BackendMessage, isAmongRows: Bool) async throws {
        try await expectViolation { s in
            try s.answerPrepare(columns: [.int4("n")])
            try s.expect("B", "E", "S")
            try s.send(isAmongRows ? [.bindComplete, .row(1), message] : [message])
        } _: { connection in
            try await connection.execute("SELECT 1")
        }
    }

    @Test(
        "rows that are not as announced",
        arguments: [
            [BackendMessage.dataRow([])], [.row(1)], [.row(1, 2), .row(1, 2, 3)], [.message("D")],
            [.message("D", body: [0])], [.message("D", body: [0xFF, 0xFF])],
        ])
    func wrongRows(rows: [BackendMessage]) async throws {
        try await expectViolation { s in
            try s.answerPrepare(columns: [.int4("a"), .int4("b")])
            try s.expect("B", "E", "S")
            try s.send([.bindComplete] + rows)
        } _: { connection in
            try await connection.execute("SELECT a, b")
        }
    }

    @Test("trap 17: lengths that cannot be", arguments: [0, 3, -1, Int32.max])
    func lyingLengths(length: Int32) async throws {
        try await expectViolation { s in
            try s.answerPrepare(columns: [.int4("n")])
            try s.expect("B", "E", "S")
            let bytes = withUnsafeBytes(of: length.bigEndian) { Array($0) }
            try s.send(.bindComplete, .raw([UInt8(ascii: "D")] + bytes))
        } _: { connection in
            try await connection.execute("SELECT 1")
        }
    }

    @Test(
        "an answer that nobody asked for", arguments: [BackendMessage.row(1), .readyForQuery(), .commandComplete("X")])
    func unasked(message: BackendMessage) async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.send(message)
            try s.expectEnd()
        }
        let connection = try await PostgresConnection.connect(to: server)
        try await server.finished()
        #expect(!connection.isOpen)
        let error = try await failure { try await connection.execute("SELECT 1") }
        #expect(error.code == .connectionClosed)
    }

    @Test(
        "cells whose lengths lie are found when they are read",
        arguments: [
            [0, 1, 0, 0, 0, 5, 1, 2, 3, 4], [0, 1, 0x7F, 0xFF, 0xFF, 0xFF, 1], [0, 1, 0xFF, 0xFF, 0xFF, 0xFE],
            [0, 1, 0, 0],
            [0, 1],
        ] as [[UInt8]])
    func lyingCells(content: [UInt8]) async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerPrepare(columns: [.int4("n")])
            try s.answerExecute([.message("D", body: content)])
            try s.answerCheck()
        }
        let connection = try await PostgresConnection.connect(to: server)
        let error = try await failure {
            for try await value in try await connection.query("SELECT n", as: Int32?.self) { _ = value }
        }
        #expect(error.code == .protocolViolation)
        // The frames were right: the connection is in step.
        await connection.check()
        try await server.finished()
    }

    @Test(
        "while a COPY begins", arguments: strangers + [.row(1), .rowDescription([]), .copyData([]), .readyForQuery()])
    func whileCopyBegins(message: BackendMessage) async throws {
        try await expectViolation { s in
            try s.expect("Q")
            try s.send(message)
        } _: { connection in
            try await connection.copy(into: "t", format: .text) { try await $0.write("1\n") }
        }
    }

    @Test(
        "binary COPY that is none",
        arguments: [
            [BackendMessage.copyData([])], [.copyData(Array("PGCOPY\n".utf8))],
            [.copyData([UInt8](repeating: 0, count: 19))],
            [.copyData(BinaryCopy.signature + [0, 1, 0, 0, 0, 0, 0, 0])],
            [.copyData(BinaryCopy.signature + [0, 0, 0, 0, 0x7F, 0xFF, 0xFF, 0xFF])],
            [.copyData(BinaryCopy.signature + [0, 0, 0, 0, 0, 0, 0, 0]), .copyData([0, 2, 0, 0, 0, 0, 0, 0, 0, 0])],
            [.copyData(BinaryCopy.signature + [0, 0, 0, 0, 0, 0, 0, 0]), .copyData([])],
        ])
    func strangeCopyOut(messages: [BackendMessage]) async throws {
        try await expectViolation { s in
            try s.answerPrepare(columns: [.int4("n")])
            try s.expect("Q")
            try s.send([.copyOutResponse(.binary, columns: 1)] + messages)
        } _: { connection in
            for try await row in try await connection.copy(from: .table("t")) { _ = row }
        }
    }
}
