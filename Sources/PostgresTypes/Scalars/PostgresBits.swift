public import PostgresWire

/// A row of bits: `bit(n)` and `varbit`.
///
///     var flags: PostgresBits = [true, false, true]
///     flags[1] = true
///     PostgresBits("0101")               // nil for text with anything but 0 and 1
///
/// Written as `bit(n)` it must have exactly `n` bits, or the server refuses it; as `varbit(n)` at most `n`.
public struct PostgresBits: PostgresTextConvertible {
    /// Eight bits to a byte, the first in the highest place; the places after the last are 0.
    public private(set) var bytes: [UInt8]
    /// How many bits there are.
    public let count: Int

    /// All the same.
    public init(repeating bit: Bool, count: Int) {
        self.init((0..<Swift.max(0, count)).lazy.map { _ in bit })
    }

    public init(_ bits: some Sequence<Bool>) {
        bytes = []
        var count = 0
        for bit in bits {
            if count % 8 == 0 { bytes.append(0) }
            if bit { bytes[count / 8] |= 0x80 >> UInt8(count % 8) }
            count += 1
        }
        self.count = count
    }

    /// The lowest `width` bits of an integer, the highest of them first.
    public init(_ value: some FixedWidthInteger, width: Int) {
        self.init((0..<Swift.max(0, width)).lazy.map { value >> (Swift.max(0, width) - 1 - $0) & 1 == 1 })
    }

    /// Reads zeros and ones.
    public init?(_ description: String) {
        guard description.utf8.allSatisfy({ $0 == UInt8(ascii: "0") || $0 == UInt8(ascii: "1") }) else { return nil }
        self.init(description.utf8.lazy.map { $0 == UInt8(ascii: "1") })
    }

    /// Zeros and ones.
    public var description: String {
        String(decoding: lazy.map { $0 ? UInt8(ascii: "1") : UInt8(ascii: "0") }, as: UTF8.self)
    }
}

extension PostgresBits: RandomAccessCollection, MutableCollection, ExpressibleByArrayLiteral {
    public init(arrayLiteral elements: Bool...) { self.init(elements) }

    public var startIndex: Int { 0 }
    public var endIndex: Int { count }

    public subscript(position: Int) -> Bool {
        get {
            precondition(indices.contains(position))
            return bytes[position / 8] & (0x80 >> UInt8(position % 8)) != 0
        }
        set {
            precondition(indices.contains(position))
            if newValue {
                bytes[position / 8] |= 0x80 >> UInt8(position % 8)
            } else {
                bytes[position / 8] &= ~(0x80 >> UInt8(position % 8))
            }
        }
    }
}

/// The binary form (`varbit_send` in the server's source): how many bits, then their bytes.
extension PostgresBits: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    @inlinable public static var postgresType: PostgresType { .varbit }
    @inlinable public static var postgresArrayType: PostgresType { .varbitArray }

    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        guard type == .bit || type == .varbit else { throw .cannotDecode(PostgresBits.self, from: type) }
        guard bytes.byteCount >= 4 else { throw .invalidBytes(PostgresBits.self, type: type, "it is cut off") }
        let count: Int32 = bytes.bigEndian()
        guard count >= 0, bytes.byteCount - 4 == (Int(count) + 7) / 8 else {
            throw .invalidBytes(PostgresBits.self, type: type, "its count and its length disagree")
        }
        self.count = Int(count)
        self.bytes = bytes.extracting(4..<bytes.byteCount).withUnsafeBytes { [UInt8]($0) }
        // The server keeps these 0, and equality needs it.
        if let last = self.bytes.indices.last, self.count % 8 != 0 {
            self.bytes[last] &= ~(0xFF >> UInt8(self.count % 8))
        }
    }

    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        guard type == .bit || type == .varbit else { throw .cannotEncode(PostgresBits.self, as: type) }
        guard let count = Int32(exactly: count) else { throw .outOfRange(PostgresBits.self, as: type) }
        buffer.append(count)
        buffer.append(bytes)
    }
}
