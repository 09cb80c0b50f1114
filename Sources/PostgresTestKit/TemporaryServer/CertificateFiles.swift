import PostgresCrypto
import PostgresWire

/// A certificate authority and one server certificate, made for one server.
enum CertificateFiles {
    /// Writes `root.crt`, `server.crt` and `server.key` in PEM into `directory`.
    ///
    /// - Parameters:
    ///   - names: the host names and IP addresses the certificate is valid for.
    ///   - isExpired: true for a certificate that was valid until yesterday.
    /// - Throws: `PostgresError(.tlsFailed)` when libcrypto refuses, for instance a name it cannot read.
    static func write(names: [String], isExpired: Bool, into directory: String) throws(PostgresError) {
        let authority: CertificateAuthority
        let server: IssuedCertificate
        let day = 86_400
        do throws(CryptoError) {
            authority = try CertificateAuthority(commonName: "Egret temporary authority")
            server = try authority.issueServerCertificate(
                dnsNames: names.filter { !isAddress($0) }, ipAddresses: names.filter(isAddress),
                lifetime: isExpired ? -day : 30 * day)
        } catch {
            throw PostgresError(.tlsFailed, "a certificate for the temporary server could not be made: \(error)")
        }
        try PrivateFile.write(authority.certificatePEM, to: directory + "/root.crt")
        try PrivateFile.write(server.certificatePEM, to: directory + "/server.crt")
        try PrivateFile.write(server.privateKeyPEM, to: directory + "/server.key")
    }

    private static func isAddress(_ name: String) -> Bool {
        name.contains(":") || name.allSatisfy { $0 == "." || $0.isNumber }
    }
}
