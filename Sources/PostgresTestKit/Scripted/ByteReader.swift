/// Reads the fields of a message from the left; nil where the bytes end too early.
struct ByteReader {
    private var bytes: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { self.bytes = bytes[...] }

    /// True when everything has been read.
    var isAtEnd: Bool { bytes.isEmpty }

    /// An integer, most significant byte first.
    mutating func integer<I: FixedWidthInteger>(_: I.Type) -> I? {
        guard let field = take(MemoryLayout<I>.size) else { return nil }
        return field.reduce(0) { ($0 &<< 8) | I(truncatingIfNeeded: $1) }
    }

    /// UTF-8 up to a NUL.
    mutating func string() -> String? {
        guard let end = bytes.firstIndex(of: 0) else { return nil }
        let text = String(decoding: bytes[..<end], as: UTF8.self)
        bytes = bytes[(end + 1)...]
        return text
    }

    /// As many elements as the Int16 before them says.
    mutating func array<T>(_ element: (inout ByteReader) -> T?) -> [T]? {
        guard let count = integer(Int16.self), count >= 0 else { return nil }
        var elements: [T] = []
        for _ in 0..<count {
            guard let next = element(&self) else { return nil }
            elements.append(next)
        }
        return elements
    }

    /// The bytes that the Int32 before them counts; the inner nil, which -1 stands for, is NULL.
    mutating func value() -> [UInt8]?? {
        guard let count = integer(Int32.self), count >= -1 else { return .none }
        if count == -1 { return .some(nil) }
        return take(Int(count)).map { .some(Array($0)) }
    }

    /// Everything that is left.
    mutating func rest() -> [UInt8] {
        defer { bytes = [] }
        return Array(bytes)
    }

    private mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard bytes.count >= count else { return nil }
        defer { bytes = bytes.dropFirst(count) }
        return bytes.prefix(count)
    }
}
