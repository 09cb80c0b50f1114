/// The client's side of SCRAM-SHA-256 and SCRAM-SHA-256-PLUS, as a pure machine: messages go in and come out.
///
///     var client = try SCRAMClient(password: password, channelBinding: .unsupported)
///     let first = try client.clientFirst()                        // SASLInitialResponse, with client.mechanism
///     let final = try client.clientFinal(answering: serverFirst)  // SASLResponse to AuthenticationSASLContinue
///     try client.verify(serverFinal: serverFinal)                 // AuthenticationSASLFinal
///
/// The connection is authenticated only when `isVerified` is true: AuthenticationOk before that is a server that
/// never proved that it knows the password, and must be refused. RFC 5802, RFC 7677; PostgreSQL documentation,
/// "SASL Authentication".
package struct SCRAMClient: ~Copyable {
    /// How the exchange is tied to the TLS session below it: the gs2 header of RFC 5802, section 7.
    package enum ChannelBinding: Sendable, Hashable {
        /// No TLS, or no digest of the server's certificate: "n,,".
        case unsupported
        /// We could, but the server did not offer the PLUS mechanism: "y,,". A server that did offer it sees from
        /// this that somebody removed the offer on the way, and refuses.
        case notOffered
        /// "p=tls-server-end-point,,": the digest of the server's certificate (RFC 5929, section 4).
        case tlsServerEndPoint([UInt8])

        fileprivate var header: String {
            switch self {
            case .unsupported: "n,,"
            case .notOffered: "y,,"
            case .tlsServerEndPoint: "p=tls-server-end-point,,"
            }
        }

        fileprivate var data: [UInt8] {
            switch self {
            case .unsupported, .notOffered: []
            case .tlsServerEndPoint(let digest): digest
            }
        }
    }

    /// The default of `maximumIterations`: one million, about half a second of one core.
    ///
    /// PostgreSQL's own default is 4096. A server, or somebody in its place, that asks for two thousand million would
    /// otherwise keep a core busy for a quarter of an hour per connection attempt (CVE-2026-42198).
    package static let defaultMaximumIterations = 1_000_000

    private enum State {
        case initial
        case sentFirst(bare: [UInt8])
        case sentFinal(serverSignature: [UInt8])
        case verified
        case failed
    }

    private let channelBinding: ChannelBinding
    private let maximumIterations: Int
    private let user: String
    private let nonce: [UInt8]
    private var password: [UInt8]
    private let cache: SCRAMKeyCache
    private var state = State.initial

    /// Draws a nonce and prepares the password (`SASLprep`).
    ///
    /// `user` stays empty: PostgreSQL takes the name from the startup message.
    package init(
        password: String, channelBinding: ChannelBinding,
        maximumIterations: Int = SCRAMClient.defaultMaximumIterations, cache: SCRAMKeyCache = .shared
    ) throws(SCRAMError) {
        let random: [UInt8]
        do { random = try Secrets.randomBytes(18) } catch { throw .crypto(error) }
        self.init(
            user: "", password: password, channelBinding: channelBinding, maximumIterations: maximumIterations,
            nonce: Base64.encode(random), cache: cache)
    }

    /// With everything given, as the examples of the RFCs need it.
    init(
        user: String, password: String, channelBinding: ChannelBinding, maximumIterations: Int, nonce: String,
        cache: SCRAMKeyCache = SCRAMKeyCache()
    ) {
        self.channelBinding = channelBinding
        self.cache = cache
        self.maximumIterations = maximumIterations
        self.user = user
        self.nonce = Array(nonce.utf8)
        self.password = Array((SASLprep.prepare(password) ?? password).utf8)
    }

    /// The name to send in SASLInitialResponse.
    package var mechanism: String {
        switch channelBinding {
        case .unsupported, .notOffered: "SCRAM-SHA-256"
        case .tlsServerEndPoint: "SCRAM-SHA-256-PLUS"
        }
    }

    /// Whether the server has proved that it knows the password.
    package var isVerified: Bool {
        if case .verified = state { true } else { false }
    }

    /// The first message: gs2 header, name and nonce.
    package mutating func clientFirst() throws(SCRAMError) -> [UInt8] {
        guard case .initial = state else { throw fail(.outOfOrder) }
        var name = ""
        for character in user {
            switch character {
            case "=": name += "=3D"
            case ",": name += "=2C"
            default: name.append(character)
            }
        }
        let bare = Array("n=\(name),r=".utf8) + nonce
        state = .sentFirst(bare: bare)
        return Array(channelBinding.header.utf8) + bare
    }

    /// How many iterations a server's first message asks for; 0 when it does not say it in the right way.
    package static func iterationCount(in serverFirst: [UInt8]) -> Int {
        guard let field = serverFirst.split(separator: UInt8(ascii: ",")).last, field.starts(with: "i=".utf8) else {
            return 0
        }
        return Int(String(decoding: field.dropFirst(2), as: UTF8.self)) ?? 0
    }

    /// Whether answering this takes no long computation, since it was done before.
    package func isAnsweredAtOnce(_ serverFirst: [UInt8]) -> Bool {
        guard
            let server = try? SCRAMServerFirst(serverFirst, clientNonce: nonce, maximumIterations: maximumIterations)
        else { return false }
        return cache.has(password: password, salt: server.salt, iterations: server.iterations)
    }

    /// The final message: channel binding, the joint nonce, and the proof that we know the password.
    ///
    /// The server's message is checked, the iteration cap included, before anything is hashed.
    package mutating func clientFinal(answering serverFirst: [UInt8]) throws(SCRAMError) -> [UInt8] {
        guard case .sentFirst(let bare) = state else { throw fail(.outOfOrder) }
        state = .failed
        let server = try SCRAMServerFirst(serverFirst, clientNonce: nonce, maximumIterations: maximumIterations)
        let binding = Base64.encode(Array(channelBinding.header.utf8) + channelBinding.data)
        let withoutProof = Array("c=\(binding),r=".utf8) + server.nonce
        let comma = UInt8(ascii: ",")
        let authMessage = bare + [comma] + serverFirst + [comma] + withoutProof
        do {
            let keys = try cache.keys(password: password, salt: server.salt, iterations: server.iterations)
            let clientSignature = try SHA256.authenticationCode(for: authMessage, key: keys.stored)
            let proof = zip(keys.client, clientSignature).map { $0 ^ $1 }
            let signature = try SHA256.authenticationCode(for: authMessage, key: keys.server)
            Secrets.erase(&password)
            state = .sentFinal(serverSignature: signature)
            return withoutProof + Array(",p=\(Base64.encode(proof))".utf8)
        } catch {
            throw .crypto(error)
        }
    }

    /// Checks the server's signature; until this has returned the server is not to be trusted.
    package mutating func verify(serverFinal: [UInt8]) throws(SCRAMError) {
        guard case .sentFinal(let expected) = state else { throw fail(.outOfOrder) }
        state = .failed
        let server = try SCRAMServerFinal(serverFinal)
        guard Secrets.areEqual(server.signature, expected) else { throw .wrongServerSignature }
        state = .verified
    }

    private mutating func fail(_ error: SCRAMError) -> SCRAMError {
        state = .failed
        return error
    }
}
