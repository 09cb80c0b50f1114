import PostgresLocks

/// Keys that were computed before, so that a pool that opens 100 connections computes them once: a role's salt stays the
/// same until its password is changed.
///
/// In this process's memory alone. The password is not kept: an entry is found by a digest of password, salt and
/// iterations under a key that is drawn at random for each cache. Whoever can read the entries can read the password where
/// the configuration has it, too.
package final class SCRAMKeyCache: Sendable {
    package static let shared = SCRAMKeyCache()

    private struct State {
        var entries: [[UInt8]: (keys: SCRAMKeys, lastUse: UInt64)] = [:]
        var uses: UInt64 = 0
    }

    /// Roles that one process connects as. A server that makes up salts displaces entries and adds none.
    let capacity: Int
    /// Empty: there were no random numbers, and nothing is kept.
    private let secret: [UInt8]
    private let state = Mutex(State())

    package init(capacity: Int = 64) {
        self.capacity = max(capacity, 1)
        do { secret = try Secrets.randomBytes(SHA256.byteCount) } catch { secret = [] }
    }

    /// How many there are.
    var count: Int { state.withLock { $0.entries.count } }

    /// Whether `keys` would have them at once.
    func has(password: [UInt8], salt: [UInt8], iterations: Int) -> Bool {
        guard let place = try? place(password, salt, iterations) else { return false }
        return state.withLock { $0.entries[place] != nil }
    }

    /// Those that are there, or new ones.
    func keys(password: [UInt8], salt: [UInt8], iterations: Int) throws(CryptoError) -> SCRAMKeys {
        guard let place = try place(password, salt, iterations) else {
            return try SCRAMKeys(password: password, salt: salt, iterations: iterations)
        }
        let found = state.withLock { state -> SCRAMKeys? in
            state.uses += 1
            state.entries[place]?.lastUse = state.uses
            return state.entries[place]?.keys
        }
        if let found { return found }
        let keys = try SCRAMKeys(password: password, salt: salt, iterations: iterations)
        // Those that are displaced are overwritten after the lock is released.
        let displaced = state.withLock { state -> SCRAMKeys? in
            var displaced: SCRAMKeys?
            if state.entries.count >= capacity,
                let oldest = state.entries.min(by: { $0.value.lastUse < $1.value.lastUse })
            {
                displaced = state.entries.removeValue(forKey: oldest.key)?.keys
            }
            state.entries[place] = (keys, state.uses)
            return displaced
        }
        _ = consume displaced
        return keys
    }

    /// Forgets all.
    func removeAll() { state.withLock { $0.entries = [:] } }

    private func place(_ password: [UInt8], _ salt: [UInt8], _ iterations: Int) throws(CryptoError) -> [UInt8]? {
        guard !secret.isEmpty else { return nil }
        // The lengths keep a password's end apart from a salt's beginning.
        var text = Array("\(iterations),\(password.count),".utf8) + password + salt
        defer { Secrets.erase(&text) }
        return try SHA256.authenticationCode(for: text, key: secret)
    }
}
