import COpenSSL

/// libcrypto refused: the algorithm is missing (a FIPS build has no MD5), or its random source failed.
package struct CryptoError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What was attempted.
    package var operation: String
    /// libcrypto's own words, when it gave any.
    package var reason: String?

    package init(operation: String, reason: String? = nil) {
        self.operation = operation
        self.reason = reason
    }

    package var description: String {
        guard let reason else { return "\(operation) failed in libcrypto" }
        return "\(operation) failed in libcrypto: \(reason)"
    }

    /// The error for a call that has just failed on this thread. Empties libcrypto's error queue.
    static func last(_ operation: String) -> CryptoError {
        let code = ERR_get_error()
        ERR_clear_error()
        return CryptoError(operation: operation, reason: ERR_reason_error_string(code).map { String(cString: $0) })
    }
}
