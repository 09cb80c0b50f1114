import COpenSSL
import PostgresCrypto

@testable import PostgresTransport

/// The server's side of TLS, in memory, as far as the tests of the client need one.
final class TLSTestServer {
    private let context: OpaquePointer
    private let session: OpaquePointer
    private let incoming: OpaquePointer
    private let outgoing: OpaquePointer
    private(set) var isEstablished = false

    struct Failure: Error, Equatable, CustomStringConvertible {
        var description: String
    }

    /// - Parameter clientAuthority: when given, the client has to show a certificate of it.
    init(
        _ certificate: IssuedCertificate, maximumVersion: TLSConfiguration.Version? = nil,
        applicationProtocol: Bool = false, clientAuthority: String? = nil
    ) throws {
        guard let context = SSL_CTX_new(TLS_server_method()), let incoming = BIO_new(BIO_s_mem()),
            let outgoing = BIO_new(BIO_s_mem())
        else { throw Failure(description: "no context") }
        // Old servers still have certificates that OpenSSL would not load today.
        SSL_CTX_set_security_level(context, 0)
        if let maximumVersion { _ = egret_SSL_CTX_set_max_proto_version(context, maximumVersion.rawValue) }
        try Self.withBIO(certificate.certificatePEM) { bio in
            let parsed = PEM_read_bio_X509(bio, nil, nil, nil)
            defer { X509_free(parsed) }
            guard SSL_CTX_use_certificate(context, parsed) == 1 else { throw Failure(description: "certificate") }
        }
        try Self.withBIO(certificate.privateKeyPEM) { bio in
            let parsed = PEM_read_bio_PrivateKey(bio, nil, nil, nil)
            defer { EVP_PKEY_free(parsed) }
            guard SSL_CTX_use_PrivateKey(context, parsed) == 1 else { throw Failure(description: "key") }
        }
        if let clientAuthority {
            SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
            try Self.withBIO(clientAuthority) { bio in
                let parsed = PEM_read_bio_X509(bio, nil, nil, nil)
                defer { X509_free(parsed) }
                X509_STORE_add_cert(SSL_CTX_get_cert_store(context), parsed)
            }
        }
        if applicationProtocol {
            SSL_CTX_set_alpn_select_cb(
                context,
                { _, chosen, chosenLength, offered, offeredLength, _ in
                    // Takes the first offer: one byte of length, then the name.
                    guard let offered, offeredLength > 1, UInt32(offered[0]) < offeredLength else {
                        return SSL_TLSEXT_ERR_NOACK
                    }
                    chosenLength?.pointee = offered[0]
                    chosen?.pointee = offered + 1
                    return SSL_TLSEXT_ERR_OK
                }, nil)
        }
        guard let session = SSL_new(context) else { throw Failure(description: "no session") }
        SSL_set_bio(session, incoming, outgoing)
        SSL_set_accept_state(session)
        self.context = context
        self.session = session
        self.incoming = incoming
        self.outgoing = outgoing
    }

    deinit {
        SSL_free(session)
        SSL_CTX_free(context)
    }

    /// The name the client sent (SNI).
    var requestedName: String? {
        SSL_get_servername(session, TLSEXT_NAMETYPE_host_name).map { String(cString: $0) }
    }

    /// The common name on the certificate the client showed.
    var clientName: String? {
        guard let certificate = egret_SSL_get0_peer_certificate(session) else { return nil }
        var name = [CChar](repeating: 0, count: 256)
        X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, &name, 256)
        return name.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } }
    }

    func receive(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        BIO_write(incoming, bytes, Int32(bytes.count))
    }

    func takeOutgoing() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Int(BIO_ctrl_pending(outgoing)))
        if !bytes.isEmpty { BIO_read(outgoing, &bytes, Int32(bytes.count)) }
        return bytes
    }

    func handshake() throws {
        guard !isEstablished else { return }
        ERR_clear_error()
        let result = SSL_do_handshake(session)
        if result == 1 {
            isEstablished = true
        } else if SSL_get_error(session, result) != SSL_ERROR_WANT_READ {
            throw Failure(description: TLSError.takeReason())
        }
    }

    /// Everything the client has sent, decrypted.
    func read() -> [UInt8] {
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16 * 1024)
        while true {
            ERR_clear_error()
            let count = SSL_read(session, &buffer, Int32(buffer.count))
            guard count > 0 else { return all }
            all += buffer[..<Int(count)]
        }
    }

    /// Whether the client has said goodbye.
    var clientHasClosed: Bool { SSL_get_shutdown(session) & SSL_RECEIVED_SHUTDOWN != 0 }

    func write(_ bytes: [UInt8]) {
        SSL_write(session, bytes, Int32(bytes.count))
    }

    func close() {
        SSL_shutdown(session)
    }

    private static func withBIO(_ text: String, _ body: (OpaquePointer?) throws -> Void) throws {
        let bytes = Array(text.utf8)
        let bio = BIO_new_mem_buf(bytes, Int32(bytes.count))
        defer { BIO_free(bio) }
        try body(bio)
    }
}
