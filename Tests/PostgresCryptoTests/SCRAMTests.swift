import Testing

@testable import PostgresCrypto

/// The example of RFC 7677, section 3, and every way to bend it.
struct SCRAMTests {
    static let nonce = "rOprNGfwEbeRWgbNEkqO"
    static let serverFirst =
        "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
    static let clientFinal =
        "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
    static let serverFinal = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="

    static func client(
        _ channelBinding: SCRAMClient.ChannelBinding = .unsupported, user: String = "user",
        maximumIterations: Int = SCRAMClient.defaultMaximumIterations
    ) -> SCRAMClient {
        SCRAMClient(
            user: user, password: "pencil", channelBinding: channelBinding, maximumIterations: maximumIterations,
            nonce: nonce)
    }

    @Test("The example of RFC 7677 goes through")
    func example() throws {
        var client = Self.client()
        #expect(client.mechanism == "SCRAM-SHA-256")
        #expect(text(try client.clientFirst()) == "n,,n=user,r=rOprNGfwEbeRWgbNEkqO")
        #expect(text(try client.clientFinal(answering: bytes(Self.serverFirst))) == Self.clientFinal)
        let before = client.isVerified
        #expect(!before)
        try client.verify(serverFinal: bytes(Self.serverFinal))
        let after = client.isVerified
        #expect(after)
    }

    @Test("trap 6: a wrong, shortened or missing server signature is refused")
    func wrongServerSignature() throws {
        var forged = Array(Self.serverFinal)
        forged[2] = "7"
        for final in [String(forged), "v=", "v=AAAA", "", "x=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="]
            + Self.serverFinal.indices.map({ String(Self.serverFinal[..<$0]) })
        {
            var client = Self.client()
            _ = try client.clientFirst()
            _ = try client.clientFinal(answering: bytes(Self.serverFirst))
            #expect(throws: SCRAMError.self, "\(final)") { try client.verify(serverFinal: bytes(final)) }
            let verified = client.isVerified
            #expect(!verified)
            // Nothing that comes later can repair it.
            #expect(throws: SCRAMError.outOfOrder) { try client.verify(serverFinal: bytes(Self.serverFinal)) }
        }
    }

    @Test("The server's own error is passed on, made safe to show")
    func serverError() throws {
        var client = Self.client()
        _ = try client.clientFirst()
        _ = try client.clientFinal(answering: bytes(Self.serverFirst))
        #expect(throws: SCRAMError.refusedByServer("invalid-proof")) {
            try client.verify(serverFinal: bytes("e=invalid\u{1B}-proof\u{7}"))
        }
    }

    @Test("trap 5: an iteration count above the cap is refused before hashing")
    func giantIterationCount() throws {
        let prefix = "r=\(Self.nonce)x,s=W22ZaJ0SNY7soEsUEjb6gQ==,i="
        let refused: [(String, Int)] = [
            ("2147483648", 2_147_483_648), ("1000001", 1_000_001), ("0", 0), ("99999999999999999999999", .max),
        ]
        for (count, parsed) in refused {
            var client = Self.client()
            _ = try client.clientFirst()
            #expect(throws: SCRAMError.unacceptableIterationCount(parsed, maximum: 1_000_000)) {
                try client.clientFinal(answering: bytes(prefix + count))
            }
        }
        var strict = Self.client(maximumIterations: 4095)
        _ = try strict.clientFirst()
        #expect(throws: SCRAMError.unacceptableIterationCount(4096, maximum: 4095)) {
            try strict.clientFinal(answering: bytes(prefix + "4096"))
        }
    }

    @Test(
        "A nonce that does not extend ours is refused",
        arguments: ["rOprNGfwEbeRWgbNEkqO", "rOprNGfwEbeRWgbNEkq", "", "XOprNGfwEbeRWgbNEkqOmore", "more"])
    func badNonce(nonce: String) throws {
        var client = Self.client()
        _ = try client.clientFirst()
        #expect(throws: SCRAMError.nonceMismatch) {
            try client.clientFinal(answering: bytes("r=\(nonce),s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"))
        }
    }

    @Test(
        "A malformed server-first message is refused",
        arguments: [
            "m=ext,r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
            "r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,m=ext",
            "r=rOprNGfwEbeRWgbNEkqOx,i=4096,s=W22ZaJ0SNY7soEsUEjb6gQ==",
            "r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ=,i=4096",
            "r=rOprNGfwEbeRWgbNEkqOx,s=,i=4096",
            "r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=-1",
            "r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=+4096",
            "r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=",
            "r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=0x10",
            "r=rOprNGfwEbeRWgbNEkqO x,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
            "r=rOprNGfwEbeRWgbNEkqO\u{0}x,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
        ])
    func malformedServerFirst(message: String) throws {
        var client = Self.client()
        _ = try client.clientFirst()
        do {
            _ = try client.clientFinal(answering: bytes(message))
            Issue.record("accepted \(message)")
        } catch {
            guard case .malformedMessage = error else {
                Issue.record("\(error)")
                return
            }
        }
    }

    @Test("Every prefix of the server-first message is refused, or is another, valid iteration count")
    func truncatedServerFirst() throws {
        for end in Self.serverFirst.indices {
            let prefix = String(Self.serverFirst[..<end])
            var client = Self.client()
            _ = try client.clientFirst()
            if prefix.contains(",i=") && !prefix.hasSuffix("=") {
                #expect(text(try client.clientFinal(answering: bytes(prefix))) != Self.clientFinal)
            } else {
                #expect(throws: SCRAMError.self, "\(prefix)") { try client.clientFinal(answering: bytes(prefix)) }
            }
        }
    }

    @Test("Messages out of turn are refused")
    func outOfOrder() throws {
        var early = Self.client()
        #expect(throws: SCRAMError.outOfOrder) { try early.clientFinal(answering: bytes(Self.serverFirst)) }
        var signature = Self.client()
        _ = try signature.clientFirst()
        #expect(throws: SCRAMError.outOfOrder) { try signature.verify(serverFinal: bytes(Self.serverFinal)) }
        var twice = Self.client()
        _ = try twice.clientFirst()
        #expect(throws: SCRAMError.outOfOrder) { try twice.clientFirst() }
    }

    @Test("Channel binding puts its header and the certificate's digest into the proof")
    func channelBinding() throws {
        var unused = Self.client(.notOffered, user: "")
        #expect(unused.mechanism == "SCRAM-SHA-256")
        #expect(text(try unused.clientFirst()) == "y,,n=,r=\(Self.nonce)")
        #expect(text(try unused.clientFinal(answering: bytes(Self.serverFirst))).hasPrefix("c=eSws,r=\(Self.nonce)%"))

        let digest = [UInt8](0..<32)
        var bound = Self.client(.tlsServerEndPoint(digest), user: "a=b,c")
        #expect(bound.mechanism == "SCRAM-SHA-256-PLUS")
        #expect(text(try bound.clientFirst()) == "p=tls-server-end-point,,n=a=3Db=2Cc,r=\(Self.nonce)")
        let expected = Base64.encode(Array("p=tls-server-end-point,,".utf8) + digest)
        #expect(text(try bound.clientFinal(answering: bytes(Self.serverFirst))).hasPrefix("c=\(expected),r="))
    }

    @Test("Two clients never use one nonce")
    func freshNonce() throws {
        var first = try SCRAMClient(password: "pencil", channelBinding: .unsupported)
        var second = try SCRAMClient(password: "pencil", channelBinding: .unsupported)
        let one = try first.clientFirst()
        #expect(one.count == "n,,n=,r=".count + 24)
        #expect(try second.clientFirst() != one)
    }

    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
