/// Some columns of a table, by their position in the schema, in the schema's order.
@usableFromInline
struct ColumnSet: Sendable, Equatable {
    /// One bit per column, the first 64 in the first word.
    private var words: [UInt64] = []

    init() {}

    /// The columns that `include` says yes to.
    init(_ columns: [ColumnDefinition], where include: (ColumnDefinition) -> Bool) {
        for (index, column) in columns.enumerated() where include(column) { insert(index) }
    }

    mutating func insert(_ index: Int) {
        let word = index >> 6
        while words.count <= word { words.append(0) }
        words[word] |= 1 << UInt64(index & 63)
    }

    var isEmpty: Bool { words.allSatisfy { $0 == 0 } }

    var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

    func subtracting(_ other: ColumnSet) -> ColumnSet {
        var result = self
        for word in 0..<Swift.min(words.count, other.words.count) { result.words[word] &= ~other.words[word] }
        return result
    }

    func intersection(_ other: ColumnSet) -> ColumnSet {
        var result = self
        for word in words.indices { result.words[word] &= word < other.words.count ? other.words[word] : 0 }
        return result
    }

    func filter(_ include: (Int) -> Bool) -> ColumnSet {
        var result = ColumnSet()
        for index in self where include(index) { result.insert(index) }
        return result
    }
}

extension ColumnSet: Sequence {
    @usableFromInline
    struct Iterator: IteratorProtocol {
        private let words: [UInt64]
        private var index = 0
        private var rest: UInt64

        init(_ words: [UInt64]) {
            self.words = words
            rest = words.first ?? 0
        }

        @usableFromInline
        mutating func next() -> Int? {
            while rest == 0 {
                index += 1
                guard index < words.count else { return nil }
                rest = words[index]
            }
            let bit = rest.trailingZeroBitCount
            rest &= rest - 1
            return (index << 6) + bit
        }
    }

    @usableFromInline
    func makeIterator() -> Iterator { Iterator(words) }
}
