/// Random numbers that a seed brings back: Steele, Lea and Flood's SplitMix64.
struct Randomness: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// The numbers of `stream` among those of `seed`.
    init(seed: UInt64, stream: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 ^ stream &* 0xD1B5_4A32_D192_ED03 }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    /// One of these, each as often as its weight says.
    mutating func choose<T>(_ weighted: [(T, Int)]) -> T {
        var number = Int.random(in: 0..<weighted.reduce(0) { $0 + $1.1 }, using: &self)
        for (value, weight) in weighted {
            if number < weight { return value }
            number -= weight
        }
        return weighted[0].0
    }

    /// Small numbers as often as large ones: each power of two has the same chance.
    mutating func size(upTo limit: Int) -> Int {
        let bits = Int.random(in: 0...(Int.bitWidth - limit.leadingZeroBitCount), using: &self)
        return min(limit, Int.random(in: 0...(1 << bits), using: &self))
    }
}
