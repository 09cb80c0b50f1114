import PostgresLocks

/// What the sessions of one pool tell each other of their statements, in one word that is cheap to look at.
///
/// A table that changed is known to the session that met the stale plan first; the others parse again before they run
/// into it, inside a transaction perhaps. A pooler between us and the server concerns all of them as well.
final class StatementNews: Sendable {
    /// The lowest bit: statements have no names. The others count how often statements have become stale.
    private let word = Atomic<UInt64>(0)

    var current: UInt64 { word.load(ordering: .acquiring) }

    static func isUnnamed(_ word: UInt64) -> Bool { word & 1 == 1 }

    /// Statements are stale for whoever last saw `seen`. One change of a table meets many sessions: the first counts.
    func becameStale(since seen: UInt64) {
        _ = word.compareExchange(expected: seen, desired: seen &+ 2, ordering: .acquiringAndReleasing)
    }

    /// Statements have no names from now on; false when that was so already.
    func dropNames() -> Bool {
        word.bitwiseOr(1, ordering: .acquiringAndReleasing).oldValue & 1 == 0
    }
}
