/// An exact decimal number: PostgreSQL's `numeric`, with NaN and the infinities.
///
/// Up to 131072 digits before the point and 16383 after it. The scale, which is how many digits are shown after the
/// point, is kept: `1.0` and `1.00` are written differently and are equal, as they are to the server.
///
///     let price = PostgresNumeric("19.90")          // nil for text that is no number
///     let cents = try price?.decimal()              // throws where Decimal cannot hold it
///
/// Order and equality are the server's: NaN equals NaN and is greater than everything else.
public struct PostgresNumeric: Sendable {
    /// What the value is, apart from its digits.
    enum Kind: UInt8, Sendable {
        case negativeInfinity, negative, positive, infinity, notANumber
    }

    /// Most digits that can follow the point (`NUMERIC_DSCALE_MAX` in the server's source).
    public static let maximumScale = 16383
    /// The digits before the point, in groups of four, that a weight can count (an `Int16` on the wire).
    static let maximumWeight = Int(Int16.max)

    // Digits are kept in groups of four, as on the wire: group `i` counts 10000^(weight - i). The first and the last
    // group are never zero, so that equal values have equal groups. Sixteen digits fit into `head`, which spares most
    // numbers an allocation; the rest stand in `tail`.
    let head: UInt64
    let tail: [UInt16]
    let groupCount: Int32
    let weight: Int16
    /// Digits shown after the point; 0 for NaN and the infinities.
    private let storedScale: UInt16
    let kind: Kind

    /// How many digits are shown after the point; 0 for NaN and the infinities.
    public var scale: Int { Int(storedScale) }

    private init(special kind: Kind) {
        head = 0
        tail = []
        groupCount = 0
        weight = 0
        storedScale = 0
        self.kind = kind
    }

    /// Makes a number of its groups. `groups` may begin and end with zeros; those are dropped.
    /// Nil when weight or scale are beyond what PostgreSQL holds, or when `scale` would hide digits.
    init?(isNegative: Bool, groups: some Collection<UInt16>, weight: Int, scale: Int) {
        guard 0...Self.maximumScale ~= scale else { return nil }
        storedScale = UInt16(scale)
        var significant = groups[...]
        var weight = weight
        while significant.first == 0 {
            significant = significant.dropFirst()
            weight -= 1
        }
        var count = 0
        var used = 0
        for group in significant {
            count += 1
            if group != 0 { used = count }
        }
        guard used > 0 else {
            head = 0
            tail = []
            groupCount = 0
            self.weight = 0
            kind = .positive
            return
        }
        guard let weight = Int16(exactly: weight), let groupCount = Int32(exactly: used) else { return nil }
        var head: UInt64 = 0
        var tail: [UInt16] = []
        if used > 4 { tail.reserveCapacity(used - 4) }
        var last: UInt16 = 0
        for (index, group) in significant.prefix(used).enumerated() {
            if index < 4 { head |= UInt64(group) << UInt64(48 - 16 * index) } else { tail.append(group) }
            last = group
        }
        let visible = PostgresNumeric.digits(after: Int(weight), groupCount: used, last: last)
        guard visible <= scale else { return nil }
        self.head = head
        self.tail = tail
        self.groupCount = groupCount
        self.weight = weight
        kind = isNegative ? .negative : .positive
    }

    /// How many digits after the point are needed to show every digit of groups that end in `last`.
    private static func digits(after weight: Int, groupCount: Int, last: UInt16) -> Int {
        let ofGroups = 4 * (groupCount - 1 - weight)
        guard ofGroups > 0 else { return 0 }
        return ofGroups - (last % 10 != 0 ? 0 : last % 100 != 0 ? 1 : last % 1000 != 0 ? 2 : 3)
    }

    /// The group that counts 10000^(weight - index).
    subscript(group index: Int) -> UInt16 {
        index < 4 ? UInt16(truncatingIfNeeded: head >> UInt64(48 - 16 * index)) : tail[index - 4]
    }

    /// The group that counts 10000^position; zero where there is none.
    func group(at position: Int) -> UInt16 {
        let index = Int(weight) - position
        return 0..<Int(groupCount) ~= index ? self[group: index] : 0
    }
}

extension PostgresNumeric {
    /// No number; equal to itself and greater than every number, as the server has it.
    public static let nan = PostgresNumeric(special: .notANumber)
    /// Greater than every number (PostgreSQL 14 and later).
    public static let infinity = PostgresNumeric(special: .infinity)
    /// Less than every number (PostgreSQL 14 and later).
    public static let negativeInfinity = PostgresNumeric(special: .negativeInfinity)

    /// True for NaN.
    public var isNaN: Bool { kind == .notANumber }
    /// Neither NaN nor an infinity.
    public var isFinite: Bool { kind == .positive || kind == .negative }
    /// True below zero, of -infinity too.
    public var isNegative: Bool { kind == .negative || kind == .negativeInfinity }
    /// True for zero, whatever its scale.
    public var isZero: Bool { kind == .positive && groupCount == 0 }
    /// True when no digit after the point differs from zero.
    public var isInteger: Bool { isFinite && Int(groupCount) - 1 <= Int(weight) }

    /// The value with the sign turned around.
    public static prefix func - (value: PostgresNumeric) -> PostgresNumeric {
        switch value.kind {
        case .notANumber: return .nan
        case .infinity: return .negativeInfinity
        case .negativeInfinity: return .infinity
        case .positive where value.groupCount == 0: return value
        case .positive: return PostgresNumeric(value, kind: .negative)
        case .negative: return PostgresNumeric(value, kind: .positive)
        }
    }

    private init(_ value: PostgresNumeric, kind: Kind) {
        head = value.head
        tail = value.tail
        groupCount = value.groupCount
        weight = value.weight
        storedScale = value.storedScale
        self.kind = kind
    }
}

extension PostgresNumeric: Hashable, Comparable {
    /// Equal in value; the scale does not count. NaN equals NaN.
    public static func == (left: PostgresNumeric, right: PostgresNumeric) -> Bool {
        left.kind == right.kind && left.weight == right.weight && left.head == right.head && left.tail == right.tail
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(kind)
        hasher.combine(weight)
        hasher.combine(head)
        hasher.combine(tail)
    }

    /// The server's order: -infinity, numbers, infinity, NaN.
    public static func < (left: PostgresNumeric, right: PostgresNumeric) -> Bool {
        guard left.kind == right.kind else { return left.kind.rawValue < right.kind.rawValue }
        switch left.kind {
        case .positive: return left.isSmallerInMagnitude(than: right)
        case .negative: return right.isSmallerInMagnitude(than: left)
        case .infinity, .negativeInfinity, .notANumber: return false
        }
    }

    private func isSmallerInMagnitude(than other: PostgresNumeric) -> Bool {
        guard groupCount > 0, other.groupCount > 0 else { return groupCount < other.groupCount }
        if weight != other.weight { return weight < other.weight }
        if head != other.head { return head < other.head }
        return tail.lexicographicallyPrecedes(other.tail)
    }
}
