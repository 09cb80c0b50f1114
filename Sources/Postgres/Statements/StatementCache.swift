/// The statements of one session, by their text. The least recently used one makes room.
struct StatementCache {
    private struct Entry {
        let statement: PreparedStatement
        var lastUse: UInt64
    }

    private var entries: [String: Entry] = [:]
    private var uses: UInt64 = 0
    private var names: UInt64 = 0
    /// How many statements the server keeps for us at most.
    let capacity: Int

    init(capacity: Int) { self.capacity = max(1, capacity) }

    /// A name that this session has not used before.
    mutating func nextName() -> String {
        names += 1
        return "egret_\(names)"
    }

    mutating func find(_ sql: String) -> PreparedStatement? {
        guard let index = entries.index(forKey: sql) else { return nil }
        uses += 1
        entries.values[index].lastUse = uses
        return entries.values[index].statement
    }

    /// Keeps a statement; the ones it displaces are to be closed on the server.
    mutating func insert(_ statement: PreparedStatement) -> [PreparedStatement] {
        var displaced: [PreparedStatement] = []
        uses += 1
        if let old = entries.updateValue(Entry(statement: statement, lastUse: uses), forKey: statement.sql) {
            displaced.append(old.statement)
        }
        while entries.count > capacity, let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse }) {
            entries[oldest.key] = nil
            displaced.append(oldest.value.statement)
        }
        return displaced
    }

    /// Forgets a statement that the server no longer knows or takes.
    mutating func remove(_ statement: PreparedStatement) {
        if entries[statement.sql]?.statement === statement { entries[statement.sql] = nil }
    }
}
