import COpenSSL
import Foundation
import PostgresCrypto
import Testing

@testable import PostgresTransport

/// An authority, a certificate of it for a server, and the files that a configuration names; removed at the end.
final class CertificateFiles {
    let authority: CertificateAuthority
    let server: IssuedCertificate
    let directory: URL

    init(
        dnsNames: [String] = ["db.example.com"], ipAddresses: [String] = [],
        lifetime: Int = CertificateAuthority.defaultLifetime
    ) throws {
        authority = try CertificateAuthority(commonName: "Test CA \(UInt32.random(in: 0 ... .max))")
        server = try authority.issueServerCertificate(
            commonName: "a server", dnsNames: dnsNames, ipAddresses: ipAddresses, lifetime: lifetime)
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        _ = try write(authority.certificatePEM, to: "root.pem")
    }

    deinit { try? FileManager.default.removeItem(at: directory) }

    /// Writes a file and returns its path.
    func write(_ text: String, to name: String) throws -> String {
        let url = directory.appendingPathComponent(name)
        try text.write(to: url, atomically: false, encoding: .utf8)
        return url.path
    }

    func configuration(_ verification: TLSConfiguration.Verification = .full) -> TLSConfiguration {
        var configuration = TLSConfiguration()
        configuration.verification = verification
        configuration.roots = .file(directory.appendingPathComponent("root.pem").path)
        return configuration
    }
}

/// Shakes hands in memory, bytes carried in pieces of `chunk`.
func shakeHands(_ client: inout TLSSession, _ server: TLSTestServer, chunk: Int = .max) throws {
    var progress = try client.handshake()
    var rounds = 0
    while progress != .done || !server.isEstablished {
        rounds += 1
        try #require(rounds < 10)
        for piece in pieces(of: client.takeOutgoing(), chunk) {
            server.receive(piece)
            try server.handshake()
        }
        for piece in pieces(of: server.takeOutgoing(), chunk) {
            receive(piece, into: &client)
            if progress != .done { progress = try client.handshake() }
        }
    }
    // Under TLS 1.3 the server speaks once more: session tickets, which reading takes in.
    receive(server.takeOutgoing(), into: &client)
    #expect(try readAll(&client).bytes.isEmpty)
}

/// A handshake with a server that has `certificate`, to its end.
@discardableResult
func connect(
    _ configuration: TLSConfiguration, _ certificate: IssuedCertificate, host: String = "db.example.com",
    clientAuthority: String? = nil
) throws -> TLSTestServer {
    let server = try TLSTestServer(certificate, clientAuthority: clientAuthority)
    var client = try TLSContext(configuration).makeSession(host: host)
    try shakeHands(&client, server)
    return server
}

func receive(_ bytes: some Sequence<UInt8>, into client: inout TLSSession) {
    let bytes = Array(bytes)
    bytes.withUnsafeBytes { client.receive($0) }
}

/// What can be decrypted now, and why it ended.
func readAll(_ client: inout TLSSession) throws -> (bytes: [UInt8], last: TLSSession.ReadResult) {
    var all: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
        let result = try buffer.withUnsafeMutableBytes { try client.read(into: $0) }
        guard case .bytes(let count) = result else { return (all, result) }
        all += buffer[..<count]
    }
}

/// Expects a TLS error of one code, whatever its words.
func expectTLSError<R>(
    _ code: TLSError.Code, sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> R
) {
    do {
        _ = try body()
        Issue.record("no error where \(code) was expected", sourceLocation: sourceLocation)
    } catch {
        #expect((error as? TLSError)?.code == code, "\(error)", sourceLocation: sourceLocation)
    }
}

private func pieces(of bytes: [UInt8], _ chunk: Int) -> [[UInt8]] {
    guard bytes.count > chunk else { return bytes.isEmpty ? [] : [bytes] }
    return stride(from: 0, to: bytes.count, by: chunk).map { Array(bytes[$0..<min($0 + chunk, bytes.count)]) }
}

/// The key again, encrypted with a password.
func encrypted(_ privateKeyPEM: String, _ password: String) throws -> String {
    let text = Array(privateKeyPEM.utf8)
    let input = BIO_new_mem_buf(text, Int32(text.count))
    defer { BIO_free(input) }
    let key = PEM_read_bio_PrivateKey(input, nil, nil, nil)
    defer { EVP_PKEY_free(key) }
    let output = try #require(BIO_new(BIO_s_mem()))
    defer { BIO_free(output) }
    let written = password.withCString {
        PEM_write_bio_PKCS8PrivateKey(output, key, EVP_aes_256_cbc(), $0, Int32(password.utf8.count), nil, nil)
    }
    try #require(written == 1)
    var bytes = [UInt8](repeating: 0, count: Int(BIO_ctrl_pending(output)))
    BIO_read(output, &bytes, Int32(bytes.count))
    return String(decoding: bytes, as: UTF8.self)
}

/// The bytes inside a PEM text.
func der(_ pem: String) throws -> [UInt8] {
    let lines = pem.split(separator: "\n").filter { !$0.hasPrefix("-----") }
    return try #require(Base64.decode(lines.joined().utf8))
}
