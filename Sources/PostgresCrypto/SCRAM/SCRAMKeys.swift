/// What a password, a salt and a number of iterations come to (RFC 5802, section 3): enough to prove the password and to
/// check the server's proof, and overwritten when nobody has it any more.
final class SCRAMKeys: @unchecked Sendable {
    // Unchecked: nothing changes between `init` and `deinit`.
    private(set) var client: [UInt8]
    private(set) var stored: [UInt8]
    private(set) var server: [UInt8]

    /// Computes them: half a microsecond for each iteration.
    init(password: [UInt8], salt: [UInt8], iterations: Int) throws(CryptoError) {
        var salted = try SHA256.derivedKey(password: password, salt: salt, iterations: iterations)
        defer { Secrets.erase(&salted) }
        client = try SHA256.authenticationCode(for: Array("Client Key".utf8), key: salted)
        stored = try SHA256.hash(client)
        server = try SHA256.authenticationCode(for: Array("Server Key".utf8), key: salted)
    }

    deinit {
        Secrets.erase(&client)
        Secrets.erase(&stored)
        Secrets.erase(&server)
    }
}
