public import PostgresWire

/// A type that PostgreSQL has arrays of.
///
/// A type that is `PostgresCodable` needs no code for it: `extension Status: PostgresArrayElement {}`. `[Status]` and,
/// where elements may be NULL, `[Status?]` are then values too. Arrays have one dimension; an array of arrays does not
/// compile.
public protocol PostgresArrayElement: Sendable {
    /// The array type of these elements when nobody says otherwise.
    static var postgresArrayType: PostgresType { get }

    /// Reads a whole array from its binary form.
    static func decodeArray(_ bytes: RawSpan, type: PostgresType) throws(PostgresError) -> [Self]

    /// Appends the binary form of a whole array, without its length.
    static func encodeArray(
        _ elements: [Self], into buffer: inout PostgresBuffer, as type: PostgresType
    ) throws(PostgresError)
}

extension PostgresArrayElement where Self: PostgresEncodable {
    @inlinable public static var postgresArrayType: PostgresType { postgresType.array ?? .unspecified }
}

extension PostgresArrayElement where Self: PostgresEncodable & PostgresDecodable {
    @inlinable
    public static func decodeArray(_ bytes: RawSpan, type: PostgresType) throws(PostgresError) -> [Self] {
        let expected = type == postgresArrayType ? postgresType : try ArrayHeader.element(of: type, for: [Self].self)
        let header = try ArrayHeader(bytes, type: type, element: expected)
        var elements: [Self] = []
        elements.reserveCapacity(header.count)
        var offset = header.byteCount
        for _ in 0..<header.count {
            let cell = try ArrayHeader.cell(at: &offset, in: bytes, type: type)
            if let cell {
                elements.append(try Self(binary: bytes.extracting(cell), type: header.element))
            } else {
                elements.append(try Self(postgresNull: header.element))
            }
        }
        guard offset == bytes.byteCount else { throw ArrayHeader.error(type, "there are bytes left over") }
        return elements
    }

    @inlinable
    public static func encodeArray(
        _ elements: [Self], into buffer: inout PostgresBuffer, as type: PostgresType
    ) throws(PostgresError) {
        let element: PostgresType
        if type == postgresArrayType {
            element = postgresType
        } else {
            guard let known = type.element else { throw ArrayHeader.unknownElement([Self].self, as: type) }
            element = known
        }
        try ArrayHeader.append(
            count: elements.count, element: element, hasNulls: elements.contains { $0.isPostgresNull }, to: &buffer)
        for value in elements { try buffer.appendCell(value, as: element) }
    }
}

extension Optional: PostgresArrayElement
where Wrapped: PostgresArrayElement & PostgresEncodable & PostgresDecodable {
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
}
