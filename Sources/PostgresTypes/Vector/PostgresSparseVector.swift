public import PostgresWire

/// A vector most of whose numbers are 0: `sparsevec` of the extension pgvector.
public struct PostgresSparseVector: PostgresTextConvertible {
    /// A number that is not 0.
    public struct Element: Hashable, Sendable {
        /// Its place, from 0. In text, and in SQL, places are counted from 1.
        public let index: Int
        public let value: Float

        public init(index: Int, value: Float) {
            self.index = index
            self.value = value
        }
    }

    /// How many numbers there are with the zeros, 1 to 1000000000.
    public let dimensions: Int
    /// The numbers but the zeros, by their places.
    public let elements: [Element]

    static let maximumDimensions = 1_000_000_000

    /// Sorts the elements and drops zeros. Nil when two have the same place, when one is beyond the dimensions, or when
    /// there are more dimensions or elements than the server has room for.
    public init?(dimensions: Int, elements: [Element]) {
        let sorted = elements.filter { $0.value != 0 }.sorted { $0.index < $1.index }
        guard 1...Self.maximumDimensions ~= dimensions, sorted.count <= VectorCoding.maximumCount else { return nil }
        var next = 0
        for element in sorted {
            guard element.index >= next, element.index < dimensions else { return nil }
            next = element.index + 1
        }
        self.dimensions = dimensions
        self.elements = sorted
    }

    /// The numbers of a vector but its zeros. Nil for none, or for more than the server has room for.
    public init?(_ numbers: [Float]) {
        self.init(
            dimensions: numbers.count,
            elements: numbers.enumerated().map { Element(index: $0.offset, value: $0.element) })
    }

    /// Reads `{1:1.5,3:2}/5`.
    public init?(_ description: String) {
        let value = TextScanner.read(description) { scanner -> PostgresSparseVector? in
            guard scanner.takes("{") else { return nil }
            var elements: [Element] = []
            while scanner.next != UInt8(ascii: "}") {
                guard elements.isEmpty || scanner.takes(","), let place = scanner.unsigned(Int32.self), place > 0,
                    scanner.takes(":"), let value = scanner.number(Float.self), value.isFinite
                else { return nil }
                elements.append(Element(index: Int(place) - 1, value: value))
            }
            guard scanner.takes("}"), scanner.takes("/"), let dimensions = scanner.unsigned(Int.self) else {
                return nil
            }
            return PostgresSparseVector(dimensions: dimensions, elements: elements)
        }
        guard let value else { return nil }
        self = value
    }

    /// `{1:1.5,3:2}/5`.
    public var description: String {
        let pairs = elements.map { "\($0.index + 1):\(FloatText.text($0.value))" }
        return "{\(pairs.joined(separator: ","))}/\(dimensions)"
    }
}

/// The binary form (`sparsevec_send` in the extension's source): the dimensions, how many are not 0, four bytes of nothing,
/// their places from 0, their values.
extension PostgresSparseVector: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    public static var postgresType: PostgresType { VectorCoding.sparsevec }
    /// As text, which the server reads whatever the type's OID is.
    public var parameterType: PostgresType { .text }

    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        guard type.mayBe(named: "sparsevec") else { throw .cannotDecode(PostgresSparseVector.self, from: type) }
        guard bytes.byteCount >= 12 else { throw VectorCoding.invalid(PostgresSparseVector.self, type) }
        let count: Int32 = bytes.bigEndian(at: 4)
        guard count >= 0, bytes.byteCount == 12 + 8 * Int(count), bytes.bigEndian(at: 8, as: Int32.self) == 0 else {
            throw VectorCoding.invalid(PostgresSparseVector.self, type)
        }
        var elements: [Element] = []
        elements.reserveCapacity(Int(count))
        for index in 0..<Int(count) {
            elements.append(
                Element(
                    index: Int(bytes.bigEndian(at: 12 + 4 * index, as: Int32.self)),
                    value: Float(bitPattern: bytes.bigEndian(at: 12 + 4 * (Int(count) + index)))))
        }
        let value = PostgresSparseVector(
            dimensions: Int(bytes.bigEndian(at: 0, as: Int32.self)), elements: elements)
        guard let value else { throw VectorCoding.invalid(PostgresSparseVector.self, type) }
        self = value
    }

    /// Writes its own type, and every type that nothing is known of as a `sparsevec`, and text types as text.
    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        if VectorCoding.encodeText(self, into: &buffer, as: type) { return }
        guard type.mayBe(named: "sparsevec") else { throw .cannotEncode(PostgresSparseVector.self, as: type) }
        guard elements.count <= VectorCoding.maximumCount else {
            throw .outOfRange(PostgresSparseVector.self, as: type)
        }
        // Both were checked when the value was made.
        buffer.append(Int32(truncatingIfNeeded: dimensions))
        buffer.append(Int32(truncatingIfNeeded: elements.count))
        buffer.append(Int32(0))
        for element in elements { buffer.append(Int32(truncatingIfNeeded: element.index)) }
        for element in elements { buffer.append(element.value.bitPattern) }
    }
}
