/// A random number generator whose sequence its seed decides: the same demo everywhere, every time.
///
/// SplitMix64: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
struct DemoRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number of the range, near enough evenly; the standard library's own way may change between releases.
    mutating func integer(_ range: ClosedRange<Int>) -> Int {
        let span = UInt64(range.upperBound - range.lowerBound) + 1
        return range.lowerBound + Int(next() % span)
    }

    /// One of the elements.
    mutating func pick<T>(_ elements: [T]) -> T { elements[integer(0...(elements.count - 1))] }

    /// True `percent` times in a hundred.
    mutating func chance(_ percent: Int) -> Bool { integer(0...99) < percent }

    /// `count` bytes.
    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next() >> 32) } }

    /// `count` hexadecimal digits in lower case.
    mutating func hex(_ count: Int) -> String {
        var text = ""
        while text.utf8.count < count {
            let digits = String(next(), radix: 16)
            text += String(repeating: "0", count: 16 - digits.utf8.count) + digits
        }
        return String(text.prefix(count))
    }

    /// A random UUID (version 4) as text in lower case.
    mutating func uuid() -> String {
        let digits = hex(32)
        let parts = [(0, 8), (8, 4), (12, 4), (16, 4), (20, 12)].map { start, count in
            String(digits.dropFirst(start).prefix(count))
        }
        return "\(parts[0])-\(parts[1])-4\(parts[2].dropFirst())-a\(parts[3].dropFirst())-\(parts[4])"
    }
}
