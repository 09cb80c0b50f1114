/// An input, read from left to right: first bytes that choose, then what is parsed. What is not there is zero.
struct FuzzInput {
    private(set) var rest: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) { rest = bytes }

    var isEmpty: Bool { rest.isEmpty }

    mutating func byte() -> UInt8 {
        guard let first = rest.first else { return 0 }
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst())
        return first
    }

    mutating func uint32() -> UInt32 {
        (0..<4).reduce(0) { value, _ in value << 8 | UInt32(byte()) }
    }

    /// One of several things.
    mutating func choice<T>(of things: [T]) -> T { things[Int(byte()) % things.count] }

    /// The next bytes, at most so many.
    mutating func bytes(_ count: Int) -> UnsafeRawBufferPointer {
        defer { rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count)) }
        return UnsafeRawBufferPointer(rebasing: rest.prefix(count))
    }

    /// A piece with its length, of one byte, before it.
    mutating func piece() -> UnsafeRawBufferPointer { bytes(Int(byte())) }

    /// Everything up to the byte, which is passed over.
    mutating func line(endingIn end: UInt8 = UInt8(ascii: "\n")) -> UnsafeRawBufferPointer {
        let line = bytes(rest.firstIndex(of: end) ?? rest.count)
        _ = byte()
        return line
    }

    /// What is left, as text. What is no UTF-8 becomes U+FFFD.
    var text: String { String(decoding: rest, as: UTF8.self) }
}

/// Ends the process, and with it the run, when something does not hold. The fuzzer keeps the input.
@inline(never)
func check(_ holds: Bool, _ what: @autoclosure () -> String) {
    if !holds { fatalError("does not hold: \(what())") }
}

/// What `body` gives; an error there ends the process.
func must<R, E: Error>(_ what: String, _ body: () throws(E) -> R) -> R {
    do { return try body() } catch { fatalError("does not hold: \(what): \(error)") }
}
