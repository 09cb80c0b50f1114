import Foundation

@testable import PostgresCrypto

extension FuzzTarget {
    /// The SCRAM client against a server that says what it likes; the messages of an honest one are taken, and no others.
    ///
    /// The first byte says whose the messages are, then one line is the server's first message, the next its last.
    static let scram = FuzzTarget(name: "scram") { input in
        var input = input
        let mode = input.byte()
        let first = input.line()
        let last = input.line()
        var client = SCRAMClient(
            user: "", password: "pencil", channelBinding: mode & 1 == 0 ? .unsupported : .tlsServerEndPoint([1, 2, 3]),
            maximumIterations: 8, nonce: nonce)
        let bare = "n=,r=\(nonce)"
        let hello = must("the first message") { () throws(SCRAMError) in try client.clientFirst() }
        check(String(decoding: hello, as: UTF8.self).hasSuffix(bare), "the first message ends in its bare form")
        // Few inputs would begin with our nonce.
        let serverFirst = (mode & 2 == 0 ? Array("r=\(nonce)".utf8) : []) + Array(first)
        _ = SCRAMClient.iterationCount(in: serverFirst)
        let proof: [UInt8]
        do { proof = try client.clientFinal(answering: serverFirst) } catch {
            check(!"\(error)".contains("pencil"), "no password in an error")
            return checkIsRefused(&client, Array(last))
        }
        guard let signature = signature(bare: bare, serverFirst: serverFirst, clientFinal: proof) else { return }
        if mode & 4 == 0 {
            do { try client.verify(serverFinal: Array(last)) } catch {}
            check(client.isVerified == last.elementsEqual(signature), "a server is believed for its signature alone")
        } else {
            must("an honest server is believed") { () throws(SCRAMError) in try client.verify(serverFinal: signature) }
            check(client.isVerified, "an honest server is believed")
        }
        checkBase64(Array(first))
        if let prepared = SASLprep.prepare(String(decoding: last, as: UTF8.self)) {
            check(SASLprep.prepare(prepared) == prepared, "a prepared password is its own prepared form")
        }
    }
}

private let nonce = "rOprNGfwEbeRWgbNEkqO"

private func checkIsRefused(_ client: inout SCRAMClient, _ message: [UInt8]) {
    do {
        try client.verify(serverFinal: message)
        check(false, "a client that has failed believes nobody")
    } catch { check(!client.isVerified, "a client that has failed believes nobody") }
}

private func checkBase64(_ text: [UInt8]) {
    if let bytes = Base64.decode(text) { check(Array(Base64.encode(bytes).utf8) == text, "base64 has one form") }
    check(Base64.decode(Base64.encode(text).utf8) == text, "base64 can be read again")
}

/// The server-final message of somebody who knows the password (RFC 5802, section 3).
private func signature(bare: String, serverFirst: [UInt8], clientFinal: [UInt8]) -> [UInt8]? {
    guard let server = try? SCRAMServerFirst(serverFirst, clientNonce: Array(nonce.utf8), maximumIterations: 8),
        let proof = String(decoding: clientFinal, as: UTF8.self).range(of: ",p="),
        let salted = try? SHA256.derivedKey(
            password: Array("pencil".utf8), salt: server.salt, iterations: server.iterations),
        let key = try? SHA256.authenticationCode(for: Array("Server Key".utf8), key: salted)
    else {
        check(false, "what the client took can be read")
        return nil
    }
    let withoutProof = Array(String(decoding: clientFinal, as: UTF8.self)[..<proof.lowerBound].utf8)
    let comma = UInt8(ascii: ",")
    let message = Array(bare.utf8) + [comma] + serverFirst + [comma] + withoutProof
    guard let signature = try? SHA256.authenticationCode(for: message, key: key) else { return nil }
    return Array("v=\(Base64.encode(signature))".utf8)
}
