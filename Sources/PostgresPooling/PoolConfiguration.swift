/// How large a pool may grow and how long its connections live. Durations are nanoseconds, `Int64.max` is "for ever".
package struct PoolConfiguration: Sendable, Hashable {
    /// Connections at the same time, those being opened and closed included; at least 1.
    package private(set) var maximum: Int
    /// Connections to keep open even when nobody needs them.
    package private(set) var minimum: Int
    /// How many of those who agree to it may use one connection at a time; 1 is nobody beside another.
    package let sharing: Int
    /// Connections are spread over so many places: slot 0 is at place 0, slot 1 at place 1, and so on round.
    package let places: Int
    /// An idle connection beyond the minimum is closed after this.
    package let idleTimeout: Int64
    /// A connection is closed after this, once nobody uses it.
    package let maximumLifetime: Int64
    /// The part of the lifetime, from 0 to 1, that is cut off at random.
    package let lifetimeJitter: Double
    /// The pause after the first failed attempt to connect; it doubles with every further one.
    package let initialBackoff: Int64
    /// The longest pause between attempts.
    package let maximumBackoff: Int64
    /// How long attempts have to fail, once there had been a connection, before nobody is kept waiting for one any more.
    package let unavailableAfter: Int64
    /// The same for a pool that has never had a connection: its server may still be starting.
    package let unavailableAfterStart: Int64
    /// Where the random numbers begin: anything for a real pool, a constant for a test.
    package let seed: UInt64

    /// Values out of range are brought into it.
    package init(
        maximum: Int, minimum: Int = 0, sharing: Int = 1, places: Int = 1, idleTimeout: Int64 = .max,
        maximumLifetime: Int64 = .max, lifetimeJitter: Double = 0.1, initialBackoff: Int64 = 100_000_000,
        maximumBackoff: Int64 = 1_000_000_000, unavailableAfter: Int64 = .max, unavailableAfterStart: Int64 = .max,
        seed: UInt64
    ) {
        self.maximum = 1
        self.minimum = 0
        self.sharing = Swift.max(sharing, 1)
        self.places = Swift.max(places, 1)
        self.idleTimeout = Swift.max(idleTimeout, 0)
        self.maximumLifetime = Swift.max(maximumLifetime, 0)
        // Written so that NaN becomes 0.
        self.lifetimeJitter = lifetimeJitter > 0 ? Swift.min(lifetimeJitter, 1) : 0
        self.initialBackoff = Swift.max(initialBackoff, 0)
        self.maximumBackoff = Swift.max(maximumBackoff, 0)
        self.unavailableAfter = Swift.max(unavailableAfter, 0)
        self.unavailableAfterStart = Swift.max(unavailableAfterStart, 0)
        self.seed = seed
        setSize(maximum: maximum, minimum: minimum)
    }

    /// A maximum of one at least, a minimum that is no larger.
    mutating func setSize(maximum: Int, minimum: Int) {
        self.maximum = Swift.max(maximum, 1)
        self.minimum = Swift.min(Swift.max(minimum, 0), self.maximum)
    }
}

/// A small generator for jitter (Steele, Lea and Flood's SplitMix64). Not for secrets.
struct SplitMix64: Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// From 0 up to, but not including, 1.
    mutating func nextFraction() -> Double { Double(next() >> 11) * 0x1p-53 }
}
