import Postgres

/// The examples of the article Securing connections.
enum SecuringExamples {
    /// Wherever passwords and tokens are kept.
    struct Vault: Sendable {
        func currentPassword() async throws -> String { "secret" }
        func token(from url: String, scope: String?) async throws -> String { "token" }
    }

    /// The strictest connection
    static func strict(password: String) -> PostgresConfiguration {
        var configuration = PostgresConfiguration(
            host: "db.example.com", user: "app", password: password, tls: .verifyFull)
        configuration.tls.rootCertificate = "/etc/app/ca.pem"
        configuration.tls.minimumVersion = .tls13
        configuration.channelBinding = .require
        configuration.requiredAuthentication = PostgresAuthenticationRequirement([.scramSHA256])
        return configuration
    }

    /// Passwords that expire, and OAuth
    static func providers(vault: Vault) -> PostgresConfiguration {
        var configuration = PostgresConfiguration(host: "db.example.com", user: "app", tls: .verifyFull)
        configuration.passwordProvider = { try await vault.currentPassword() }
        configuration.oauthTokenProvider = { request in
            guard let url = request.discoveryURL else { return "" }
            return try await vault.token(from: url, scope: request.scope)
        }
        return configuration
    }
}
