import COpenSSL

/// SHA-256 and what is built on it. For many messages use `Digest`, which keeps its context.
package enum SHA256 {
    /// Bytes in a digest.
    package static let byteCount = 32

    /// The digest of `bytes`, written to the first 32 bytes of `output`.
    package static func hash(
        _ bytes: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(CryptoError) {
        var digest = try Digest(.sha256)
        digest.hash(bytes, into: output)
    }

    /// The digest of `bytes`.
    package static func hash(_ bytes: [UInt8]) throws(CryptoError) -> [UInt8] {
        var digest = try Digest(.sha256)
        return digest.hash(bytes)
    }

    /// HMAC-SHA-256 (RFC 2104) of `message` under `key`.
    package static func authenticationCode(for message: [UInt8], key: [UInt8]) throws(CryptoError) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: byteCount)
        var written: UInt32 = 0
        // libcrypto reads a null key as "the key of the call before"; an empty one needs an address.
        let keyOrZero = key.isEmpty ? [0] : key
        let result = HMAC(
            Digest.Algorithm.sha256.implementation, keyOrZero, Int32(clamping: key.count), message, message.count,
            &code, &written)
        guard result != nil, Int(written) == byteCount else { throw .last("HMAC-SHA-256") }
        return code
    }

    /// PBKDF2 with HMAC-SHA-256 (RFC 8018, called Hi() in RFC 5802), 32 bytes long.
    ///
    /// Costs about half a microsecond per iteration: cap `iterations` when it comes from a peer.
    package static func derivedKey(
        password: [UInt8], salt: [UInt8], iterations: Int
    ) throws(CryptoError) -> [UInt8] {
        guard iterations > 0, let count = Int32(exactly: iterations), let length = Int32(exactly: password.count),
            let saltLength = Int32(exactly: salt.count)
        else { throw CryptoError(operation: "PBKDF2", reason: "a length or the iteration count is out of range") }
        var key = [UInt8](repeating: 0, count: byteCount)
        let result = password.withUnsafeBytes { password in
            PKCS5_PBKDF2_HMAC(
                password.baseAddress?.assumingMemoryBound(to: CChar.self), length, salt, saltLength, count,
                Digest.Algorithm.sha256.implementation, Int32(byteCount), &key)
        }
        guard result == 1 else { throw .last("PBKDF2") }
        return key
    }
}
