import PostgresWire

extension BackendMessage {
    /// No, or no more, proof is asked for.
    public static let authenticationOk = authentication(0)

    /// The password as it is.
    public static let authenticationCleartextPassword = authentication(3)

    /// The password as a digest with four bytes of salt.
    public static func authenticationMD5Password(salt: [UInt8]) -> BackendMessage { authentication(5, salt) }

    /// The SASL mechanisms to choose from, by their names: `SCRAM-SHA-256`.
    public static func authenticationSASL(_ mechanisms: [String]) -> BackendMessage {
        authentication(10, mechanisms.flatMap { Array($0.utf8) + [0] } + [0])
    }

    /// The server's part of a SASL exchange, for SCRAM its first message.
    public static func authenticationSASLContinue(_ data: String) -> BackendMessage {
        authentication(11, Array(data.utf8))
    }

    /// The last of a SASL exchange, for SCRAM the server's signature.
    public static func authenticationSASLFinal(_ data: String) -> BackendMessage {
        authentication(12, Array(data.utf8))
    }

    /// Any request for authentication: 7 is GSSAPI, 9 is SSPI.
    public static func authentication(_ method: Int32, _ data: [UInt8] = []) -> BackendMessage {
        make("R") {
            $0.append(method)
            $0.append(data)
        }
    }
}
