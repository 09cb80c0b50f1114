public import PostgresWire

/// A vector of single-precision numbers: `vector` of the extension pgvector.
///
///     let near = try await pool.query("SELECT id FROM items ORDER BY embedding <-> \(PostgresVector([1, 2, 3])) LIMIT 5")
///
/// The server wants 1 to 16000 numbers, none of them NaN or infinite.
public struct PostgresVector: PostgresTextConvertible, ExpressibleByArrayLiteral {
    public var numbers: [Float]

    @inlinable public init(_ numbers: [Float]) { self.numbers = numbers }
    @inlinable public init(arrayLiteral elements: Float...) { numbers = elements }

    /// Reads `[1,2.5,3]`.
    public init?(_ description: String) {
        guard let numbers = VectorCoding.read(description) else { return nil }
        self.numbers = numbers
    }

    /// `[1,2.5,3]`.
    public var description: String { VectorCoding.text(numbers) }
}

/// The binary form (`vector_send` in the extension's source): how many numbers, two bytes of nothing, the numbers.
extension PostgresVector: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    public static var postgresType: PostgresType { VectorCoding.vector }
    /// As text, which the server reads whatever the type's OID is.
    public var parameterType: PostgresType { .text }

    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        guard type.mayBe(named: "vector") else { throw .cannotDecode(PostgresVector.self, from: type) }
        guard bytes.byteCount >= 4 else { throw VectorCoding.invalid(PostgresVector.self, type) }
        let count = Int(bytes.bigEndian(at: 0, as: UInt16.self))
        guard bytes.byteCount == 4 + 4 * count, bytes.bigEndian(at: 2, as: UInt16.self) == 0 else {
            throw VectorCoding.invalid(PostgresVector.self, type)
        }
        var numbers: [Float] = []
        numbers.reserveCapacity(count)
        for index in 0..<count { numbers.append(Float(bitPattern: bytes.bigEndian(at: 4 + 4 * index))) }
        self.numbers = numbers
    }

    /// Writes its own type, and every type that nothing is known of as a `vector`, and text types as text.
    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        if VectorCoding.encodeText(self, into: &buffer, as: type) { return }
        guard type.mayBe(named: "vector") else { throw .cannotEncode(PostgresVector.self, as: type) }
        guard numbers.count <= VectorCoding.maximumCount else { throw .outOfRange(PostgresVector.self, as: type) }
        buffer.append(UInt16(truncatingIfNeeded: numbers.count))
        buffer.append(UInt16(0))
        for number in numbers { buffer.append(number.bitPattern) }
    }
}
