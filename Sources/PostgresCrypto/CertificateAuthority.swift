import COpenSSL

/// A certificate authority made up on the spot, for temporary servers and tests. Its keys are P-256 unless asked.
///
///     let authority = try CertificateAuthority(commonName: "Egret test CA")
///     let server = try authority.issueServerCertificate(dnsNames: ["localhost"], ipAddresses: ["127.0.0.1", "::1"])
///     // server.certificatePEM, server.privateKeyPEM, authority.certificatePEM
///
/// Nothing here protects the authority's own key beyond the life of the process: not for real certificates.
package final class CertificateAuthority: @unchecked Sendable {
    // Unchecked: both objects are only read after `init`, and libcrypto counts their references atomically.
    private let certificate: OpaquePointer
    private let key: OpaquePointer
    private let signsWithEd25519: Bool

    /// The authority's own certificate: what `sslrootcert` names.
    package let certificatePEM: String

    /// Makes a key and signs a certificate for itself.
    package init(commonName: String, keyKind: KeyKind = .p256) throws(CryptoError) {
        let request = CertificateRequest(
            commonName: commonName, isAuthority: true, lifetime: Self.defaultLifetime, startsAt: -Self.clockSkew)
        let key = try keyKind.generate()
        do throws(CryptoError) {
            let digest = keyKind == .ed25519 ? SignatureDigest.builtIn : .sha256
            certificate = try request.sign(publicKey: key, issuer: nil, issuerKey: key, digest: digest)
        } catch {
            EVP_PKEY_free(key)
            throw error
        }
        self.key = key
        signsWithEd25519 = keyKind == .ed25519
        let made = certificate
        certificatePEM = try PEM.text("Writing a certificate") { PEM_write_bio_X509($0, made) }
    }

    deinit {
        X509_free(certificate)
        EVP_PKEY_free(key)
    }

    /// A certificate for a server that is reached under any of these names and addresses.
    ///
    /// - Parameters:
    ///   - commonName: the subject's name; the first DNS name or address when nil.
    ///   - ipAddresses: as text, IPv4 or IPv6.
    ///   - lifetime: seconds from now; a negative one makes a certificate that has expired.
    ///   - digest: what the authority signs with; ignored by Ed25519 authorities, which have none.
    package func issueServerCertificate(
        commonName: String? = nil, dnsNames: [String] = [], ipAddresses: [String] = [],
        lifetime: Int = CertificateAuthority.defaultLifetime, keyKind: KeyKind = .p256,
        digest: SignatureDigest = .sha256
    ) throws(CryptoError) -> IssuedCertificate {
        let name = commonName ?? dnsNames.first ?? ipAddresses.first ?? "server"
        return try issue(
            CertificateRequest(
                commonName: name, dnsNames: dnsNames, ipAddresses: ipAddresses, lifetime: lifetime,
                startsAt: min(lifetime, 0) - Self.clockSkew),
            keyKind: keyKind, digest: digest)
    }

    /// A certificate that a client shows to the server. PostgreSQL's `cert` method takes the user from `commonName`.
    package func issueClientCertificate(
        commonName: String, keyKind: KeyKind = .p256
    ) throws(CryptoError) -> IssuedCertificate {
        try issue(
            CertificateRequest(commonName: commonName, lifetime: Self.defaultLifetime, startsAt: -Self.clockSkew),
            keyKind: keyKind, digest: .sha256)
    }

    /// The PEM of a list that revokes the certificates given, by their serial numbers.
    package func revocationList(revoking serialNumbers: [Int]) throws(CryptoError) -> String {
        guard let list = X509_CRL_new() else { throw .last("Making a revocation list") }
        defer { X509_CRL_free(list) }
        guard let now = X509_gmtime_adj(nil, -Self.clockSkew), let later = X509_gmtime_adj(nil, Self.defaultLifetime)
        else { throw .last("Making a revocation list") }
        defer {
            ASN1_TIME_free(now)
            ASN1_TIME_free(later)
        }
        guard X509_CRL_set_version(list, 1) == 1,
            X509_CRL_set_issuer_name(list, X509_get_subject_name(certificate)) == 1,
            X509_CRL_set1_lastUpdate(list, now) == 1, X509_CRL_set1_nextUpdate(list, later) == 1
        else { throw .last("Making a revocation list") }
        for serialNumber in serialNumbers {
            guard let revoked = X509_REVOKED_new(), let serial = ASN1_INTEGER_new() else {
                throw .last("Making a revocation list")
            }
            defer { ASN1_INTEGER_free(serial) }
            guard ASN1_INTEGER_set(serial, serialNumber) == 1, X509_REVOKED_set_serialNumber(revoked, serial) == 1,
                X509_REVOKED_set_revocationDate(revoked, now) == 1, X509_CRL_add0_revoked(list, revoked) == 1
            else {
                X509_REVOKED_free(revoked)
                throw .last("Making a revocation list")
            }
        }
        guard X509_CRL_sort(list) == 1, X509_CRL_sign(list, key, signsWithEd25519 ? nil : EVP_sha256()) > 0 else {
            throw .last("Signing a revocation list")
        }
        return try PEM.text("Writing a revocation list") { PEM_write_bio_X509_CRL($0, list) }
    }

    private func issue(
        _ request: CertificateRequest, keyKind: KeyKind, digest: SignatureDigest
    ) throws(CryptoError) -> IssuedCertificate {
        let subjectKey = try keyKind.generate()
        defer { EVP_PKEY_free(subjectKey) }
        let usedDigest = signsWithEd25519 ? SignatureDigest.builtIn : digest
        let issued = try request.sign(publicKey: subjectKey, issuer: certificate, issuerKey: key, digest: usedDigest)
        defer { X509_free(issued) }
        return IssuedCertificate(
            certificatePEM: try PEM.text("Writing a certificate") { PEM_write_bio_X509($0, issued) },
            privateKeyPEM: try PEM.text("Writing a private key") {
                PEM_write_bio_PKCS8PrivateKey($0, subjectKey, nil, nil, 0, nil, nil)
            },
            serialNumber: request.serialNumber)
    }

    /// A key of an issued certificate again, encrypted with a password (PKCS #8, AES-256).
    package static func encrypt(privateKeyPEM: String, password: String) throws(CryptoError) -> String {
        let text = Array(privateKeyPEM.utf8)
        guard let bio = BIO_new_mem_buf(text, Int32(clamping: text.count)) else { throw .last("Reading a private key") }
        defer { BIO_free(bio) }
        guard let key = PEM_read_bio_PrivateKey(bio, nil, nil, nil) else { throw .last("Reading a private key") }
        defer { EVP_PKEY_free(key) }
        return try PEM.text("Writing a private key") { output in
            password.withCString {
                PEM_write_bio_PKCS8PrivateKey(
                    output, key, EVP_aes_256_cbc(), $0, Int32(clamping: password.utf8.count), nil, nil)
            }
        }
    }

    /// Seconds that a certificate is valid when nothing else is asked: 30 days.
    package static let defaultLifetime = 30 * 24 * 3600
    /// Seconds that certificates begin before now, for peers whose clocks are behind.
    private static let clockSkew = 3600
}

/// A certificate and its key, both in PEM.
package struct IssuedCertificate: Sendable {
    package var certificatePEM: String
    /// PKCS #8, not encrypted: write it with mode 0600, or PostgreSQL refuses it.
    package var privateKeyPEM: String
    /// What a revocation list names the certificate by.
    package var serialNumber: Int
}
