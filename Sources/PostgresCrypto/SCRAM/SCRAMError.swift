/// Why a SCRAM exchange was refused. Every case ends the authentication: nothing is retried on the same connection.
package enum SCRAMError: Error, Sendable, Hashable, CustomStringConvertible {
    /// A message does not have the form of RFC 5802; the text says which part.
    case malformedMessage(String)
    /// The server's nonce does not begin with ours, or adds nothing to it: a replayed or forged answer.
    case nonceMismatch
    /// The server asks for more work than the cap allows, or for none.
    case unacceptableIterationCount(Int, maximum: Int)
    /// The server-final message carries an error instead of a signature: as a rule, the password is wrong.
    case refusedByServer(String)
    /// The server does not know the password: it may be an impostor.
    case wrongServerSignature
    /// A message came before its turn.
    case outOfOrder
    /// libcrypto failed.
    case crypto(CryptoError)

    package var description: String {
        switch self {
        case .malformedMessage(let part):
            "The server's SCRAM message is malformed: \(part)"
        case .nonceMismatch:
            "The server's SCRAM nonce does not extend the client's"
        case .unacceptableIterationCount(let count, let maximum):
            "The server asks for \(count) SCRAM iterations; 1 to \(maximum) are accepted"
        case .refusedByServer(let reason):
            "The server refused the SCRAM proof: \(reason)"
        case .wrongServerSignature:
            "The server's SCRAM signature is wrong: it could not prove that it knows the password"
        case .outOfOrder:
            "A SCRAM message came before its turn"
        case .crypto(let error):
            error.description
        }
    }
}
