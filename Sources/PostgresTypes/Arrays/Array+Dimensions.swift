public import PostgresWire

/// Arrays of arrays are arrays of two dimensions, and so on. The inner ones have one length; an array without
/// elements has no dimensions and is read as an empty one. `[[UInt8]]` is `bytea[]`: one dimension less.
extension Array: PostgresArrayElement where Element: PostgresArrayElement {
    public typealias ArrayLeaf = Element.ArrayLeaf

    public static var postgresArrayType: PostgresType { ArrayLeaf.postgresType.array ?? .unspecified }
    public static var arrayDimensions: Int { 1 + Element.arrayDimensions }

    public static func decodeArray(_ bytes: RawSpan, type: PostgresType) throws(PostgresError) -> [[Element]] {
        try nested(try PostgresArray<ArrayLeaf>(binary: bytes, type: type))
    }

    public static func decodeArray(text: String, type: PostgresType) throws(PostgresError) -> [[Element]] {
        try nested(try PostgresArray<ArrayLeaf>(text: text, type: type))
    }

    private static func nested(_ array: PostgresArray<ArrayLeaf>) throws(PostgresError) -> [[Element]] {
        if array.elements.isEmpty { return [] }
        guard array.dimensions.count == arrayDimensions else {
            throw ArrayHeader.wrongDimensions([[Element]].self, dimensions: array.dimensions.count)
        }
        return nest(array.elements[...], lengths: array.dimensions[...])
    }

    public static func encodeArray(
        _ elements: [[Element]], into buffer: inout PostgresBuffer, as type: PostgresType
    ) throws(PostgresError) {
        var leaves: [ArrayLeaf] = []
        var lengths: [Int] = []
        try flatten(elements, into: &leaves, lengths: &lengths, depth: 0)
        let array = leaves.isEmpty ? PostgresArray([]) : try PostgresArray(dimensions: lengths, elements: leaves)
        try array.encode(into: &buffer, as: type)
    }

    public static func nest(_ leaves: ArraySlice<ArrayLeaf>, lengths: ArraySlice<Int>) -> [[Element]] {
        guard let length = lengths.first, length > 0 else { return [] }
        let size = leaves.count / length
        return (0..<length).map { index in
            let start = leaves.startIndex + index * size
            return Element.nest(leaves[start..<(start + size)], lengths: lengths.dropFirst())
        }
    }

    public static func flatten(
        _ elements: [[Element]], into leaves: inout [ArrayLeaf], lengths: inout [Int], depth: Int
    ) throws(PostgresError) {
        try ArrayHeader.checkLength(elements.count, &lengths, depth: depth)
        for element in elements { try Element.flatten(element, into: &leaves, lengths: &lengths, depth: depth + 1) }
    }
}
