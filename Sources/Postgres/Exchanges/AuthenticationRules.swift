import PostgresWire

/// What a configuration, and the way the connection goes, allow the server to ask for.
struct AuthenticationRules: Sendable {
    var channelBinding: PostgresChannelBinding
    /// Nil: any method.
    var required: PostgresAuthenticationRequirement?
    var maximumIterations: Int
    var isEncrypted: Bool
    /// What binds a SCRAM proof to the TLS session; nil without TLS, and where the certificate has no such digest.
    var certificateDigest: [UInt8]?
    /// A bearer token is as good as a password to whoever sees it.
    var maySendToken: Bool
    /// There is somebody to ask for a token.
    var hasToken: Bool

    func allows(_ method: PostgresAuthenticationMethod) -> Bool { required?.allows(method) ?? true }
}
