public import PostgresWire

/// An array as PostgreSQL has them: of up to six dimensions, each with a lower bound that need not be 1.
///
///     let board = try PostgresArray(dimensions: [2, 3], elements: [1, 2, 3, 4, 5, 6])
///     board[2, 1]   // 4: indices begin at the lower bounds, as in SQL
///
/// Where there is one dimension and its lower bound says nothing, `[Element]` is simpler, and `[[Element]]` for two.
/// Elements may be `Optional`: `PostgresArray<Int?>`.
public struct PostgresArray<Element: PostgresArrayElement & PostgresCodable>: Sendable {
    /// The length of each dimension; none for an array without elements.
    public let dimensions: [Int]
    /// The index of each dimension's first element.
    public let lowerBounds: [Int]
    /// All elements, the last index changing fastest.
    public let elements: [Element]

    private init(checked dimensions: [Int], _ lowerBounds: [Int], _ elements: [Element]) {
        self.dimensions = dimensions
        self.lowerBounds = lowerBounds
        self.elements = elements
    }

    /// An array of one dimension.
    public init(_ elements: [Element], lowerBound: Int = 1) {
        dimensions = elements.isEmpty ? [] : [elements.count]
        lowerBounds = elements.isEmpty ? [] : [lowerBound]
        self.elements = elements
    }

    /// An array of several dimensions. Lower bounds are 1 where none are said.
    ///
    /// - Throws: `invalidUse` when the number of elements is not the product of the dimensions, there are more than six
    ///   dimensions, or the last index of one is more than an `integer` holds.
    public init(dimensions: [Int], lowerBounds: [Int]? = nil, elements: [Element]) throws(PostgresError) {
        let lowerBounds = lowerBounds ?? dimensions.map { _ in 1 }
        guard dimensions.count <= ArrayHeader.maximumDimensions else {
            throw PostgresError(.invalidUse, "an array has at most \(ArrayHeader.maximumDimensions) dimensions")
        }
        guard lowerBounds.count == dimensions.count else {
            throw PostgresError(.invalidUse, "an array has as many lower bounds as dimensions")
        }
        var product = dimensions.isEmpty ? 0 : 1
        for (length, lowerBound) in zip(dimensions, lowerBounds) {
            let (end, isTooFar) = lowerBound.addingReportingOverflow(max(length, 1) - 1)
            guard length >= 0, !isTooFar, Int32(exactly: lowerBound) != nil, Int32(exactly: end) != nil else {
                throw PostgresError(.invalidUse, "a dimension of an array is out of the range of integer")
            }
            let (next, overflow) = product.multipliedReportingOverflow(by: length)
            product = overflow ? -1 : next
            if overflow { break }
        }
        guard product == elements.count else {
            throw PostgresError(
                .invalidUse, "an array has \(elements.count) elements, which its dimensions do not make")
        }
        self.dimensions = elements.isEmpty ? [] : dimensions
        self.lowerBounds = elements.isEmpty ? [] : lowerBounds
        self.elements = elements
    }

    /// The element at these indices, one for each dimension, counted from the lower bounds; nil where there is none, as
    /// in SQL.
    public subscript(indices: Int...) -> Element? {
        guard indices.count == dimensions.count, !indices.isEmpty else { return nil }
        var position = 0
        for (index, (length, lowerBound)) in zip(indices, zip(dimensions, lowerBounds)) {
            let (offset, overflow) = index.subtractingReportingOverflow(lowerBound)
            guard !overflow, offset >= 0, offset < length else { return nil }
            position = position * length + offset
        }
        return elements[position]
    }

    /// The elements of an array of one dimension at most.
    @usableFromInline
    func flat() throws(PostgresError) -> [Element] {
        if dimensions.count > 1 { throw ArrayHeader.wrongDimensions([Element].self, dimensions: dimensions.count) }
        return elements
    }
}

extension PostgresArray: Equatable where Element: Equatable {}
extension PostgresArray: Hashable where Element: Hashable {}

extension PostgresArray: ExpressibleByArrayLiteral {
    public init(arrayLiteral elements: Element...) { self.init(elements) }
}

extension PostgresArray: PostgresEncodable, PostgresDecodable {
    public static var postgresType: PostgresType { Element.postgresArrayType }

    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        if type.isInTextForm {
            try self.init(textForm: bytes, type)
            return
        }
        let expected =
            type == Self.postgresType ? Element.postgresType : try ArrayHeader.element(of: type, for: Self.self)
        let header = try ArrayHeader(bytes, type: type, element: expected)
        var elements: [Element] = []
        elements.reserveCapacity(header.count)
        try ArrayHeader.decodeElements(header, bytes, type: type, into: &elements)
        self.init(checked: header.lengths(in: bytes), header.lowerBounds(in: bytes), elements)
    }

    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        let element =
            try type == Self.postgresType
            ? Element.postgresType : ArrayHeader.element(toWrite: type, for: Self.self)
        try ArrayHeader.append(
            lengths: dimensions, lowerBounds: lowerBounds, element: element,
            hasNulls: elements.contains { $0.isPostgresNull }, to: &buffer)
        let base = element.base
        for value in elements { try buffer.appendCell(value, as: base) }
    }

    public init(text: String, type: PostgresType) throws(PostgresError) {
        let element = type.element ?? Element.postgresType
        let parsed = try ArrayText(text, type: type)
        var elements: [Element] = []
        elements.reserveCapacity(parsed.cells.count)
        for cell in parsed.cells {
            if let cell {
                elements.append(try Element(text: cell, type: element.base))
            } else {
                elements.append(try Element(postgresNull: element.base))
            }
        }
        self.init(checked: parsed.lengths, parsed.lowerBounds, elements)
    }

    /// Reads a cell that the server has sent as text.
    @usableFromInline
    init(textForm bytes: RawSpan, _ type: PostgresType) throws(PostgresError) {
        try self.init(text: try String(binary: bytes, type: .text), type: type.ofTextForm ?? type)
    }
}

extension PostgresArray: LosslessStringConvertible {
    /// Reads PostgreSQL's text form, `{1,2,NULL}` or `[0:1]={1,2}`; nil for anything else.
    public init?(_ description: String) {
        guard let array = try? PostgresArray(text: description, type: Self.postgresType) else { return nil }
        self = array
    }

    /// PostgreSQL's text form.
    public var description: String { ValueText.description(of: self) }
}
