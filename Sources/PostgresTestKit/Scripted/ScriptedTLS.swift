import PostgresCrypto
package import PostgresWire

/// A certificate for scripted servers, and the authority that signed it.
package struct ScriptedTLS: Sendable {
    let certificate: IssuedCertificate
    let choosesProtocol: Bool
    let clientAuthorityPEM: String?
    /// What a client trusts to trust the server.
    package let rootCertificatePEM: String

    /// - Parameters:
    ///   - names: host names that the certificate is for.
    ///   - addresses: IP addresses that it is for.
    ///   - isEd25519: signed in a way that has no digest of its own, so that nothing can be bound to it.
    ///   - choosesProtocol: agrees to the application protocol that the client offers (ALPN).
    ///   - asksForCertificate: the client has to show one of the same authority, which it cannot have.
    package init(
        names: [String] = ["localhost"], addresses: [String] = ["127.0.0.1"], isEd25519: Bool = false,
        choosesProtocol: Bool = true, asksForCertificate: Bool = false
    ) throws(PostgresError) {
        do throws(CryptoError) {
            let authority = try CertificateAuthority(
                commonName: "Egret scripted authority", keyKind: isEd25519 ? .ed25519 : .p256)
            certificate = try authority.issueServerCertificate(dnsNames: names, ipAddresses: addresses)
            rootCertificatePEM = authority.certificatePEM
            clientAuthorityPEM = asksForCertificate ? authority.certificatePEM : nil
        } catch {
            throw PostgresError(.tlsFailed, "a certificate for a scripted server could not be made: \(error)")
        }
        self.choosesProtocol = choosesProtocol
    }

    func makeServer() -> TLSServer? {
        try? TLSServer(certificate, choosesProtocol: choosesProtocol, clientAuthorityPEM: clientAuthorityPEM)
    }
}
