import COpenSSL

/// A hasher made once and used for any number of messages, without an allocation per message.
///
///     var digest = try Digest(.sha256)
///     for row in rows { digest.hash(row, into: output) }
///
/// One owner, no copies; it is always ready for the next message.
package struct Digest: ~Copyable, @unchecked Sendable {
    // Unchecked: the context is owned by this value alone and cannot be copied.

    /// Which function, and how many bytes it yields.
    package enum Algorithm: Sendable, Hashable {
        /// 16 bytes. Only for PostgreSQL's old password scheme.
        case md5
        /// 32 bytes (FIPS 180-4).
        case sha256

        /// Bytes in a digest.
        package var byteCount: Int {
            switch self {
            case .md5: 16
            case .sha256: 32
            }
        }

        /// libcrypto's description of the function, fetched once per process; fetching costs more than hashing.
        var implementation: OpaquePointer? {
            switch self {
            case .md5: Self.md5Implementation
            case .sha256: Self.sha256Implementation
            }
        }

        // Unsafe: immutable, reference counted by libcrypto, and never freed.
        private nonisolated(unsafe) static let md5Implementation = EVP_MD_fetch(nil, "MD5", nil)
        private nonisolated(unsafe) static let sha256Implementation = EVP_MD_fetch(nil, "SHA256", nil)
    }

    private let context: OpaquePointer
    package let algorithm: Algorithm

    /// Throws where libcrypto has no such function, as MD5 in FIPS mode.
    package init(_ algorithm: Algorithm) throws(CryptoError) {
        guard let implementation = algorithm.implementation, let context = EVP_MD_CTX_new() else {
            throw .last("Looking up \(algorithm)")
        }
        guard EVP_DigestInit_ex2(context, implementation, nil) == 1 else {
            EVP_MD_CTX_free(context)
            throw .last("Preparing \(algorithm)")
        }
        self.context = context
        self.algorithm = algorithm
    }

    deinit { EVP_MD_CTX_free(context) }

    /// Adds bytes to the message.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress else { return }
        let result = EVP_DigestUpdate(context, start, bytes.count)
        // A digest over memory has no way to fail once it has been prepared.
        precondition(result == 1, "libcrypto's digest failed")
    }

    /// Adds bytes to the message.
    package mutating func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { update($0) }
    }

    /// Writes the digest to the first `byteCount` bytes of `output` and starts the next message.
    package mutating func finish(into output: UnsafeMutableRawBufferPointer) {
        guard let start = output.baseAddress, output.count >= algorithm.byteCount else {
            preconditionFailure("A digest needs room for \(algorithm.byteCount) bytes")
        }
        let result = EVP_DigestFinal_ex(context, start.assumingMemoryBound(to: UInt8.self), nil)
        let restarted = EVP_DigestInit_ex2(context, nil, nil)
        precondition(result == 1 && restarted == 1, "libcrypto's digest failed")
    }

    /// The digest of one whole message, written to `output`.
    package mutating func hash(_ bytes: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) {
        update(bytes)
        finish(into: output)
    }

    /// The digest of one whole message, as an array.
    package mutating func hash(_ bytes: [UInt8]) -> [UInt8] {
        update(bytes)
        var output = [UInt8](repeating: 0, count: algorithm.byteCount)
        output.withUnsafeMutableBytes { finish(into: $0) }
        return output
    }
}
