import Testing

@testable import PostgresCrypto

struct CertificateAuthorityTests {
    @Test("Certificates and keys come out in PEM, each with its own serial number")
    func pem() throws {
        let authority = try CertificateAuthority(commonName: "Test CA")
        #expect(authority.certificatePEM.hasPrefix("-----BEGIN CERTIFICATE-----\n"))
        let first = try authority.issueServerCertificate(dnsNames: ["localhost"], ipAddresses: ["127.0.0.1", "::1"])
        #expect(first.certificatePEM.hasSuffix("-----END CERTIFICATE-----\n"))
        #expect(first.privateKeyPEM.hasPrefix("-----BEGIN PRIVATE KEY-----\n"))
        let second = try authority.issueServerCertificate(dnsNames: ["localhost"])
        #expect(first.serialNumber != second.serialNumber)
        #expect(first.privateKeyPEM != second.privateKeyPEM)
    }

    @Test("Every kind of key signs and is signed")
    func keyKinds() throws {
        for kind in [KeyKind.p256, .rsa2048, .ed25519] {
            let authority = try CertificateAuthority(commonName: "Test CA", keyKind: kind)
            #expect(try !authority.issueServerCertificate(dnsNames: ["a.example"], keyKind: kind).privateKeyPEM.isEmpty)
            #expect(try authority.revocationList(revoking: [1, 2]).hasPrefix("-----BEGIN X509 CRL-----\n"))
        }
    }

    @Test("A name that would smuggle in another is refused", arguments: ["a.example,DNS:b.example", "a b", "a\nb"])
    func smuggledName(name: String) throws {
        let authority = try CertificateAuthority(commonName: "Test CA")
        #expect(throws: CryptoError.self) { try authority.issueServerCertificate(dnsNames: [name]) }
    }

    @Test("An address that is none is refused")
    func badAddress() throws {
        let authority = try CertificateAuthority(commonName: "Test CA")
        #expect(throws: CryptoError.self) { try authority.issueServerCertificate(ipAddresses: ["300.1.1.1"]) }
    }
}
