import PostgresWire

/// A JSON object: keys in the order they came, each once. Keys are the same when their bytes are, as for the
/// server: `"\u{E9}"` and `"e\u{301}"` are two.
///
/// Equality and hashing do not look at the order.
public struct JSONObject: Sendable {
    /// One key and its value.
    public struct Member: Sendable {
        /// The key, without quotes and escapes.
        public var key: String
        /// What stands under the key.
        public var value: JSONValue

        /// One key and its value.
        public init(key: String, value: JSONValue) {
            self.key = key
            self.value = value
        }
    }

    /// The members in their order.
    public private(set) var members: [Member] = []
    /// Where each key stands; built once an object is too large to be searched from end to end.
    private var positions: [ExactText: Int]?

    /// Searching this many keys one by one is faster than hashing one.
    private static let indexedFrom = 12

    /// An object without members.
    public init() {}

    /// How many members there are.
    public var count: Int { members.count }
    /// True when there are none.
    public var isEmpty: Bool { members.isEmpty }
    /// The keys in their order.
    public var keys: [String] { members.map(\.key) }

    private func position(of key: String) -> Int? {
        if let positions { return positions[ExactText(key)] }
        return members.firstIndex { ExactText.areSame($0.key, key) }
    }

    /// The value under a key. A new key goes to the end, nil removes one.
    public subscript(key: String) -> JSONValue? {
        get { position(of: key).map { members[$0].value } }
        set {
            guard let newValue else {
                remove(key)
                return
            }
            if let position = position(of: key) {
                members[position].value = newValue
            } else {
                append(key, newValue)
            }
        }
    }

    /// Adds a member unless the key is there already. Returns false then, and leaves the object as it was.
    public mutating func insert(_ key: String, _ value: JSONValue) -> Bool {
        guard position(of: key) == nil else { return false }
        append(key, value)
        return true
    }

    private mutating func append(_ key: String, _ value: JSONValue) {
        members.append(Member(key: key, value: value))
        if positions != nil {
            positions?[ExactText(key)] = members.count - 1
        } else if members.count >= Self.indexedFrom {
            positions = Dictionary(uniqueKeysWithValues: members.enumerated().map { (ExactText($1.key), $0) })
        }
    }

    private mutating func remove(_ key: String) {
        guard let position = position(of: key) else { return }
        members.remove(at: position)
        if positions != nil {
            positions = Dictionary(uniqueKeysWithValues: members.enumerated().map { (ExactText($1.key), $0) })
        }
    }
}

extension JSONObject: Hashable {
    public static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.count == right.count && left.members.allSatisfy { right[$0.key] == $0.value }
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(count)
        // Order must not count: each member is hashed alone and the results are added.
        var sum = 0
        for member in members {
            var one = Hasher()
            one.combine(member.key)
            one.combine(member.value)
            sum &+= one.finalize()
        }
        hasher.combine(sum)
    }
}

extension JSONObject: Sequence {
    public func makeIterator() -> IndexingIterator<[Member]> { members.makeIterator() }
}
