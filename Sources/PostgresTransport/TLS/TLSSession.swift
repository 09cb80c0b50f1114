import COpenSSL

/// One connection's TLS, as a machine without I/O: ciphertext and plaintext go in and come out.
///
/// The owner sends what `withOutgoing` offers after every call that can produce something (`handshake`, `read`,
/// `write`, `close`), also when the call threw: it may be the alert that tells the server why.
///
///     var session = try context.makeSession(host: "db.example.com")
///     while try session.handshake() == .wantsRead { /* send outgoing, then receive(what came) */ }
///     try session.write(plaintext)            // then send outgoing
///     session.receive(ciphertext)             // then read until .wantsRead
///
/// One owner at a time, which the compiler sees to: it cannot be copied, and every call is exclusive.
package struct TLSSession: ~Copyable, @unchecked Sendable {
    // Unchecked: OpenSSL lets any thread use a session as long as only one does so at a time.

    /// How far the handshake is.
    package enum HandshakeProgress: Sendable, Hashable {
        /// The server's next bytes are needed; ours may be waiting to be sent.
        case wantsRead
        /// Certificates are checked and keys agreed.
        case done
    }

    /// What a read gave.
    package enum ReadResult: Sendable, Hashable {
        /// So many bytes of plaintext, at least one.
        case bytes(Int)
        /// Nothing before more ciphertext arrives.
        case wantsRead
        /// The peer said goodbye properly (close_notify); nothing will follow.
        case closed
    }

    private let session: OpaquePointer
    private let pipe: UnsafeMutablePointer<TLSPipe>
    private let context: TLSContext
    private let host: String
    private var hasFailed = false

    init(context: TLSContext, host: String) throws(TLSError) {
        ERR_clear_error()
        guard let session = SSL_new(context.context) else {
            throw TLSError(.failed, "A TLS session could not be made: \(TLSError.takeReason())")
        }
        let pipe = UnsafeMutablePointer<TLSPipe>.allocate(capacity: 1)
        pipe.initialize(to: TLSPipe())
        // A name may be written with the dot that ends a fully qualified one; certificates and SNI are without it.
        let name = host.hasSuffix(".") ? String(host.dropLast()) : host
        do throws(TLSError) {
            try Self.setHost(name, of: session, configuration: context.configuration)
            guard let bio = TLSPipe.makeBIO(over: pipe) else {
                throw TLSError(.failed, "A TLS session could not be made: \(TLSError.takeReason())")
            }
            SSL_set_bio(session, bio, bio)
            SSL_set_connect_state(session)
        } catch {
            SSL_free(session)
            pipe.deinitialize(count: 1)
            pipe.deallocate()
            throw error
        }
        self.session = session
        self.pipe = pipe
        self.context = context
        self.host = host
    }

    deinit {
        SSL_free(session)  // frees the BIO, which points at the pipe
        pipe.deinitialize(count: 1)
        pipe.deallocate()
    }

    /// Goes as far as the bytes received allow. Throws when either side rejects the other; the session is then dead.
    package mutating func handshake() throws(TLSError) -> HandshakeProgress {
        ERR_clear_error()
        let result = SSL_do_handshake(session)
        if result == 1 { return .done }
        guard try wantsRead(result, action: "shaking hands", isHandshake: true) else {
            throw fail(TLSError(.truncated, "The server closed the connection during the TLS handshake"))
        }
        return .wantsRead
    }

    /// Takes ciphertext from the connection; it is copied.
    package mutating func receive(_ ciphertext: UnsafeRawBufferPointer) {
        pipe.pointee.incoming.append(ciphertext)
    }

    /// Has `body` write up to `most` bytes of ciphertext from the connection; it returns how many it wrote.
    package mutating func receive<E: Error>(
        atMost most: Int, _ body: (UnsafeMutableRawBufferPointer) throws(E) -> Int
    ) throws(E) {
        try pipe.pointee.incoming.append(atMost: most, body)
    }

    /// The connection underneath has ended: a read that finds no close_notify before this throws `.truncated`.
    package mutating func receiveEndOfStream() {
        pipe.pointee.hasEnded = true
    }

    /// Decrypts into `buffer`, at most one record (16 KB) per call: read until `.wantsRead`.
    package mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(TLSError) -> ReadResult {
        guard let start = buffer.baseAddress, buffer.count > 0 else { return .bytes(0) }
        ERR_clear_error()
        var count = 0
        let result = SSL_read_ex(session, start, buffer.count, &count)
        if result == 1 { return .bytes(count) }
        return try wantsRead(result, action: "receiving", isHandshake: false) ? .wantsRead : .closed
    }

    /// Encrypts all of `plaintext` into what is to be sent.
    package mutating func write(_ plaintext: UnsafeRawBufferPointer) throws(TLSError) {
        guard let start = plaintext.baseAddress, plaintext.count > 0 else { return }
        ERR_clear_error()
        var count = 0
        let result = SSL_write_ex(session, start, plaintext.count, &count)
        // The pipe takes everything, and nothing is renegotiated: to want anything is an error.
        if result == 1, count == plaintext.count { return }
        _ = try wantsRead(result, action: "sending", isHandshake: false)
        throw fail(TLSError(.failed, "TLS could not send: the session is closed or not yet established"))
    }

    /// Says goodbye (close_notify). Does not wait for the peer's: PostgreSQL sends none.
    package mutating func close() {
        guard !hasFailed, SSL_is_init_finished(session) == 1 else { return }
        ERR_clear_error()
        _ = SSL_shutdown(session)
        ERR_clear_error()
    }

    /// Bytes of ciphertext that wait to be sent.
    package var outgoingCount: Int { pipe.pointee.outgoing.count }

    /// Lends what waits to be sent; `body` returns how many bytes of it, from the front, are to be forgotten.
    package mutating func withOutgoing<E: Error>(
        _ body: (UnsafeRawBufferPointer) throws(E) -> Int
    ) throws(E) {
        let sent = try body(pipe.pointee.outgoing.bytes)
        pipe.pointee.outgoing.removeFirst(sent)
    }

    /// Everything that waits to be sent, as an array. For tests and the handshake; `withOutgoing` does not copy.
    package mutating func takeOutgoing() -> [UInt8] {
        let bytes = Array(pipe.pointee.outgoing.bytes)
        pipe.pointee.outgoing.removeFirst(bytes.count)
        return bytes
    }

    /// True when OpenSSL waits for bytes, false when the peer has closed properly; throws for everything else.
    private mutating func wantsRead(_ result: Int32, action: String, isHandshake: Bool) throws(TLSError) -> Bool {
        switch SSL_get_error(session, result) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE:
            return true
        case SSL_ERROR_ZERO_RETURN:
            return false
        default:
            let verification = SSL_get_verify_result(session)
            if isHandshake, context.configuration.verification != .none, verification != Int(X509_V_OK) {
                ERR_clear_error()
                throw fail(.certificate(verification, host: host))
            }
            throw fail(.session(during: action, isHandshake: isHandshake))
        }
    }

    private mutating func fail(_ error: TLSError) -> TLSError {
        hasFailed = true
        return error
    }

    private static func setHost(
        _ host: String, of session: OpaquePointer, configuration: TLSConfiguration
    ) throws(TLSError) {
        guard !host.utf8.contains(0), let parameters = SSL_get0_param(session) else {
            throw TLSError(.invalidConfiguration, "The host's name cannot be used for TLS")
        }
        // Parsing as an address is also the test for one. Addresses have no place in SNI (RFC 6066, section 3).
        let isAddress = a2i_IPADDRESS(host).map { ASN1_OCTET_STRING_free($0) } != nil
        if configuration.sendsServerName, !isAddress, !host.isEmpty, !host.utf8.contains(UInt8(ascii: ":")) {
            guard egret_SSL_set_tlsext_host_name(session, host) == 1 else {
                throw TLSError(.invalidConfiguration, "The host's name is too long for TLS: \(TLSError.takeReason())")
            }
        }
        guard configuration.verification == .full else { return }
        // An empty name would switch the check off.
        guard !host.isEmpty else {
            throw TLSError(.invalidConfiguration, "Checking the server's name needs a host name")
        }
        X509_VERIFY_PARAM_set_hostflags(parameters, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
        let result =
            isAddress
            ? X509_VERIFY_PARAM_set1_ip_asc(parameters, host)
            : X509_VERIFY_PARAM_set1_host(parameters, host, host.utf8.count)
        guard result == 1 else {
            throw TLSError(.invalidConfiguration, "The host's name cannot be checked: \(TLSError.takeReason())")
        }
        ERR_clear_error()
    }
}

/// What an established session can tell.
extension TLSSession {
    /// As OpenSSL writes it, such as "TLSv1.3".
    package var protocolVersion: String { String(cString: SSL_get_version(session)) }

    /// The protocol the server chose (ALPN), if it chose one.
    package var applicationProtocol: String? {
        var start: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        SSL_get0_alpn_selected(session, &start, &count)
        guard let start, count > 0 else { return nil }
        return String(decoding: UnsafeBufferPointer(start: start, count: Int(count)), as: UTF8.self)
    }

    /// The channel binding data of tls-server-end-point (RFC 5929, section 4.1): the server's certificate hashed with
    /// the digest of its own signature, SHA-256 in the place of MD5 and SHA-1.
    ///
    /// Nil when there is no certificate, or its signature has no digest, as Ed25519: binding is then undefined, and
    /// whoever requires it has to refuse the connection.
    package var peerCertificateDigest: [UInt8]? {
        guard let certificate = egret_SSL_get0_peer_certificate(session) else { return nil }
        var digestIdentifier: Int32 = NID_undef
        guard X509_get_signature_info(certificate, &digestIdentifier, nil, nil, nil) == 1 else {
            ERR_clear_error()
            return nil
        }
        let digest =
            switch digestIdentifier {
            case NID_undef: OpaquePointer?.none
            case NID_md5, NID_sha1: EVP_sha256()
            default: EVP_get_digestbyname(OBJ_nid2sn(digestIdentifier))
            }
        guard let digest else { return nil }
        var bytes = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count: UInt32 = 0
        guard X509_digest(certificate, digest, &bytes, &count) == 1 else {
            ERR_clear_error()
            return nil
        }
        return Array(bytes.prefix(Int(count)))
    }
}
