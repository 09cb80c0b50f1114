import COpenSSL

/// Keys, roots and rules, read from their files once and shared by the sessions made from them.
package final class TLSContext: @unchecked Sendable {
    // Unchecked: nothing changes after `init`, and OpenSSL counts references and looks things up under its own locks.
    let context: OpaquePointer
    let configuration: TLSConfiguration

    /// Reads every file that the configuration names. Throws with the file's name when one cannot be used.
    package init(_ configuration: TLSConfiguration) throws(TLSError) {
        ERR_clear_error()
        guard let context = SSL_CTX_new(TLS_client_method()) else {
            throw TLSError(.failed, "OpenSSL could not be set up: \(TLSError.takeReason())")
        }
        do throws(TLSError) {
            try Self.configureProtocol(context, configuration)
            try Self.configureVerification(context, configuration)
            try Self.loadClientCertificate(context, configuration)
        } catch {
            SSL_CTX_free(context)
            throw error
        }
        self.context = context
        self.configuration = configuration
    }

    deinit { SSL_CTX_free(context) }

    /// A session for one connection to `host`, the name or address the user gave: what the certificate is checked
    /// against, and what is sent as the server's name.
    package func makeSession(host: String) throws(TLSError) -> TLSSession {
        try TLSSession(context: self, host: host)
    }

    private static func configureProtocol(
        _ context: OpaquePointer, _ configuration: TLSConfiguration
    ) throws(TLSError) {
        let maximum = configuration.maximumVersion
        if let maximum, maximum < configuration.minimumVersion {
            throw TLSError(
                .invalidConfiguration,
                "The newest TLS version to use, \(maximum), is older than the oldest, \(configuration.minimumVersion)")
        }
        guard egret_SSL_CTX_set_min_proto_version(context, configuration.minimumVersion.rawValue) == 1,
            egret_SSL_CTX_set_max_proto_version(context, maximum?.rawValue ?? 0) == 1
        else {
            throw TLSError(
                .invalidConfiguration, "OpenSSL does not have the TLS versions asked for: \(TLSError.takeReason())")
        }
        // Renegotiation has a history of attacks and no use here; compression leaks secrets by length (CRIME).
        _ = SSL_CTX_set_options(context, egret_SSL_client_options())
        // Every connection checks the certificate anew, so nothing is kept for resuming.
        _ = egret_SSL_CTX_disable_session_cache(context)
        // Most connections of a pool are idle, and OpenSSL's buffers are 34 KB of each.
        _ = egret_SSL_CTX_release_idle_buffers(context)

        guard !configuration.applicationProtocols.isEmpty else { return }
        var list: [UInt8] = []
        for name in configuration.applicationProtocols {
            guard let length = UInt8(exactly: name.utf8.count), length > 0 else {
                throw TLSError(.invalidConfiguration, "An application protocol's name has 1 to 255 bytes")
            }
            list.append(length)
            list.append(contentsOf: name.utf8)
        }
        // Unlike its neighbours, this function returns 0 for success.
        guard let count = UInt32(exactly: list.count), SSL_CTX_set_alpn_protos(context, list, count) == 0 else {
            throw TLSError(.invalidConfiguration, "OpenSSL refused the application protocols: \(TLSError.takeReason())")
        }
    }

    private static func configureVerification(
        _ context: OpaquePointer, _ configuration: TLSConfiguration
    ) throws(TLSError) {
        guard configuration.verification != .none else {
            SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nil)
            return
        }
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
        switch configuration.roots {
        case .system:
            guard SSL_CTX_set_default_verify_paths(context) == 1 else {
                throw TLSError(.invalidConfiguration, "The system's root certificates: \(TLSError.takeReason())")
            }
        case .file(let path):
            guard SSL_CTX_load_verify_locations(context, path, nil) == 1 else {
                throw unusable("root certificates", path)
            }
        }
        if let path = configuration.revocationListFile {
            guard let store = SSL_CTX_get_cert_store(context), X509_STORE_load_locations(store, path, nil) == 1,
                X509_STORE_set_flags(store, UInt(X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL)) == 1
            else { throw unusable("revocation lists", path) }
        }
    }

    private static func loadClientCertificate(
        _ context: OpaquePointer, _ configuration: TLSConfiguration
    ) throws(TLSError) {
        guard let certificatePath = configuration.clientCertificateFile else { return }
        guard SSL_CTX_use_certificate_chain_file(context, certificatePath) == 1 else {
            throw unusable("client certificate", certificatePath)
        }
        let keyPath = configuration.clientKeyFile ?? certificatePath
        // OpenSSL's own callback would ask on the terminal; ours only ever hands over what was configured.
        SSL_CTX_set_default_passwd_cb(context, copyPassword)
        defer {
            SSL_CTX_set_default_passwd_cb_userdata(context, nil)
        }
        let password = configuration.clientKeyPassword.map { Array($0.utf8) }
        let result = (password ?? []).withUnsafeBytes { bytes in
            var bytes = bytes
            return withUnsafeMutablePointer(to: &bytes) { pointer in
                SSL_CTX_set_default_passwd_cb_userdata(
                    context, password == nil ? nil : UnsafeMutableRawPointer(pointer))
                return SSL_CTX_use_PrivateKey_file(context, keyPath, SSL_FILETYPE_PEM)
            }
        }
        guard result == 1 else { throw unusable("client key", keyPath) }
        guard SSL_CTX_check_private_key(context) == 1 else {
            throw TLSError(
                .invalidConfiguration, "The client key \(keyPath) does not belong to the certificate \(certificatePath)"
            )
        }
    }

    private static func unusable(_ what: String, _ path: String) -> TLSError {
        TLSError(.invalidConfiguration, "The \(what) in \(path) cannot be used: \(TLSError.takeReason())")
    }
}

/// Hands the key's password, found through `userData`, to OpenSSL; -1 when there is none or it is too long.
private func copyPassword(
    buffer: UnsafeMutablePointer<CChar>?, size: Int32, isWriting: Int32, userData: UnsafeMutableRawPointer?
) -> Int32 {
    guard let buffer, let userData else { return -1 }
    let password = userData.assumingMemoryBound(to: UnsafeRawBufferPointer.self).pointee
    guard password.count <= Int(size) else { return -1 }
    UnsafeMutableRawBufferPointer(start: buffer, count: Int(size)).copyMemory(from: password)
    return Int32(password.count)
}
