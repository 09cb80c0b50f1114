import Synchronization

/// Every type that this process has heard of, once each.
///
/// Types are few and stay: nothing is ever removed, so that what points into the table needs no counting. It is written
/// without a lock, which this module has none of: a list for each hash, to whose front entries are put by one exchange.
struct TypeTable: ~Copyable, @unchecked Sendable {
    // Unchecked: the pointer is written once, what it points to are atomics.

    static let shared = TypeTable()

    /// An entry of a list.
    private final class Node: Sendable {
        let key: String
        let info: PostgresTypeInfo
        let next: Unmanaged<Node>?

        init(key: String, info: PostgresTypeInfo, next: Unmanaged<Node>?) {
            self.key = key
            self.info = info
            self.next = next
        }
    }

    private static let listCount = 256
    /// A process that makes types without end, for temporary tables say, does not fill its memory with them: the
    /// following ones are used without being known.
    private static let limit = 100_000

    private let heads: UnsafeMutablePointer<Atomic<Unmanaged<Node>?>>
    private let count = Atomic<Int>(0)

    private init() {
        heads = .allocate(capacity: TypeTable.listCount)
        for index in 0..<TypeTable.listCount { (heads + index).initialize(to: Atomic(nil)) }
    }

    /// The entry with that key, made now where there is none; nil when the table is full.
    func find(_ key: String, make: () -> PostgresTypeInfo) -> PostgresTypeInfo? {
        let list = heads + Int(truncatingIfNeeded: UInt(bitPattern: key.hashValue) % UInt(TypeTable.listCount))
        var first = list.pointee.load(ordering: .acquiring)
        if let info = TypeTable.search(key, from: first, to: nil) { return info }
        guard count.load(ordering: .relaxed) < TypeTable.limit else { return nil }
        let info = make()
        while true {
            let node = Unmanaged.passRetained(Node(key: key, info: info, next: first))
            let (exchanged, newFirst) = list.pointee.compareExchange(
                expected: first, desired: node, ordering: .acquiringAndReleasing)
            if exchanged {
                count.add(1, ordering: .relaxed)
                return info
            }
            node.release()
            // Somebody else put entries before ours: they may be the same.
            if let info = TypeTable.search(key, from: newFirst, to: first) { return info }
            first = newFirst
        }
    }

    private static func search(
        _ key: String, from first: Unmanaged<Node>?, to end: Unmanaged<Node>?
    ) -> PostgresTypeInfo? {
        var next = first
        while let node = next, node.toOpaque() != end?.toOpaque() {
            let entry = node.takeUnretainedValue()
            if entry.key == key { return entry.info }
            next = entry.next
        }
        return nil
    }
}
