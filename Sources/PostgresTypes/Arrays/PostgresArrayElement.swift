public import PostgresWire

/// A type that PostgreSQL has arrays of.
///
/// A type that is `PostgresCodable` needs no code for it: `extension Status: PostgresArrayElement {}`. Values are then
/// `[Status]`, `[Status?]` where elements may be NULL, `[[Status]]` for two dimensions and so on, and
/// ``PostgresArray`` for any number of dimensions and other lower bounds than 1.
public protocol PostgresArrayElement: Sendable {
    /// The array type of these elements when nobody says otherwise.
    static var postgresArrayType: PostgresType { get }

    /// Reads a whole array from its binary form.
    static func decodeArray(_ bytes: RawSpan, type: PostgresType) throws(PostgresError) -> [Self]

    /// Appends the binary form of a whole array, without its length.
    static func encodeArray(
        _ elements: [Self], into buffer: inout PostgresBuffer, as type: PostgresType
    ) throws(PostgresError)

    /// Reads a whole array from its text form.
    static func decodeArray(text: String, type: PostgresType) throws(PostgresError) -> [Self]

    // MARK: Arrays of arrays; the defaults do.

    /// What the elements of PostgreSQL's array are when `[Self]` is an element of a Swift array.
    associatedtype ArrayLeaf: PostgresArrayElement, PostgresEncodable, PostgresDecodable = Self

    /// How many dimensions `[Self]` has.
    static var arrayDimensions: Int { get }

    /// Makes `[Self]` of the leaves in it; `lengths` are those of its dimensions.
    static func nest(_ leaves: ArraySlice<ArrayLeaf>, lengths: ArraySlice<Int>) -> [Self]

    /// Appends the leaves of `elements`, which are at that depth, and checks their number or notes it where nobody has.
    static func flatten(
        _ elements: [Self], into leaves: inout [ArrayLeaf], lengths: inout [Int], depth: Int
    ) throws(PostgresError)
}

extension PostgresArrayElement where Self: PostgresEncodable {
    @inlinable public static var postgresArrayType: PostgresType { postgresType.array ?? .unspecified }
}

extension PostgresArrayElement where Self: PostgresEncodable & PostgresDecodable {
    @inlinable
    public static func decodeArray(_ bytes: RawSpan, type: PostgresType) throws(PostgresError) -> [Self] {
        let expected: PostgresType?
        if type == postgresArrayType {
            expected = postgresType
        } else {
            if type.isInTextForm { return try PostgresArray<Self>(textForm: bytes, type).flat() }
            expected = try ArrayHeader.element(of: type, for: [Self].self)
        }
        let header = try ArrayHeader(bytes, type: type, element: expected)
        try header.checkIsFlat([Self].self)
        var elements: [Self] = []
        elements.reserveCapacity(header.count)
        try ArrayHeader.decodeElements(header, bytes, type: type, into: &elements)
        return elements
    }

    public static func decodeArray(text: String, type: PostgresType) throws(PostgresError) -> [Self] {
        try PostgresArray<Self>(text: text, type: type).flat()
    }

    @inlinable
    public static func encodeArray(
        _ elements: [Self], into buffer: inout PostgresBuffer, as type: PostgresType
    ) throws(PostgresError) {
        let element =
            try type == postgresArrayType ? postgresType : ArrayHeader.element(toWrite: type, for: [Self].self)
        try ArrayHeader.append(
            count: elements.count, element: element, hasNulls: elements.contains { $0.isPostgresNull }, to: &buffer)
        let base = element.base
        for value in elements { try buffer.appendCell(value, as: base) }
    }
}

extension PostgresArrayElement where ArrayLeaf == Self {
    @inlinable public static var arrayDimensions: Int { 1 }

    @inlinable
    public static func nest(_ leaves: ArraySlice<Self>, lengths: ArraySlice<Int>) -> [Self] { Array(leaves) }

    @inlinable
    public static func flatten(
        _ elements: [Self], into leaves: inout [Self], lengths: inout [Int], depth: Int
    ) throws(PostgresError) {
        try ArrayHeader.checkLength(elements.count, &lengths, depth: depth)
        leaves += elements
    }
}

extension ArrayHeader {
    /// Reads the elements that follow the header.
    @inlinable
    static func decodeElements<E: PostgresDecodable>(
        _ header: ArrayHeader, _ bytes: RawSpan, type: PostgresType, into elements: inout [E]
    ) throws(PostgresError) {
        var offset = header.byteCount
        let element = header.element.base
        for _ in 0..<header.count {
            if let cell = try ArrayHeader.cell(at: &offset, in: bytes, type: type) {
                elements.append(try E(binary: bytes.extracting(cell), type: element))
            } else {
                elements.append(try E(postgresNull: element))
            }
        }
        guard offset == bytes.byteCount else { throw ArrayHeader.error(type, "there are bytes left over") }
    }

    /// Every array of a dimension has the same length.
    @usableFromInline
    static func checkLength(_ length: Int, _ lengths: inout [Int], depth: Int) throws(PostgresError) {
        if depth == lengths.count {
            lengths.append(length)
        } else if depth > lengths.count || lengths[depth] != length {
            throw PostgresError(
                .encodingFailed, "an array of arrays has arrays of different lengths in it",
                advice: "PostgreSQL's arrays are rectangular; use jsonb where lengths differ")
        }
    }
}

extension Optional: PostgresArrayElement
where Wrapped: PostgresArrayElement & PostgresEncodable & PostgresDecodable {
    public typealias ArrayLeaf = Self
    @inlinable public static var postgresArrayType: PostgresType { Wrapped.postgresArrayType }
}

extension Array: PostgresEncodable where Element: PostgresArrayElement {
    @inlinable public static var postgresType: PostgresType { Element.postgresArrayType }

    @inlinable
    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        try Element.encodeArray(self, into: &buffer, as: type)
    }
}

extension Array: PostgresDecodable where Element: PostgresArrayElement {
    @inlinable
    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        self = try Element.decodeArray(bytes, type: type)
    }

    public init(text: String, type: PostgresType) throws(PostgresError) {
        self = try Element.decodeArray(text: text, type: type)
    }
}
