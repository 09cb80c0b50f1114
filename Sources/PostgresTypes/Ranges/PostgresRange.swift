public import PostgresWire

/// A range of values as PostgreSQL has them: empty, or between two bounds that are each in, out, or not there.
///
///     let shift = try PostgresRange(lower: .inclusive(start), upper: .exclusive(end))
///     let open: PostgresRange = PostgresRange(18...)
///     shift.contains(moment)
///
/// The server writes ranges of integers and days with the lower bound in and the upper one out: `[1,5]` is read back as
/// `[1,6)`. ``canonical`` does the same here. Equality compares what is written, not what is meant.
public struct PostgresRange<Bound: PostgresRangeBound>: Hashable, Sendable {
    /// Where a range begins or ends.
    public enum Limit: Hashable, Sendable {
        /// The bound belongs to the range.
        case inclusive(Bound)
        /// The bound does not belong to the range.
        case exclusive(Bound)
        /// There is no bound. Not the same as a bound that is infinity.
        case unbounded

        /// The value, where there is one.
        public var value: Bound? {
            switch self {
            case .inclusive(let value), .exclusive(let value): value
            case .unbounded: nil
            }
        }
    }

    /// Where it begins; nil when it is empty.
    public let lower: Limit?
    /// Where it ends; nil when it is empty.
    public let upper: Limit?

    private init(empty: Void) {
        lower = nil
        upper = nil
    }

    /// The range without a value in it.
    public static var empty: PostgresRange { PostgresRange(empty: ()) }
    /// All values.
    public static var unbounded: PostgresRange { PostgresRange(ordered: .unbounded, .unbounded) }

    /// A range between two bounds. Where both are one value and not both are in, it is empty.
    ///
    /// - Throws: `invalidUse` when the lower bound is greater than the upper one.
    public init(lower: Limit, upper: Limit) throws(PostgresError) {
        if let first = lower.value, let last = upper.value, first > last {
            throw PostgresError(.invalidUse, "a range's lower bound is greater than its upper bound")
        }
        self.init(ordered: lower, upper)
    }

    /// For bounds in order.
    init(ordered lower: Limit, _ upper: Limit) {
        var isEmpty = false
        if let first = lower.value, let last = upper.value, first == last {
            isEmpty = lower != .inclusive(first) || upper != .inclusive(last)
        }
        self.lower = isEmpty ? nil : lower
        self.upper = isEmpty ? nil : upper
    }

    /// True when no value is in it. A range of integers that lies between two neighbours, `(1,2)`, is empty for the
    /// server but not here: see ``canonical``.
    public var isEmpty: Bool { lower == nil }

    /// True when the value is in the range.
    public func contains(_ value: Bound) -> Bool {
        guard let lower, let upper else { return false }
        let isAfterStart =
            switch lower {
            case .inclusive(let first): value >= first
            case .exclusive(let first): value > first
            case .unbounded: true
            }
        guard isAfterStart else { return false }
        return switch upper {
        case .inclusive(let last): value <= last
        case .exclusive(let last): value < last
        case .unbounded: true
        }
    }
}

extension PostgresRange {
    public init(_ range: Range<Bound>) {
        self.init(ordered: .inclusive(range.lowerBound), .exclusive(range.upperBound))
    }

    public init(_ range: ClosedRange<Bound>) {
        self.init(ordered: .inclusive(range.lowerBound), .inclusive(range.upperBound))
    }

    public init(_ range: PartialRangeFrom<Bound>) { self.init(ordered: .inclusive(range.lowerBound), .unbounded) }

    public init(_ range: PartialRangeUpTo<Bound>) { self.init(ordered: .unbounded, .exclusive(range.upperBound)) }

    public init(_ range: PartialRangeThrough<Bound>) { self.init(ordered: .unbounded, .inclusive(range.upperBound)) }
}

extension PostgresRange where Bound: PostgresDiscreteRangeBound {
    /// The range as the server writes it: the lower bound in, the upper one out. Nil where that bound would be out of
    /// range, which the server refuses too.
    public var canonical: PostgresRange? {
        guard let lower, let upper else { return self }
        var first = lower
        var last = upper
        if case .exclusive(let value) = lower {
            guard let next = value.nextRangeBound else { return nil }
            first = .inclusive(next)
        }
        if case .inclusive(let value) = upper {
            guard let next = value.nextRangeBound else { return nil }
            // Infinity has no next value: the bound stays in.
            last = next == value ? .inclusive(value) : .exclusive(next)
        }
        if let start = first.value, let end = last.value, start > end { return .empty }
        return PostgresRange(ordered: first, last)
    }
}

extension Range where Bound: PostgresRangeBound {
    /// The same values as a Swift range; nil where the range is empty, not bounded, or has other bounds in and out than
    /// `lower..<upper`.
    public init?(_ range: PostgresRange<Bound>) {
        guard case .inclusive(let lower)? = range.lower, case .exclusive(let upper)? = range.upper,
            lower <= upper
        else { return nil }
        self = lower..<upper
    }
}

extension ClosedRange where Bound: PostgresRangeBound {
    /// The same values as a Swift range; nil where the range is empty, not bounded, or has other bounds in and out than
    /// `lower...upper`. What the server sends of integers and days never has.
    public init?(_ range: PostgresRange<Bound>) {
        guard case .inclusive(let lower)? = range.lower, case .inclusive(let upper)? = range.upper,
            lower <= upper
        else { return nil }
        self = lower...upper
    }
}
