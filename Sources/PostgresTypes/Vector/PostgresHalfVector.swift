public import PostgresWire

/// A vector of half-precision numbers: `halfvec` of the extension pgvector.
///
/// The server wants 1 to 16000 numbers, none of them NaN or infinite.
public struct PostgresHalfVector: PostgresTextConvertible {
    /// The bits of the numbers, 16 of each (IEEE 754 binary16).
    private let bits: [UInt16]

    /// The numbers; each is exact as a `Float`.
    public var numbers: [Float] { bits.map { HalfPrecision.float($0) } }

    /// Rounds every number to the nearest that has half precision; beyond 65504 that is an infinity.
    public init(rounding numbers: [Float]) { bits = numbers.map { HalfPrecision.bits(rounding: $0) } }

    /// Nil when a number is not one of half precision.
    public init?(exactly numbers: [Float]) {
        self.init(rounding: numbers)
        guard zip(self.numbers, numbers).allSatisfy({ $0 == $1 }) else { return nil }
    }

    /// Reads `[1,2.5,3]`, and rounds as the server does.
    public init?(_ description: String) {
        guard let numbers = VectorCoding.read(description) else { return nil }
        self.init(rounding: numbers)
        guard self.numbers.allSatisfy(\.isFinite) else { return nil }
    }

    /// `[1,2.5,3]`.
    public var description: String { VectorCoding.text(numbers) }
}

/// The binary form (`halfvec_send` in the extension's source): how many numbers, two bytes of nothing, the numbers.
extension PostgresHalfVector: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    public static var postgresType: PostgresType { VectorCoding.halfvec }
    /// As text, which the server reads whatever the type's OID is.
    public var parameterType: PostgresType { .text }

    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        guard type.mayBe(named: "halfvec") else { throw .cannotDecode(PostgresHalfVector.self, from: type) }
        guard bytes.byteCount >= 4 else { throw VectorCoding.invalid(PostgresHalfVector.self, type) }
        let count = Int(bytes.bigEndian(at: 0, as: UInt16.self))
        guard bytes.byteCount == 4 + 2 * count, bytes.bigEndian(at: 2, as: UInt16.self) == 0 else {
            throw VectorCoding.invalid(PostgresHalfVector.self, type)
        }
        var bits: [UInt16] = []
        bits.reserveCapacity(count)
        for index in 0..<count { bits.append(bytes.bigEndian(at: 4 + 2 * index)) }
        self.bits = bits
    }

    /// Writes its own type, and every type that nothing is known of as a `halfvec`, and text types as text.
    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        if VectorCoding.encodeText(self, into: &buffer, as: type) { return }
        guard type.mayBe(named: "halfvec") else { throw .cannotEncode(PostgresHalfVector.self, as: type) }
        guard bits.count <= VectorCoding.maximumCount else { throw .outOfRange(PostgresHalfVector.self, as: type) }
        buffer.append(UInt16(truncatingIfNeeded: bits.count))
        buffer.append(UInt16(0))
        for number in bits { buffer.append(number) }
    }
}
