import Testing

@testable import PostgresCrypto

struct SCRAMKeyCacheTests {
    private let salt = Array("salt".utf8)

    private func exchange(_ cache: SCRAMKeyCache, password: String = "pencil") throws -> [UInt8] {
        var client = SCRAMClient(
            user: "user", password: password, channelBinding: .unsupported, maximumIterations: 10_000,
            nonce: SCRAMTests.nonce, cache: cache)
        _ = try client.clientFirst()
        return try client.clientFinal(answering: Array(SCRAMTests.serverFirst.utf8))
    }

    @Test("The second proof has what the first one computed, and is the same as without")
    func sameProof() throws {
        let cache = SCRAMKeyCache()
        let first = try exchange(cache)
        #expect(first == Array(SCRAMTests.clientFinal.utf8))
        #expect(cache.count == 1)
        #expect(try exchange(cache) == first)
        #expect(cache.count == 1)
    }

    @Test(
        "Another password, salt or number of iterations has keys of its own; so has what only looks the same together")
    func differences() throws {
        let cache = SCRAMKeyCache()
        let password = Array("pencil".utf8)
        let keys = try cache.keys(password: password, salt: salt, iterations: 10)
        #expect(try cache.keys(password: password, salt: salt, iterations: 10) === keys)
        let others: [(password: [UInt8], salt: [UInt8], iterations: Int)] = [
            (Array("pencil2".utf8), salt, 10), (password, salt + [1], 10), (password, salt, 11),
            (password + salt.prefix(1), Array(salt.dropFirst()), 10), ([], salt, 10),
        ]
        for other in others {
            #expect(!cache.has(password: other.password, salt: other.salt, iterations: other.iterations))
            let found = try cache.keys(password: other.password, salt: other.salt, iterations: other.iterations)
            #expect(found.client != keys.client && found.server != keys.server)
            let expected = try SCRAMKeys(password: other.password, salt: other.salt, iterations: other.iterations)
            #expect(found.client == expected.client && found.stored == expected.stored)
            #expect(found.server == expected.server)
        }
        #expect(cache.count == 6)
    }

    @Test("trap 5: a server that makes up salts displaces what has not been used for longest, and adds nothing")
    func bounded() throws {
        let cache = SCRAMKeyCache(capacity: 3)
        let password = Array("pencil".utf8)
        for number in 0..<3 { _ = try cache.keys(password: password, salt: [UInt8(number)], iterations: 1) }
        _ = try cache.keys(password: password, salt: [0], iterations: 1)
        _ = try cache.keys(password: password, salt: [3], iterations: 1)
        #expect(cache.count == 3)
        #expect(cache.has(password: password, salt: [0], iterations: 1))
        #expect(!cache.has(password: password, salt: [1], iterations: 1))
        for number in 0..<200 { _ = try cache.keys(password: password, salt: [9, UInt8(number)], iterations: 1) }
        #expect(cache.count == 3)
        cache.removeAll()
        #expect(cache.count == 0)
    }

    @Test("The cap on iterations holds for keys that are there, too")
    func capHolds() throws {
        let cache = SCRAMKeyCache()
        _ = try exchange(cache)
        var client = SCRAMClient(
            user: "user", password: "pencil", channelBinding: .unsupported, maximumIterations: 4095,
            nonce: SCRAMTests.nonce, cache: cache)
        _ = try client.clientFirst()
        let serverFirst = Array(SCRAMTests.serverFirst.utf8)
        let isAnswered = client.isAnsweredAtOnce(serverFirst)
        #expect(!isAnswered)
        #expect(throws: SCRAMError.unacceptableIterationCount(4096, maximum: 4095)) {
            try client.clientFinal(answering: serverFirst)
        }
    }
}
