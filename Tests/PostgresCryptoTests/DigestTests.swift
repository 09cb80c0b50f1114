import Testing

@testable import PostgresCrypto

struct DigestTests {
    @Test(
        "SHA-256 matches the examples of FIPS 180-4",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
        ])
    func knownDigests(message: String, expected: String) throws {
        #expect(hex(try SHA256.hash(Array(message.utf8))) == expected)
        var digest = try Digest(.sha256)
        for byte in message.utf8 { digest.update([byte]) }
        var output = [UInt8](repeating: 0, count: 32)
        output.withUnsafeMutableBytes { digest.finish(into: $0) }
        #expect(hex(output) == expected)
        // The same value serves the next message.
        #expect(hex(digest.hash(Array(message.utf8))) == expected)
    }

    @Test("HMAC-SHA-256 matches RFC 4231, and an empty key is a key")
    func knownAuthenticationCodes() throws {
        let code = try SHA256.authenticationCode(for: Array("Hi There".utf8), key: .init(repeating: 0x0b, count: 20))
        #expect(hex(code) == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")
        let unkeyed = try SHA256.authenticationCode(for: [], key: [])
        #expect(hex(unkeyed) == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad")
    }

    @Test("PBKDF2 matches RFC 7914, section 11")
    func knownDerivedKey() throws {
        let key = try SHA256.derivedKey(password: Array("passwd".utf8), salt: Array("salt".utf8), iterations: 1)
        #expect(hex(key) == "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc")
        #expect(throws: CryptoError.self) {
            try SHA256.derivedKey(password: [], salt: [1], iterations: 0)
        }
        #expect(throws: CryptoError.self) {
            try SHA256.derivedKey(password: [], salt: [1], iterations: 1 << 31)
        }
    }

    @Test("An MD5 password is hashed as the server hashes it")
    func md5Password() throws {
        // Computed apart from this code: md5(hex(md5('secretalice')) followed by the four bytes of salt).
        let response = try MD5Password.response(user: "alice", password: "secret", salt: [1, 2, 3, 4])
        #expect(response == "md598a0412b9c31436fc53776e863350083")
    }

    @Test("Comparison is by content and length")
    func comparison() {
        #expect(Secrets.areEqual([1, 2, 3], [1, 2, 3]))
        #expect(Secrets.areEqual([], []))
        #expect(!Secrets.areEqual([1, 2, 3], [1, 2, 4]))
        #expect(!Secrets.areEqual([1, 2], [1, 2, 3]))
    }

    @Test("Random bytes are as many as asked, and differ")
    func randomBytes() throws {
        let first = try Secrets.randomBytes(32)
        #expect(first.count == 32)
        #expect(try Secrets.randomBytes(32) != first)
        #expect(throws: CryptoError.self) { try Secrets.randomBytes(-1) }
    }

    @Test(
        "Base64 goes both ways",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"), ("\u{FB}\u{FF}", "w7vDvw=="),
        ])
    func base64(plain: String, encoded: String) {
        #expect(Base64.encode(Array(plain.utf8)) == encoded)
        #expect(Base64.decode(encoded.utf8) == Array(plain.utf8))
    }

    @Test(
        "Base64 that is not canonical is refused",
        arguments: ["Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm 9", "Zm9v\n", "=", "====", "Z===", "Zg==Zg==", "Zm9-"])
    func brokenBase64(text: String) {
        #expect(Base64.decode(text.utf8) == nil)
    }

    private func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
