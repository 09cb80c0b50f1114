import PostgresCrypto
import PostgresWire

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A certificate authority and the certificates that one server and its clients need.
enum CertificateFiles {
    /// Writes `root.crt`, `root.crl`, `server.crt`, `server.key`, and `client-NAME.crt` and `.key` for each client, in PEM,
    /// into `directory`.
    ///
    /// - Throws: `PostgresError(.tlsFailed)` when libcrypto refuses, for instance a name it cannot read.
    static func write(_ tls: TemporaryServer.TLS, into directory: String) throws(PostgresError) {
        let day = 86_400
        var files: [String: String] = [:]
        do throws(CryptoError) {
            let authority = try CertificateAuthority(
                commonName: "Egret temporary authority", keyKind: tls.isEd25519 ? .ed25519 : .p256)
            let server = try authority.issueServerCertificate(
                dnsNames: tls.names.filter { !isAddress($0) }, ipAddresses: tls.names.filter(isAddress),
                lifetime: tls.isExpired ? -day : 30 * day)
            files["root.crt"] = authority.certificatePEM
            files["root.crl"] = try authority.revocationList(revoking: tls.isRevoked ? [server.serialNumber] : [])
            files["server.crt"] = server.certificatePEM
            files["server.key"] = server.privateKeyPEM
            for name in tls.clientNames {
                let client = try authority.issueClientCertificate(commonName: name)
                files["client-\(name).crt"] = client.certificatePEM
                var key = client.privateKeyPEM
                if let password = tls.clientKeyPassword {
                    key = try CertificateAuthority.encrypt(privateKeyPEM: key, password: password)
                }
                files["client-\(name).key"] = key
            }
        } catch {
            throw PostgresError(.tlsFailed, "a certificate for the temporary server could not be made: \(error)")
        }
        for (name, text) in files { try PrivateFile.write(text, to: "\(directory)/\(name)") }
    }

    /// Copies what `write` wrote for one server into the directory of another, which is of the same names: a client that
    /// trusts the one trusts the other.
    ///
    /// - Throws: `PostgresError(.invalidConfiguration)` naming the file that cannot be read or written.
    static func copy(from source: String, into directory: String) throws(PostgresError) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: source)) ?? []
        for name in names where [".crt", ".crl", ".key"].contains(where: name.hasSuffix) {
            guard let text = try? String(contentsOfFile: "\(source)/\(name)", encoding: .utf8) else {
                throw PostgresError(.invalidConfiguration, "\(source)/\(name) could not be read")
            }
            try PrivateFile.write(text, to: "\(directory)/\(name)")
        }
    }

    private static func isAddress(_ name: String) -> Bool {
        name.contains(":") || name.allSatisfy { $0 == "." || $0.isNumber }
    }
}
