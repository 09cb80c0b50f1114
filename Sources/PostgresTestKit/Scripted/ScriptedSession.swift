#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// What a script works with: it accepts connections, and speaks on the newest one.
///
/// For several at once keep what `accept()` returns. Belongs to the script's thread.
public final class ScriptedSession {
    private let listener: Int32
    private let waiting: ScriptWaiting
    private let record: (FrontendMessage) -> Void
    private var connections: [ScriptedConnection] = []

    init(listener: Int32, _ waiting: ScriptWaiting, record: @escaping (FrontendMessage) -> Void) {
        self.listener = listener
        self.waiting = waiting
        self.record = record
    }

    /// Waits for a client, whose connection the methods here speak on from now.
    /// - Throws: `ScriptFailure` when none comes.
    @discardableResult
    public func accept(fileID: String = #fileID, line: Int = #line) throws(ScriptFailure) -> ScriptedConnection {
        let connection = try acceptOther(fileID, line)
        connections.append(connection)
        return connection
    }

    /// Waits for a client, refuses encryption if it asks, and returns its startup message.
    /// - Throws: `ScriptFailure` when something else comes.
    @discardableResult
    public func acceptStartup(fileID: String = #fileID, line: Int = #line) throws(ScriptFailure) -> FrontendMessage {
        let message = try accept(fileID: fileID, line: line).readStartup(fileID: fileID, line: line)
        guard case .startup = message else {
            throw ScriptFailure(message: "expected startup, received \(message)", fileID: fileID, line: line)
        }
        return message
    }

    /// Accepts a client and lets it in without a password, as process 4711 with the key 1, 2, 3, 4.
    /// - Throws: `ScriptFailure` when something else comes.
    @discardableResult
    public func acceptSession(fileID: String = #fileID, line: Int = #line) throws(ScriptFailure) -> FrontendMessage {
        let message = try acceptStartup(fileID: fileID, line: line)
        try send(
            .authenticationOk, .parameterStatus("server_version", "16.0"), .parameterStatus("client_encoding", "UTF8"),
            .parameterStatus("standard_conforming_strings", "on"), .backendKeyData(processID: 4711),
            .readyForQuery(), fileID: fileID, line: line)
        return message
    }

    /// Waits for a CancelRequest on a connection of its own and closes that, as a server does.
    /// - Throws: `ScriptFailure` when something else comes.
    public func acceptCancelRequest(
        fileID: String = #fileID, line: Int = #line
    ) throws(ScriptFailure) -> (processID: Int32, secretKey: [UInt8]) {
        let connection = try acceptOther(fileID, line)
        defer { connection.close() }
        let message = try connection.readStartup(fileID: fileID, line: line)
        guard case .cancelRequest(let processID, let secretKey) = message else {
            throw ScriptFailure(message: "expected a CancelRequest, received \(message)", fileID: fileID, line: line)
        }
        return (processID, secretKey)
    }

    /// As `ScriptedConnection.startTLS`, on the newest connection.
    @discardableResult
    package func startTLS(
        _ identity: ScriptedTLS, fileID: String = #fileID, line: Int = #line
    ) throws(ScriptFailure) -> String? {
        try current(fileID, line).startTLS(identity, fileID: fileID, line: line)
    }

    /// As `ScriptedConnection.send`, on the newest connection.
    public func send(_ messages: BackendMessage..., fileID: String = #fileID, line: Int = #line) throws(ScriptFailure) {
        try current(fileID, line).send(messages, fileID: fileID, line: line)
    }

    /// As `ScriptedConnection.send`, on the newest connection.
    public func send(
        _ messages: [BackendMessage], inPiecesOf size: Int = .max, fileID: String = #fileID, line: Int = #line
    ) throws(ScriptFailure) {
        try current(fileID, line).send(messages, inPiecesOf: size, fileID: fileID, line: line)
    }

    /// As `ScriptedConnection.read`, on the newest connection.
    public func read(fileID: String = #fileID, line: Int = #line) throws(ScriptFailure) -> FrontendMessage {
        try current(fileID, line).read(fileID: fileID, line: line)
    }

    /// As `ScriptedConnection.read(until:)`, on the newest connection.
    @discardableResult
    public func read(
        until kind: Character, fileID: String = #fileID, line: Int = #line
    ) throws(ScriptFailure) -> [FrontendMessage] {
        try current(fileID, line).read(until: kind, fileID: fileID, line: line)
    }

    /// As `ScriptedConnection.expect`, on the newest connection.
    @discardableResult
    public func expect(
        _ kinds: Character..., fileID: String = #fileID, line: Int = #line
    ) throws(ScriptFailure) -> [FrontendMessage] {
        let connection = try current(fileID, line)
        var messages: [FrontendMessage] = []
        for kind in kinds { messages += try connection.expect(kind, fileID: fileID, line: line) }
        return messages
    }

    /// As `ScriptedConnection.expect`, on the newest connection.
    public func expect(
        _ expected: FrontendMessage, fileID: String = #fileID, line: Int = #line
    ) throws(ScriptFailure) {
        try current(fileID, line).expect(expected, fileID: fileID, line: line)
    }

    /// As `ScriptedConnection.expectEnd`, on the newest connection.
    public func expectEnd(fileID: String = #fileID, line: Int = #line) throws(ScriptFailure) {
        try current(fileID, line).expectEnd(fileID: fileID, line: line)
    }

    /// The newest connection, to speak on it when there is a newer one.
    /// - Throws: `ScriptFailure` before the first client.
    package func newest(fileID: String = #fileID, line: Int = #line) throws(ScriptFailure) -> ScriptedConnection {
        try current(fileID, line)
    }

    /// Closes the newest connection in good order.
    public func close() { connections.last?.close() }

    /// Resets the newest connection.
    public func cut() { connections.last?.cut() }

    /// Does nothing for a while, unless the test stops the server.
    public func delay(_ duration: Duration) {
        var entry = pollfd(fd: waiting.stopDescriptor, events: Int16(POLLIN), revents: 0)
        poll(&entry, 1, Int32(clamping: Int(duration / .milliseconds(1))))
    }

    /// Closes every connection; the script has ended.
    func closeAll() { for connection in connections { connection.close() } }

    private func current(_ fileID: String, _ line: Int) throws(ScriptFailure) -> ScriptedConnection {
        guard let connection = connections.last else {
            throw ScriptFailure(message: "the script has accepted nobody yet", fileID: fileID, line: line)
        }
        return connection
    }

    private func acceptOther(_ fileID: String, _ line: Int) throws(ScriptFailure) -> ScriptedConnection {
        try waiting.waitUntilReadable(listener, "a client", fileID, line)
        let descriptor = systemAccept(listener)
        guard descriptor >= 0 else {
            throw ScriptFailure(
                message: "accept failed: \(String(cString: strerror(errno)))", fileID: fileID, line: line)
        }
        return ScriptedConnection(Channel(owning: descriptor), waiting, record: record)
    }
}

/// `accept(2)`, under a name that the method of the same name does not hide.
private func systemAccept(_ listener: Int32) -> Int32 {
    let descriptor = accept(listener, nil, nil)
    if descriptor >= 0 { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    return descriptor
}
