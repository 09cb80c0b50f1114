import PostgresCrypto
import PostgresTypes
import PostgresWire

/// What an advisory lock is on: a number, a pair of numbers, or a name. What it means is between those who use it
/// (PostgreSQL documentation, "Advisory Locks").
///
///     try await pool.withAdvisoryLock("nightly report") { connection in … }
///
/// A database's locks on one number, on a pair and on its names lie in two rooms: names are numbers of 64 bits, pairs
/// never meet those.
public struct PostgresAdvisoryLockKey: Sendable, Hashable {
    private enum Form: Hashable {
        case number(Int64)
        case pair(Int32, Int32)
        case name(String)
    }

    private let form: Form

    /// A number, such as an account's.
    public init(_ number: Int64) { form = .number(number) }

    /// Two numbers, such as a kind of thing and the thing's own.
    public init(_ first: Int32, _ second: Int32) { form = .pair(first, second) }

    /// A name, by the first eight bytes of its SHA-256: the same in every process, version and language. In SQL:
    /// `('x' || substr(encode(sha256('name'), 'hex'), 1, 16))::bit(64)::bigint`.
    public init(_ name: String) { form = .name(name) }

    /// The arguments of the server's functions.
    func arguments() throws(PostgresError) -> PostgresQuery {
        switch form {
        case .number(let number): return "\(number)::bigint"
        case .pair(let first, let second): return "\(first)::int, \(second)::int"
        case .name(let name): return "\(try Self.number(of: name))::bigint"
        }
    }

    /// How `pg_locks` shows a lock on it: the two halves of the number, or the pair, and which of the two forms it is.
    func placeInLocks() throws(PostgresError) -> (classID: Int64, objectID: Int64, kind: Int16) {
        switch form {
        case .number(let number): Self.halves(number)
        case .pair(let first, let second): (Int64(UInt32(bitPattern: first)), Int64(UInt32(bitPattern: second)), 2)
        case .name(let name): Self.halves(try Self.number(of: name))
        }
    }

    private static func halves(_ number: Int64) -> (Int64, Int64, Int16) {
        let bits = UInt64(bitPattern: number)
        return (Int64(bits >> 32), Int64(bits & 0xFFFF_FFFF), 1)
    }

    static func number(of name: String) throws(PostgresError) -> Int64 {
        do {
            let digest = try SHA256.hash(Array(name.utf8))
            return Int64(bitPattern: digest.prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
        } catch {
            throw PostgresError(.invalidUse, "no digest of the lock's name could be made: \(error)")
        }
    }
}

extension PostgresAdvisoryLockKey: ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral {
    public init(stringLiteral name: String) { self.init(name) }
    public init(integerLiteral number: Int64) { self.init(number) }
}

extension PostgresAdvisoryLockKey: CustomStringConvertible {
    public var description: String {
        switch form {
        case .number(let number): "\(number)"
        case .pair(let first, let second): "(\(first), \(second))"
        case .name(let name): "\"\(name)\""
        }
    }
}
