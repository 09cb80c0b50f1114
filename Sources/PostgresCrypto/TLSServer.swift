import COpenSSL

/// The server's side of TLS, in memory, for servers that tests script.
///
///     let tls = try TLSServer(certificate)
///     while !tls.isEstablished { tls.receive(fromClient); try tls.handshake(); send(tls.takeOutgoing()) }
package final class TLSServer {
    private let context: OpaquePointer
    private let session: OpaquePointer
    private let incoming: OpaquePointer
    private let outgoing: OpaquePointer
    /// The handshake is over.
    package private(set) var isEstablished = false

    /// - Parameters:
    ///   - choosesProtocol: takes the first application protocol that the client offers (ALPN); else takes none.
    ///   - clientAuthorityPEM: when given, the client has to show a certificate of it.
    package init(
        _ certificate: IssuedCertificate, choosesProtocol: Bool = true, clientAuthorityPEM: String? = nil
    ) throws(CryptoError) {
        guard let context = SSL_CTX_new(TLS_server_method()) else { throw .last("Making a TLS server") }
        do throws(CryptoError) {
            try Self.configure(context, certificate, clientAuthorityPEM)
            if choosesProtocol { SSL_CTX_set_alpn_select_cb(context, takeFirstProtocol, nil) }
            guard let session = SSL_new(context), let incoming = BIO_new(BIO_s_mem()),
                let outgoing = BIO_new(BIO_s_mem())
            else { throw .last("Making a TLS server") }
            egret_BIO_set_mem_eof_return(incoming, -1)
            SSL_set_bio(session, incoming, outgoing)
            SSL_set_accept_state(session)
            self.session = session
            self.incoming = incoming
            self.outgoing = outgoing
        } catch {
            SSL_CTX_free(context)
            throw error
        }
        self.context = context
    }

    deinit {
        SSL_free(session)
        SSL_CTX_free(context)
    }

    private static func configure(
        _ context: OpaquePointer, _ certificate: IssuedCertificate, _ clientAuthorityPEM: String?
    ) throws(CryptoError) {
        let own = try parse(certificate.certificatePEM) { PEM_read_bio_X509($0, nil, nil, nil) }
        defer { X509_free(own) }
        let key = try parse(certificate.privateKeyPEM) { PEM_read_bio_PrivateKey($0, nil, nil, nil) }
        defer { EVP_PKEY_free(key) }
        guard SSL_CTX_use_certificate(context, own) == 1, SSL_CTX_use_PrivateKey(context, key) == 1 else {
            throw .last("Using a server's certificate")
        }
        guard let clientAuthorityPEM else { return }
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
        let authority = try parse(clientAuthorityPEM) { PEM_read_bio_X509($0, nil, nil, nil) }
        defer { X509_free(authority) }
        guard X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority) == 1 else {
            throw .last("Trusting an authority")
        }
    }

    private static func parse(
        _ text: String, _ read: (OpaquePointer) -> OpaquePointer?
    ) throws(CryptoError) -> OpaquePointer {
        let bytes = Array(text.utf8)
        guard let bio = BIO_new_mem_buf(bytes, Int32(clamping: bytes.count)) else { throw .last("Reading PEM") }
        defer { BIO_free(bio) }
        guard let parsed = read(bio) else { throw .last("Reading PEM") }
        return parsed
    }

    /// The name that the client sent (SNI).
    package var requestedName: String? {
        SSL_get_servername(session, TLSEXT_NAMETYPE_host_name).map { String(cString: $0) }
    }

    /// Takes ciphertext from the client.
    package func receive(_ bytes: [UInt8]) {
        if !bytes.isEmpty { _ = BIO_write(incoming, bytes, Int32(clamping: bytes.count)) }
    }

    /// Ciphertext for the client.
    package func takeOutgoing() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Int(BIO_ctrl_pending(outgoing)))
        if !bytes.isEmpty { _ = BIO_read(outgoing, &bytes, Int32(clamping: bytes.count)) }
        return bytes
    }

    /// Goes as far as the bytes received allow. What is outgoing is sent also when it throws.
    package func handshake() throws(CryptoError) {
        ERR_clear_error()
        let result = SSL_do_handshake(session)
        if result == 1 {
            isEstablished = true
        } else if SSL_get_error(session, result) != SSL_ERROR_WANT_READ {
            throw .last("Shaking hands")
        }
    }

    /// What the client has sent, decrypted.
    package func read() -> [UInt8] {
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16 * 1024)
        while true {
            ERR_clear_error()
            let count = SSL_read(session, &buffer, Int32(clamping: buffer.count))
            guard count > 0 else { return all }
            all += buffer[..<Int(count)]
        }
    }

    /// Encrypts for the client.
    package func write(_ bytes: [UInt8]) {
        if !bytes.isEmpty { _ = SSL_write(session, bytes, Int32(clamping: bytes.count)) }
    }
}

/// Takes the client's first offer: one byte of length, then the name.
private func takeFirstProtocol(
    session: OpaquePointer?, chosen: UnsafeMutablePointer<UnsafePointer<UInt8>?>?,
    chosenLength: UnsafeMutablePointer<UInt8>?, offered: UnsafePointer<UInt8>?, offeredLength: UInt32,
    argument: UnsafeMutableRawPointer?
) -> Int32 {
    guard let offered, offeredLength > 1, UInt32(offered[0]) < offeredLength else { return SSL_TLSEXT_ERR_NOACK }
    chosenLength?.pointee = offered[0]
    chosen?.pointee = offered + 1
    return SSL_TLSEXT_ERR_OK
}
