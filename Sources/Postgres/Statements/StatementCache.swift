import PostgresWire

/// The statements of one session, by their text. The least recently used one makes room.
struct StatementCache {
    private struct Entry {
        let statement: PreparedStatement
        var lastUse: UInt64
    }

    private var entries: [ExactText: Entry] = [:]
    /// The one found last, which is the most recently used: most statements repeat the one before.
    private var last: PreparedStatement?
    private var uses: UInt64 = 0
    private var names: UInt64 = 0
    /// Of this session alone, whatever server a pooler may give it: two clients that used one name there would run each
    /// other's statements.
    private let prefix = "egret_" + String(UInt64.random(in: .min ... .max), radix: 36) + "_"
    /// How many statements the server keeps for us at most.
    let capacity: Int

    /// Nothing is kept on the server; the entries are types alone.
    var isUnnamed: Bool
    /// The news as of when the entries were last known to be good.
    var seen: UInt64 = 0
    /// The server did not know a statement of ours, and nothing that we sent explains it.
    var suspectsPooler = false
    /// Something stands between us and the server. Whether it keeps track of names, an error would show, which outside a
    /// transaction is made good and inside would cost it.
    var distrustsNames = false
    /// Names stand for other tables until the transaction ends, or for good: which, its end tells.
    var hasChangedNames = false

    init(capacity: Int, isUnnamed: Bool = false) {
        self.capacity = max(1, capacity)
        self.isUnnamed = isUnnamed
    }

    /// The server has been given names to keep.
    var hasNames: Bool { !isUnnamed && !entries.isEmpty }

    /// A name that this session has not used before; none where nothing is kept.
    mutating func nextName() -> String {
        if isUnnamed { return "" }
        names += 1
        return "\(prefix)\(names)"
    }

    mutating func find(_ sql: String) -> PreparedStatement? {
        if let last, ExactText.areSame(last.sql, sql) { return last }
        guard let index = entries.index(forKey: ExactText(sql)) else { return nil }
        uses += 1
        entries.values[index].lastUse = uses
        last = entries.values[index].statement
        return last
    }

    /// Keeps a statement; the ones it displaces are to be closed on the server.
    mutating func insert(_ statement: PreparedStatement) -> [PreparedStatement] {
        var displaced: [PreparedStatement] = []
        last = nil
        uses += 1
        if let old = entries.updateValue(Entry(statement: statement, lastUse: uses), forKey: ExactText(statement.sql)) {
            displaced.append(old.statement)
        }
        while entries.count > capacity, let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse }) {
            entries[oldest.key] = nil
            displaced.append(oldest.value.statement)
        }
        return displaced.filter { !$0.isUnnamed }
    }

    /// Forgets a statement that the server no longer knows or takes.
    mutating func remove(_ statement: PreparedStatement) {
        let key = ExactText(statement.sql)
        if entries[key]?.statement === statement { entries[key] = nil }
        last = nil
    }

    /// Forgets all; those that the server knows by name are to be closed there.
    mutating func removeAll() -> [PreparedStatement] {
        defer {
            entries = [:]
            last = nil
        }
        return entries.values.map(\.statement).filter { !$0.isUnnamed }
    }
}
