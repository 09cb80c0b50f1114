import COpenSSL

/// Random numbers, comparison and erasure for material that an attacker may be watching.
package enum Secrets {
    /// `count` bytes from libcrypto's generator, fit for nonces and keys.
    package static func randomBytes(_ count: Int) throws(CryptoError) -> [UInt8] {
        guard let length = Int32(exactly: count), length >= 0 else {
            throw CryptoError(operation: "Drawing random bytes", reason: "the count is out of range")
        }
        var bytes = [UInt8](repeating: 0, count: count)
        guard RAND_bytes(&bytes, length) == 1 else { throw .last("Drawing random bytes") }
        return bytes
    }

    /// Whether both are the same, in a time that depends on their lengths alone.
    package static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
    }

    /// Overwrites and empties `bytes`, in a way the optimiser may not remove. Copies made earlier are not reached.
    package static func erase(_ bytes: inout [UInt8]) {
        bytes.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) }
        bytes.removeAll()
    }
}
