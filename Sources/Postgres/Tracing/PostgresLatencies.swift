/// How long operations took: a histogram whose percentiles are within a sixteenth of the truth.
public struct PostgresLatencies: Sendable, Hashable {
    /// Buckets for each doubling.
    private static let steps = 16
    /// From a microsecond to an hour and more.
    private static let doublings = 32

    /// The bounds that ``PostgresPool/metricsText()`` shows, in seconds.
    static let bounds: [(text: String, microseconds: Int64)] = [
        ("0.0001", 100), ("0.00025", 250), ("0.0005", 500), ("0.001", 1000), ("0.0025", 2500), ("0.005", 5000),
        ("0.01", 10_000), ("0.025", 25_000), ("0.05", 50_000), ("0.1", 100_000), ("0.25", 250_000), ("0.5", 500_000),
        ("1.0", 1_000_000), ("2.5", 2_500_000), ("5.0", 5_000_000), ("10.0", 10_000_000),
    ]

    private var buckets: [UInt64] = []
    /// How many were no longer than each of the bounds and longer than the one before; the last is for the rest.
    private(set) var counts = [UInt64](repeating: 0, count: PostgresLatencies.bounds.count + 1)
    /// How many there were.
    public private(set) var count: UInt64 = 0
    /// What they took together.
    public private(set) var total = Duration.zero
    /// What the longest took.
    public private(set) var longest = Duration.zero

    /// None yet.
    public init() {}

    /// Counts one.
    public mutating func record(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        let microseconds = max(0, seconds * 1_000_000 + (attoseconds + 999_999_999_999) / 1_000_000_000_000)
        if buckets.isEmpty { buckets = [UInt64](repeating: 0, count: Self.steps * Self.doublings) }
        buckets[Self.bucket(of: microseconds)] += 1
        counts[Self.bounds.firstIndex { microseconds <= $0.microseconds } ?? Self.bounds.count] += 1
        count += 1
        total += duration
        longest = max(longest, duration)
    }

    /// The time that a part of them, 0.99 say, did not exceed; nil where there were none.
    public func percentile(_ part: Double) -> Duration? {
        guard count > 0 else { return nil }
        let wanted = max(1, UInt64((min(max(part, 0), 1) * Double(count)).rounded(.up)))
        var seen: UInt64 = 0
        for (index, number) in buckets.enumerated() {
            seen += number
            // The last bucket has no end.
            if seen >= wanted, index < buckets.count - 1 {
                return min(.microseconds(Self.upperBound(of: index)), longest)
            }
        }
        return longest
    }

    /// Below 16 each microsecond has its own; above, each doubling has 16.
    private static func bucket(of microseconds: Int64) -> Int {
        guard microseconds >= Int64(steps) else { return Int(microseconds) }
        let doubling = 63 - microseconds.leadingZeroBitCount - 4
        let step = Int(microseconds >> Int64(doubling)) - steps
        return min((doubling + 1) * steps + step, steps * doublings - 1)
    }

    private static func upperBound(of bucket: Int) -> Int64 {
        guard bucket >= steps else { return Int64(bucket) }
        let (doubling, step) = (bucket / steps - 1, bucket % steps)
        return (Int64(steps + step + 1) << Int64(doubling)) - 1
    }
}
