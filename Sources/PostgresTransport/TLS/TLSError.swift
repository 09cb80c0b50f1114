import COpenSSL

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Why TLS could not be set up or kept up.
package struct TLSError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of failure, to decide and advise by.
    package enum Code: Sendable, Hashable {
        /// A file cannot be read, does not hold what it should, or an option contradicts another.
        case invalidConfiguration
        /// Nobody we trust signed the server's certificate.
        case untrustedCertificate
        /// The certificate was made for another host.
        case nameMismatch
        /// The certificate is past its date, or not there yet.
        case expiredCertificate
        /// The certificate is on a revocation list, or its authority has no current list.
        case revokedCertificate
        /// The certificate fails in some other way.
        case invalidCertificate
        /// The server ended the handshake, or the session, with an alert.
        case refusedByPeer
        /// No common version or cipher, or the bytes are not TLS.
        case handshakeFailed
        /// The connection ended without TLS's own goodbye: an attacker may have cut it.
        case truncated
        /// OpenSSL failed for a reason of its own.
        case failed
    }

    package var code: Code
    /// One sentence, with OpenSSL's reason in it.
    package var message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }

    /// OpenSSL's words for the first error on this thread's queue, which is emptied.
    static func takeReason() -> String {
        let error = ERR_get_error()
        ERR_clear_error()
        return words(for: error)
    }

    static func words(for error: UInt) -> String {
        if error == 0 { return "no reason given" }
        if egret_ERR_GET_LIB(error) == ERR_LIB_SYS { return String(cString: strerror(egret_ERR_GET_REASON(error))) }
        return ERR_reason_error_string(error).map { String(cString: $0) } ?? "error \(error)"
    }

    /// The error for a certificate that OpenSSL rejected with `result`, one of its X509_V_ERR codes.
    static func certificate(_ result: Int, host: String?) -> TLSError {
        let reason = String(cString: X509_verify_cert_error_string(result))
        switch Int32(truncatingIfNeeded: result) {
        case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH:
            return TLSError(
                .nameMismatch, "The server's certificate is not for \"\(host ?? "this host")\" (\(reason))")
        case X509_V_ERR_CERT_HAS_EXPIRED, X509_V_ERR_CERT_NOT_YET_VALID:
            return TLSError(.expiredCertificate, "The server's certificate is not valid at this time (\(reason))")
        case X509_V_ERR_CERT_REVOKED, X509_V_ERR_UNABLE_TO_GET_CRL, X509_V_ERR_CRL_HAS_EXPIRED,
            X509_V_ERR_CRL_NOT_YET_VALID, X509_V_ERR_CRL_SIGNATURE_FAILURE:
            return TLSError(
                .revokedCertificate, "The server's certificate is revoked, or nothing says it is not (\(reason))")
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
            X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
            X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, X509_V_ERR_CERT_UNTRUSTED, X509_V_ERR_CERT_SIGNATURE_FAILURE:
            return TLSError(
                .untrustedCertificate, "The server's certificate is not signed by a trusted authority (\(reason))")
        default:
            return TLSError(.invalidCertificate, "The server's certificate is not acceptable (\(reason))")
        }
    }

    /// The error for a call on a session that failed with OpenSSL's protocol errors. Empties the queue.
    static func session(during action: String, isHandshake: Bool) -> TLSError {
        let error = ERR_get_error()
        ERR_clear_error()
        let reason = egret_ERR_GET_REASON(error)
        if error != 0, egret_ERR_GET_LIB(error) == ERR_LIB_SSL {
            if reason == SSL_R_UNEXPECTED_EOF_WHILE_READING {
                return TLSError(.truncated, "The connection ended in the middle of TLS, while \(action)")
            }
            if reason > SSL_AD_REASON_OFFSET {
                return TLSError(
                    .refusedByPeer, "The server ended TLS with an alert, while \(action): \(words(for: error))")
            }
        }
        return TLSError(isHandshake ? .handshakeFailed : .failed, "TLS failed while \(action): \(words(for: error))")
    }
}
