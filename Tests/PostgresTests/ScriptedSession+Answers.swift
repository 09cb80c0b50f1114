import Postgres
import PostgresTestKit
import Testing

/// The wire module has one of that name for its own messages.
typealias BackendMessage = PostgresTestKit.BackendMessage
typealias FrontendMessage = PostgresTestKit.FrontendMessage

/// A password that no error may show.
let secret = "s3cret-Passw0rd"

extension PostgresConfiguration {
    /// How to reach a scripted server; unencrypted, and with no patience.
    init(_ server: ScriptedServer, tls: PostgresTLS.Mode = .disable) {
        self.init(host: "127.0.0.1", port: server.port, user: "bob", password: secret, database: "shop")
        self.tls.mode = tls
        connectTimeout = .seconds(10)
    }
}

extension PostgresConnection {
    static func connect(to server: ScriptedServer) async throws(PostgresError) -> PostgresConnection {
        try await connect(PostgresConfiguration(server))
    }
}

extension BackendMessage.Column {
    /// A column of int4 in binary.
    static func int4(_ name: String) -> BackendMessage.Column { .init(name, type: 23, size: 4) }
}

extension BackendMessage {
    /// A row of int4 cells.
    static func row(_ values: Int32...) -> BackendMessage {
        dataRow(values.map { value in withUnsafeBytes(of: value.bigEndian) { Array($0) } })
    }
}

/// A message of the right kind that says something else.
struct Unexpected: Error {
    var message: PostgresTestKit.FrontendMessage
}

extension ScriptedSession {
    /// Waits for a client, agrees to its request for TLS and shakes hands; the name that it sent (SNI).
    @discardableResult
    func acceptTLS(_ tls: ScriptedTLS, fileID: String = #fileID, line: Int = #line) throws -> String? {
        try accept(fileID: fileID, line: line)
        try expect("8", fileID: fileID, line: line)
        try send(.raw([UInt8(ascii: "S")]), fileID: fileID, line: line)
        return try startTLS(tls, fileID: fileID, line: line)
    }

    /// Answers a connection's first statement, which is through when its cancel comes; up to the empty statement, the fence,
    /// that follows.
    func answerBeforeTheCancel() throws {
        try acceptSession()
        try answerPrepare()
        try expect("B", "E", "S")
        _ = try acceptCancelRequest()
        try send(.bindComplete, .commandComplete("SELECT 1"), .readyForQuery())
        try expect(.query(""))
    }

    /// Waits for Parse, Describe, Sync, and Close of statements before them, and says that the statement is right; its
    /// text.
    @discardableResult
    func answerPrepare(
        parameters: [UInt32] = [], columns: [BackendMessage.Column] = [], status: Character = "I",
        fileID: String = #fileID, line: Int = #line
    ) throws -> String {
        let messages = try read(until: "P", fileID: fileID, line: line)
        let closed = messages.count { $0.kind == "C" }
        guard messages.count == closed + 1, case .parse(_, let sql, _)? = messages.last else {
            throw Unexpected(message: messages[0])
        }
        try expect("D", "S", fileID: fileID, line: line)
        try send(
            Array(repeating: .closeComplete, count: closed) + [
                .parseComplete, .parameterDescription(parameters),
                columns.isEmpty ? .noData : .rowDescription(columns), .readyForQuery(status),
            ], fileID: fileID, line: line)
        return sql
    }

    /// Waits for Bind, Execute, Sync and answers with rows.
    func answerExecute(
        _ rows: [BackendMessage] = [], tag: String = "SELECT", status: Character = "I",
        fileID: String = #fileID, line: Int = #line
    ) throws {
        try expect("B", "E", "S", fileID: fileID, line: line)
        try send(
            [.bindComplete] + rows + [.commandComplete(tag), .readyForQuery(status)], fileID: fileID, line: line)
    }

    /// Waits for Parse, Bind, Describe, Execute, Sync of a statement without a name and answers with rows.
    func answerUnnamed(
        _ columns: [BackendMessage.Column], _ rows: [BackendMessage], types: [UInt32] = [],
        status: Character = "I", fileID: String = #fileID, line: Int = #line
    ) throws {
        let messages = try expect("P", "B", "D", "E", "S", fileID: fileID, line: line)
        guard case .parse("", _, types) = messages[0] else {
            throw Unexpected(message: messages[0])
        }
        try send(
            [.parseComplete, .bindComplete, .rowDescription(columns)] + rows
                + [.commandComplete("SELECT"), .readyForQuery(status)], fileID: fileID, line: line)
    }

    /// Waits for the question which process serves the session.
    func answerBackendID(_ id: Int32, fileID: String = #fileID, line: Int = #line) throws {
        try expect(.query("SELECT pg_catalog.pg_backend_pid()"), fileID: fileID, line: line)
        try send(
            .rowDescription([.init("pg_backend_pid", type: 23, format: .text, size: 4)]),
            .dataRow(texts: [String(id)]), .commandComplete("SELECT 1"), .readyForQuery(), fileID: fileID, line: line)
    }

    /// Waits for a simple query and says that it is done.
    func answerQuery(
        _ sql: String, tag: String, status: Character = "I", fileID: String = #fileID, line: Int = #line
    ) throws {
        try expect(.query(sql), fileID: fileID, line: line)
        try send(.commandComplete(tag), .readyForQuery(status), fileID: fileID, line: line)
    }

    /// Answers one statement with one int4, to show that the connection works.
    func answerCheck(fileID: String = #fileID, line: Int = #line) throws {
        try answerPrepare(columns: [.int4("check")], fileID: fileID, line: line)
        try answerExecute([.row(42)], fileID: fileID, line: line)
    }
}

extension PostgresConnection {
    /// Cancels a statement once the server has it; what it fails with.
    func cancelRunningStatement(_ server: ScriptedServer) async throws -> PostgresError {
        let task = Task { try await self.execute("SELECT pg_sleep(60)") }
        try await server.received("E")
        task.cancel()
        return try await failure { try await task.value }
    }

    /// What `answerCheck` answers.
    func check(sourceLocation: SourceLocation = #_sourceLocation) async {
        do {
            let values = try await query("SELECT 42", as: Int32.self).collect()
            #expect(values == [42], sourceLocation: sourceLocation)
        } catch {
            Issue.record(error, "the connection is not usable", sourceLocation: sourceLocation)
        }
    }
}

/// What `body` fails with; checks that it does, and that the error tells no secret.
@discardableResult
func failure<R>(
    of body: () async throws -> R, sourceLocation: SourceLocation = #_sourceLocation
) async throws -> PostgresError {
    let error = try #require(
        await #expect(throws: PostgresError.self, sourceLocation: sourceLocation) { _ = try await body() },
        sourceLocation: sourceLocation)
    var dumped = ""
    dump(error, to: &dumped)
    for text in [error.description, error.debugDescription, dumped, String(reflecting: error)] {
        #expect(!text.contains(secret), "trap 16: an error shows the password", sourceLocation: sourceLocation)
    }
    return error
}

/// Checks that `body` takes no longer than a few seconds, which on a busy machine means at once.
func promptly<R>(
    _ limit: Duration = .seconds(30), _ body: () async throws -> R, sourceLocation: SourceLocation = #_sourceLocation
) async rethrows -> R {
    let start = ContinuousClock.now
    let result = try await body()
    let time = ContinuousClock.now - start
    #expect(time < limit, sourceLocation: sourceLocation)
    return result
}

/// Waits until something is true, which on a busy machine may take seconds; fails with `otherwise` when it does not come.
func wait(
    until condition: () throws -> Bool, otherwise: Comment, sourceLocation: SourceLocation = #_sourceLocation
) async throws {
    let deadline = ContinuousClock.now + .seconds(20)
    while try !condition() {
        try #require(ContinuousClock.now < deadline, otherwise, sourceLocation: sourceLocation)
        try await Task.sleep(for: .milliseconds(1))
    }
}

extension ScriptedServer {
    /// Waits until the client has sent a message of this kind.
    func received(_ kind: Character, count: Int = 1) async throws {
        try await wait(
            until: { received.count { $0.kind == kind } >= count }, otherwise: "the client has not sent \(kind)")
    }
}
