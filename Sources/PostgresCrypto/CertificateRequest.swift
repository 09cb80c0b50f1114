import COpenSSL

/// Which kind of key a certificate is made for.
package enum KeyKind: Sendable {
    /// An elliptic curve key, made in well under a millisecond.
    case p256
    /// Takes tens of milliseconds.
    case rsa2048
    /// Signs without a digest of its own, so tls-server-end-point is undefined for what it signs.
    case ed25519

    /// A new key, owned by the caller.
    func generate() throws(CryptoError) -> OpaquePointer {
        let key =
            switch self {
            case .p256: egret_generate_p256_key()
            case .rsa2048: egret_generate_rsa_key(2048)
            case .ed25519: egret_generate_ed25519_key()
            }
        guard let key else { throw .last("Making a key") }
        return key
    }
}

/// Which digest a certificate's signature is made over.
package enum SignatureDigest: Sendable {
    case sha1, sha256, sha384, sha512
    /// The key's own, as Ed25519 has.
    case builtIn

    var implementation: OpaquePointer? {
        switch self {
        case .sha1: EVP_sha1()
        case .sha256: EVP_sha256()
        case .sha384: EVP_sha384()
        case .sha512: EVP_sha512()
        case .builtIn: nil
        }
    }
}

/// What a certificate is going to say (RFC 5280), before it is signed.
struct CertificateRequest {
    var commonName: String
    var isAuthority = false
    var dnsNames: [String] = []
    var ipAddresses: [String] = []
    /// Seconds from now to the end of validity.
    var lifetime: Int
    /// Seconds from now to its beginning.
    var startsAt: Int
    /// Random, so that authorities of the same name do not issue twice under one number.
    let serialNumber = Int.random(in: 1...Int.max)

    /// A signed certificate, owned by the caller. Without an issuer it is its own.
    func sign(
        publicKey: OpaquePointer, issuer: OpaquePointer?, issuerKey: OpaquePointer, digest: SignatureDigest
    ) throws(CryptoError) -> OpaquePointer {
        guard let certificate = X509_new() else { throw .last("Making a certificate") }
        do throws(CryptoError) {
            try fill(certificate, publicKey: publicKey)
            let issuerOrSelf = issuer ?? certificate
            guard X509_set_issuer_name(certificate, X509_get_subject_name(issuerOrSelf)) == 1 else {
                throw .last("Naming the issuer of a certificate")
            }
            try addExtensions(to: certificate, issuer: issuerOrSelf)
            guard X509_sign(certificate, issuerKey, digest.implementation) > 0 else {
                throw .last("Signing a certificate")
            }
            return certificate
        } catch {
            X509_free(certificate)
            throw error
        }
    }

    private func fill(_ certificate: OpaquePointer, publicKey: OpaquePointer) throws(CryptoError) {
        let name = Array(commonName.utf8)
        guard let nameLength = Int32(exactly: name.count),
            X509_set_version(certificate, 2) == 1,  // 2 means version 3
            ASN1_INTEGER_set(X509_get_serialNumber(certificate), serialNumber) == 1,
            X509_gmtime_adj(X509_getm_notBefore(certificate), startsAt) != nil,
            X509_gmtime_adj(X509_getm_notAfter(certificate), lifetime) != nil,
            X509_set_pubkey(certificate, publicKey) == 1,
            X509_NAME_add_entry_by_txt(
                X509_get_subject_name(certificate), "CN", MBSTRING_UTF8, name, nameLength, -1, 0) == 1
        else { throw .last("Making a certificate") }
    }

    private func addExtensions(to certificate: OpaquePointer, issuer: OpaquePointer) throws(CryptoError) {
        var extensions: [(identifier: Int32, value: String)] = [
            (NID_basic_constraints, isAuthority ? "critical,CA:TRUE" : "critical,CA:FALSE"),
            (NID_key_usage, isAuthority ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature,keyEncipherment"),
            (NID_subject_key_identifier, "hash"),
        ]
        if !isAuthority {
            extensions.append((NID_authority_key_identifier, "keyid:always"))
            extensions.append((NID_ext_key_usage, "serverAuth,clientAuth"))
        }
        if let alternativeNames = try alternativeNames() { extensions.append((NID_subject_alt_name, alternativeNames)) }

        var context = X509V3_CTX()
        X509V3_set_ctx(&context, issuer, certificate, nil, nil, 0)
        for (identifier, value) in extensions {
            guard let made = X509V3_EXT_conf_nid(nil, &context, identifier, value) else {
                throw .last("Making the certificate extension \(value)")
            }
            defer { X509_EXTENSION_free(made) }
            guard X509_add_ext(certificate, made, -1) == 1 else { throw .last("Adding a certificate extension") }
        }
    }

    /// The subject's names in libcrypto's configuration syntax, where a comma separates.
    private func alternativeNames() throws(CryptoError) -> String? {
        let names = dnsNames.map { "DNS:\($0)" } + ipAddresses.map { "IP:\($0)" }
        guard !names.isEmpty else { return nil }
        guard !names.contains(where: { $0.utf8.contains { $0 == UInt8(ascii: ",") || $0 <= 0x20 } }) else {
            throw CryptoError(operation: "Naming the server", reason: "a name holds a comma or a space")
        }
        return names.joined(separator: ",")
    }
}

/// The text form of certificates and keys (RFC 7468).
enum PEM {
    /// What `write` puts into a memory BIO.
    static func text(_ operation: String, write: (OpaquePointer) -> Int32) throws(CryptoError) -> String {
        guard let bio = BIO_new(BIO_s_mem()) else { throw .last(operation) }
        defer { BIO_free(bio) }
        guard write(bio) == 1 else { throw .last(operation) }
        var start: UnsafeMutablePointer<CChar>?
        let count = egret_BIO_get_mem_data(bio, &start)
        return String(decoding: UnsafeRawBufferPointer(start: start, count: count), as: UTF8.self)
    }
}
