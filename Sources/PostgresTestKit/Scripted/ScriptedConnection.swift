import PostgresCrypto

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// One client's connection to a `ScriptedServer`. Belongs to the script's thread.
///
/// Every wait ends with a `ScriptFailure` when the script's patience does, or the test stops the server.
public final class ScriptedConnection {
    private var channel: Channel?
    private let waiting: ScriptWaiting
    private let record: (FrontendMessage) -> Void
    private var unread: [UInt8] = []
    private var hasStarted = false
    private var tls: TLSServer?

    init(_ channel: consuming Channel, _ waiting: ScriptWaiting, record: @escaping (FrontendMessage) -> Void) {
        self.channel = consume channel
        self.waiting = waiting
        self.record = record
    }

    /// Sends messages in one write.
    /// - Throws: `ScriptFailure` when the client has gone.
    public func send(_ messages: BackendMessage..., fileID: String = #fileID, line: Int = #line) throws(ScriptFailure) {
        try send(messages, fileID: fileID, line: line)
    }

    /// Sends messages in one write.
    /// - Throws: `ScriptFailure` when the client has gone.
    public func send(
        _ messages: [BackendMessage], fileID: String = #fileID, line: Int = #line
    ) throws(ScriptFailure) {
        var bytes = messages.flatMap(\.bytes)
        if let tls {
            tls.write(bytes)
            bytes = tls.takeOutgoing()
        }
        guard channel?.send(bytes) == true else {
            throw ScriptFailure(message: "the client has gone", fileID: fileID, line: line)
        }
    }

    /// Sends messages byte by byte cut into pieces of `size`, as a slow network may.
    /// - Throws: `ScriptFailure` when the client has gone.
    public func send(
        _ messages: [BackendMessage], inPiecesOf size: Int, fileID: String = #fileID, line: Int = #line
    ) throws(ScriptFailure) {
        var rest = messages.flatMap(\.bytes)[...]
        while !rest.isEmpty {
            try send(.raw(Array(rest.prefix(max(1, size)))), fileID: fileID, line: line)
            rest = rest.dropFirst(max(1, size))
        }
    }

    /// Encrypts from here on, once the client has shaken hands; the name that it sent (SNI).
    /// - Throws: `ScriptFailure` when the client does not like it, or goes.
    @discardableResult
    package func startTLS(
        _ identity: ScriptedTLS, fileID: String = #fileID, line: Int = #line
    ) throws(ScriptFailure) -> String? {
        guard let server = identity.makeServer() else {
            throw ScriptFailure(message: "TLS could not be set up", fileID: fileID, line: line)
        }
        while !server.isEstablished {
            guard let descriptor = channel?.descriptor else { break }
            try waiting.waitUntilReadable(descriptor, "a handshake", fileID, line)
            guard let bytes = channel?.receive(upTo: 65_536), !bytes.isEmpty else {
                throw ScriptFailure(message: "the client has gone while shaking hands", fileID: fileID, line: line)
            }
            server.receive(bytes)
            var failure: CryptoError?
            do throws(CryptoError) { try server.handshake() } catch { failure = error }
            _ = channel?.send(server.takeOutgoing())
            if let failure { throw ScriptFailure(message: "\(failure)", fileID: fileID, line: line) }
        }
        tls = server
        // The first message may have come with the end of the handshake.
        unread += server.read()
        return server.requestedName
    }

    /// Waits for bytes of the client that are no messages, such as the beginning of a handshake, and drops them.
    /// - Throws: `ScriptFailure` when none come.
    package func skipBytes(fileID: String = #fileID, line: Int = #line) throws(ScriptFailure) {
        guard let descriptor = channel?.descriptor else { return }
        try waiting.waitUntilReadable(descriptor, "bytes", fileID, line)
        _ = channel?.receive(upTo: 65_536)
    }

    /// Waits for the next message, whatever it is.
    /// - Throws: `ScriptFailure` when none comes.
    public func read(fileID: String = #fileID, line: Int = #line) throws(ScriptFailure) -> FrontendMessage {
        guard let message = try next(fileID, line) else {
            throw ScriptFailure(message: "expected a message, the client has gone", fileID: fileID, line: line)
        }
        return message
    }

    /// Waits for one message of each kind, in this order; see `FrontendMessage.kind`.
    /// - Throws: `ScriptFailure` when another comes, or none.
    @discardableResult
    public func expect(
        _ kinds: Character..., fileID: String = #fileID, line: Int = #line
    ) throws(ScriptFailure) -> [FrontendMessage] {
        var messages: [FrontendMessage] = []
        for kind in kinds {
            guard let message = try next(fileID, line) else {
                throw ScriptFailure(message: "expected \(kind), the client has gone", fileID: fileID, line: line)
            }
            guard message.kind == kind else {
                throw ScriptFailure(message: "expected \(kind), received \(message)", fileID: fileID, line: line)
            }
            messages.append(message)
        }
        return messages
    }

    /// Waits for exactly this message.
    /// - Throws: `ScriptFailure` when another comes, or none.
    public func expect(
        _ expected: FrontendMessage, fileID: String = #fileID, line: Int = #line
    ) throws(ScriptFailure) {
        let message = try next(fileID, line)
        guard message == expected else {
            let received = message.map { "received \($0)" } ?? "the client has gone"
            throw ScriptFailure(message: "expected \(expected), \(received)", fileID: fileID, line: line)
        }
    }

    /// Reads messages up to one of this kind; all of them, that one last.
    /// - Throws: `ScriptFailure` when it does not come.
    @discardableResult
    public func read(
        until kind: Character, fileID: String = #fileID, line: Int = #line
    ) throws(ScriptFailure) -> [FrontendMessage] {
        var messages: [FrontendMessage] = []
        while messages.last?.kind != kind { messages.append(try read(fileID: fileID, line: line)) }
        return messages
    }

    /// Waits for the client to close the connection, with or without Terminate before, and with or without Sync before
    /// that.
    /// - Throws: `ScriptFailure` when it sends something else.
    public func expectEnd(fileID: String = #fileID, line: Int = #line) throws(ScriptFailure) {
        var message = try next(fileID, line)
        if message == .sync { message = try read(fileID: fileID, line: line) }
        if message == .terminate { message = try next(fileID, line) }
        if let message {
            throw ScriptFailure(message: "expected the end, received \(message)", fileID: fileID, line: line)
        }
    }

    /// Whether the client has sent nothing that is not read yet, nor its end.
    package var isQuiet: Bool {
        guard unread.isEmpty, channel != nil else { return false }
        return channel?.waitUntilReadable(by: .now) == false
    }

    /// Answers SSLRequest and GSSENCRequest with a refusal and returns what the client begins with then.
    /// - Throws: `ScriptFailure` when no startup message comes.
    @discardableResult
    public func readStartup(fileID: String = #fileID, line: Int = #line) throws(ScriptFailure) -> FrontendMessage {
        while true {
            let message = try read(fileID: fileID, line: line)
            guard message == .sslRequest || message == .gssEncryptionRequest else { return message }
            try send(.raw([UInt8(ascii: "N")]), fileID: fileID, line: line)
        }
    }

    /// Closes the connection in good order.
    public func close() { channel = nil }

    /// Ends the connection as a cut cable and a rebooted machine do: the client sees a reset.
    public func cut() {
        guard let descriptor = channel?.descriptor else { return }
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        channel = nil
    }

    /// The next message; nil at the end of the connection.
    private func next(_ fileID: String, _ line: Int) throws(ScriptFailure) -> FrontendMessage? {
        let prefix = hasStarted ? 1 : 0
        guard try fill(prefix + 4, fileID, line) else { return nil }
        var header = ByteReader(Array(unread[prefix..<(prefix + 4)]))
        guard let length = header.integer(Int32.self), length >= 4, length < 1 << 30 else {
            throw ScriptFailure(
                message: "no message begins with the bytes \(unread.prefix(5))", fileID: fileID, line: line)
        }
        let end = prefix + Int(length)
        guard try fill(end, fileID, line) else { return nil }
        let body = Array(unread[(prefix + 4)..<end])
        let message: FrontendMessage
        if hasStarted {
            message = FrontendMessage(kind: Character(UnicodeScalar(unread[0])), body: body)
        } else {
            message = FrontendMessage(first: body)
            hasStarted = message.kind == "0"
        }
        unread.removeFirst(end)
        record(message)
        return message
    }

    /// Reads until `count` bytes are there; false when the connection ends before.
    private func fill(_ count: Int, _ fileID: String, _ line: Int) throws(ScriptFailure) -> Bool {
        while unread.count < count {
            guard let descriptor = channel?.descriptor else { return false }
            try waiting.waitUntilReadable(descriptor, "a message", fileID, line)
            guard let bytes = channel?.receive(upTo: 65_536), !bytes.isEmpty else { return false }
            guard let tls else {
                unread += bytes
                continue
            }
            tls.receive(bytes)
            unread += tls.read()
        }
        return true
    }
}
