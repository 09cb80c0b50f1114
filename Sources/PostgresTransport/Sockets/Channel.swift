/// A connected socket, encrypted or not, that never waits.
package struct Channel: ~Copyable {
    private let socket: Socket
    private var tls: TLSSession?
    /// The socket has taken less than it was offered, and `becameWritable` has not been called since. Until then it is
    /// not asked again: a stream that is ahead of the server would ask for nothing with each piece it writes.
    private var isFull = false

    package init(_ socket: consuming Socket) {
        self.socket = socket
    }

    package var descriptor: Int32 { socket.descriptor }
    package var isConnected: Bool { socket.isConnected }
    package var isEncrypted: Bool { tls != nil }
    /// What the server's certificate binds a SCRAM exchange to, when there is one (RFC 5929, 4.1).
    package var peerCertificateDigest: [UInt8]? {
        switch tls {
        case .some(let session): session.peerCertificateDigest
        case .none: nil
        }
    }

    /// The protocol that the server has agreed to (ALPN), if any.
    package var applicationProtocol: String? {
        switch tls {
        case .some(let session): session.applicationProtocol
        case .none: nil
        }
    }

    /// Throws what the connecting ended with, if it was an error.
    package func finishConnecting() throws(TransportError) { try socket.finishConnecting() }

    /// The poller has found room in the socket.
    package mutating func becameWritable() { isFull = false }

    /// Encrypts from here on; `handshake()` comes next.
    package mutating func startTLS(_ session: consuming TLSSession) {
        tls = consume session
    }

    /// Goes on with the handshake as far as the bytes that have come allow; true when it is done.
    package mutating func handshake() throws(TransportError) -> Bool {
        while true {
            let progress: TLSSession.HandshakeProgress?
            do throws(TLSError) {
                progress = try tls?.handshake()
            } catch {
                // The alert tells the server why.
                _ = try? flush()
                throw TransportError(error)
            }
            _ = try flush()
            if progress != .wantsRead { return true }
            switch try receiveCiphertext() {
            case .bytes: continue
            case .wouldBlock: return false
            case .endOfStream:
                throw TransportError(TLSError(.truncated, "the server closed the connection during the TLS handshake"))
            }
        }
    }

    /// Reads what has come. Encrypted, it may hold more than one call returns: call until `wouldBlock`.
    package mutating func receive(into buffer: UnsafeMutableRawBufferPointer) throws(TransportError) -> IOResult {
        guard isEncrypted else { return try socket.receive(into: buffer) }
        var taken = 0
        while taken <= Self.mostWithoutContent {
            do throws(TLSError) {
                switch try tls?.read(into: buffer) {
                case .bytes(let count): return .bytes(count)
                case .closed: return .endOfStream
                case .wantsRead, nil: break
                }
            } catch {
                throw TransportError(error)
            }
            switch try receiveCiphertext() {
            case .bytes(let count): taken += count
            case .wouldBlock: return .wouldBlock
            // PostgreSQL ends sessions without TLS's goodbye; its own protocol says whether something is missing.
            case .endOfStream: return .endOfStream
            }
        }
        throw TransportError(TLSError(.failed, "the server sends nothing but TLS's own messages"))
    }

    /// A record has at most 16 KB: who sends a megabyte without a byte of content would keep the thread for ever.
    private static let mostWithoutContent = 1024 * 1024

    /// How much ciphertext is read at a time.
    private static let mostCiphertext = 32 * 1024

    private mutating func receiveCiphertext() throws(TransportError) -> IOResult {
        let socket = socket.descriptor
        var result = IOResult.wouldBlock
        try tls?.receive(atMost: Self.mostCiphertext) { (bytes) throws(TransportError) in
            result = try Syscalls.receive(socket, into: bytes)
            if case .bytes(let count) = result { return count }
            return 0
        }
        return result
    }

    /// How much is encrypted at a time: two records, which the queue to the socket allocates and gives back.
    private static let mostPlaintext = 32 * 1024

    /// Takes bytes to send; how many it took. Those it took may still wait inside, see `hasPendingOutput`.
    package mutating func send(_ bytes: UnsafeRawBufferPointer) throws(TransportError) -> IOResult {
        guard isEncrypted else { return try offer(bytes) }
        // What is encrypted cannot be taken back: wait until it is gone before more is taken.
        guard try flush() else { return .wouldBlock }
        let piece = UnsafeRawBufferPointer(rebasing: bytes.prefix(Self.mostPlaintext))
        do throws(TLSError) { try tls?.write(piece) } catch { throw TransportError(error) }
        _ = try flush()
        return .bytes(piece.count)
    }

    /// True while bytes that `send` took have not gone out.
    package var hasPendingOutput: Bool {
        switch tls {
        case .some(let session): session.outgoingCount > 0
        case .none: false
        }
    }

    /// Sends what waits inside; true when nothing is left.
    package mutating func flush() throws(TransportError) -> Bool {
        let socket = socket.descriptor
        while hasPendingOutput {
            guard !isFull else { return false }
            var isFull = false
            try tls?.withOutgoing { (bytes) throws(TransportError) in
                let sent = try Syscalls.send(socket, bytes)
                guard case .bytes(let count) = sent else {
                    isFull = true
                    return 0
                }
                isFull = count < bytes.count
                return count
            }
            self.isFull = isFull
        }
        return true
    }

    private mutating func offer(_ bytes: UnsafeRawBufferPointer) throws(TransportError) -> IOResult {
        guard !isFull else { return .wouldBlock }
        let result = try socket.send(bytes)
        switch result {
        case .bytes(let count): isFull = count < bytes.count
        case .wouldBlock, .endOfStream: isFull = true
        }
        return result
    }

    /// Says goodbye where TLS wants one.
    package mutating func close() {
        tls?.close()
        _ = try? flush()
    }
}
