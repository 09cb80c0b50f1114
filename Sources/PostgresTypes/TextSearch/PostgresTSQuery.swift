/// What text search looks for: `tsquery`, a tree of lexemes under `&`, `|`, `!` and `<->`.
///
///     let query = PostgresTSQuery.lexeme("fat") & (.lexeme("rat", isPrefix: true) | !.lexeme("cat"))
///     query.description                  // 'fat' & ( 'rat':* | !'cat' )
///
/// Words are taken as lexemes, as they stand. To have them stemmed, and to read what people type into a search box, send
/// a `String` to `websearch_to_tsquery` or `plainto_tsquery`.
public struct PostgresTSQuery: PostgresTextConvertible {
    /// What stands at one place of the tree.
    public enum Node: Hashable, Sendable {
        /// The document has the lexeme.
        case lexeme(Lexeme)
        /// It does not have what the query looks for.
        case not(PostgresTSQuery)
        /// It has both.
        case and(PostgresTSQuery, PostgresTSQuery)
        /// It has one of the two, or both.
        case or(PostgresTSQuery, PostgresTSQuery)
        /// The second follows the first so many words later; 0 is in the same place.
        case phrase(PostgresTSQuery, PostgresTSQuery, distance: Int)
    }

    /// A lexeme that is looked for.
    public struct Lexeme: Hashable, Sendable {
        public var text: String
        /// True when every lexeme that begins so will do.
        public var isPrefix: Bool
        /// Only where it has one of these weights; empty for anywhere.
        public var weights: Set<PostgresTSVector.Weight>

        public init(_ text: String, isPrefix: Bool = false, weights: Set<PostgresTSVector.Weight> = []) {
            self.text = text
            self.isPrefix = isPrefix
            self.weights = weights
        }
    }

    /// One place of the tree without what is under it.
    enum Item: Hashable, Sendable {
        case lexeme(Lexeme)
        case not
        case and
        case or
        case phrase(distance: UInt16)

        /// How many queries it joins.
        var operandCount: Int {
            switch self {
            case .lexeme: 0
            case .not: 1
            case .and, .or, .phrase: 2
            }
        }

        /// How tightly it binds (`tsearch_op_priority` in the server's source).
        var priority: Int {
            switch self {
            case .or: 1
            case .and: 2
            case .phrase: 3
            case .not: 4
            case .lexeme: 5
            }
        }
    }

    /// The tree as on the wire: an operator, all of its right operand, all of its left one. A list, because a tree of
    /// values as deep as a query of ten thousand words would need as much of the stack.
    let items: [Item]

    /// `items` must be one whole tree, or nothing.
    init(items: [Item]) { self.items = items }

    /// A query that looks for nothing and finds nothing.
    public init() { items = [] }

    /// True when nothing is looked for; the server ignores such a query in its own operators.
    public var isEmpty: Bool { items.isEmpty }

    /// The top of the tree, with the queries under it; nil when the query is empty.
    public var root: Node? {
        guard let first = items.first else { return nil }
        func operands() -> (left: PostgresTSQuery, right: PostgresTSQuery) {
            let middle = end(ofOperandAt: 1)
            return (PostgresTSQuery(items: Array(items[middle...])), PostgresTSQuery(items: Array(items[1..<middle])))
        }
        switch first {
        case .lexeme(let lexeme): return .lexeme(lexeme)
        case .not: return .not(PostgresTSQuery(items: Array(items[1...])))
        case .and:
            let (left, right) = operands()
            return .and(left, right)
        case .or:
            let (left, right) = operands()
            return .or(left, right)
        case .phrase(let distance):
            let (left, right) = operands()
            return .phrase(left, right, distance: Int(distance))
        }
    }

    /// One past the last item of the operand that begins at `start`.
    private func end(ofOperandAt start: Int) -> Int {
        var open = 1
        var index = start
        while open > 0, index < items.count {
            open += items[index].operandCount - 1
            index += 1
        }
        return index
    }
}

extension PostgresTSQuery {
    /// Looks for one lexeme.
    public static func lexeme(
        _ text: String, isPrefix: Bool = false, weights: Set<PostgresTSVector.Weight> = []
    ) -> PostgresTSQuery {
        PostgresTSQuery(items: [.lexeme(Lexeme(text, isPrefix: isPrefix, weights: weights))])
    }

    private static func join(_ item: Item, _ left: PostgresTSQuery, _ right: PostgresTSQuery) -> PostgresTSQuery {
        if left.isEmpty { return right }
        if right.isEmpty { return left }
        return PostgresTSQuery(items: [item] + right.items + left.items)
    }

    /// Both. An empty query on either side leaves the other, as the server's `&&` does.
    public static func & (left: PostgresTSQuery, right: PostgresTSQuery) -> PostgresTSQuery { join(.and, left, right) }
    /// Either. An empty query on either side leaves the other.
    public static func | (left: PostgresTSQuery, right: PostgresTSQuery) -> PostgresTSQuery { join(.or, left, right) }
    /// Everything but. Of an empty query it is an empty one.
    public static prefix func ! (query: PostgresTSQuery) -> PostgresTSQuery {
        query.isEmpty ? query : PostgresTSQuery(items: [.not] + query.items)
    }

    /// This one and, `distance` words later, the other: the server's `<->`. The distance is held to 0 to 16384.
    public func followed(by other: PostgresTSQuery, distance: Int = 1) -> PostgresTSQuery {
        let distance = UInt16(min(max(distance, 0), PostgresTSQuery.maximumDistance))
        return PostgresTSQuery.join(.phrase(distance: distance), self, other)
    }

    /// `MAXENTRYPOS` in the server's source.
    static let maximumDistance = 16384
}
