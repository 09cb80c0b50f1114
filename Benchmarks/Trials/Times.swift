/// How long many things took.
struct Times: Sendable {
    private var nanoseconds: [Int64]

    init(_ nanoseconds: [Int64]) { self.nanoseconds = nanoseconds.sorted() }

    var count: Int { nanoseconds.count }

    /// Milliseconds that `part` of all, from 0 to 1, took at most.
    func percentile(_ part: Double) -> Double {
        guard !nanoseconds.isEmpty else { return 0 }
        let place = Int((Double(nanoseconds.count) * part).rounded(.up)) - 1
        return Double(nanoseconds[min(max(place, 0), nanoseconds.count - 1)]) / 1e6
    }

    /// Fields of a JSON object.
    var fields: [String] {
        [(0.5, "p50"), (0.99, "p99"), (1, "max")].map { "\"\($1)_ms\":\(percentile($0).thousandths)" }
    }

    /// Nanoseconds since `start`.
    static func since(_ start: ContinuousClock.Instant) -> Int64 {
        let (seconds, attoseconds) = start.duration(to: .now).components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}

extension Double {
    /// To three digits behind the point.
    var thousandths: Double { (self * 1000).rounded() / 1000 }
}
