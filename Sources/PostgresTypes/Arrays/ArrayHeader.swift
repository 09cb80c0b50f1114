public import PostgresWire

/// What stands before the elements of a binary array: dimensions, whether there are NULLs, the element's type, and for
/// each dimension its length and lower bound (`array_send` in the server's source).
///
/// Every number is checked against the bytes that are there before anything is allocated by it.
@usableFromInline
struct ArrayHeader {
    /// How many elements there are in all.
    @usableFromInline let count: Int
    /// How many dimensions, from 0 for an empty array to 6.
    @usableFromInline let dimensions: Int
    /// The elements' type, as the array itself says; with what is known of it where the array's type tells.
    @usableFromInline let element: PostgresType

    /// The bytes of the header.
    @usableFromInline var byteCount: Int { 12 &+ 8 &* dimensions }

    /// The most dimensions of an array (`MAXDIM` in the server's source).
    static let maximumDimensions = 6

    /// Reads the header. `element` is the type the elements must have, where the array's type tells.
    @usableFromInline
    init(_ bytes: RawSpan, type: PostgresType, element expected: PostgresType?) throws(PostgresError) {
        guard bytes.byteCount >= 12 else { throw ArrayHeader.error(type, "its header is cut off") }
        let dimensions: Int32 = bytes.bigEndian(at: 0)
        let flags: Int32 = bytes.bigEndian(at: 4)
        let element = PostgresType(rawValue: bytes.bigEndian(at: 8))
        guard flags == 0 || flags == 1 else { throw ArrayHeader.error(type, "its flags are unknown") }
        if let expected, expected.rawValue != element.rawValue {
            throw ArrayHeader.error(type, "its elements say they are \(element)")
        }
        guard dimensions >= 0, dimensions <= ArrayHeader.maximumDimensions else {
            throw ArrayHeader.error(type, "its number of dimensions is impossible")
        }
        self.dimensions = Int(dimensions)
        self.element = expected ?? element
        guard bytes.byteCount >= 12 + 8 * self.dimensions else {
            throw ArrayHeader.error(type, "its header is cut off")
        }
        // Every element has at least its own length before it.
        let room = (bytes.byteCount - 12 - 8 * self.dimensions) / 4
        var count = dimensions == 0 ? 0 : 1
        for dimension in 0..<self.dimensions {
            let length: Int32 = bytes.bigEndian(at: 12 + 8 * dimension)
            let (product, overflow) = count.multipliedReportingOverflow(by: Int(length))
            guard length >= 0, !overflow, product <= room else {
                throw ArrayHeader.error(type, "it says it has more elements than it has room for")
            }
            count = product
            let lowerBound: Int32 = bytes.bigEndian(at: 16 + 8 * dimension)
            guard length == 0 || !lowerBound.addingReportingOverflow(length - 1).overflow else {
                throw ArrayHeader.error(type, "its last index is out of the range of integer")
            }
        }
        self.count = count
    }

    /// The length of each dimension; none for an array without elements.
    func lengths(in bytes: RawSpan) -> [Int] {
        count == 0 ? [] : (0..<dimensions).map { Int(bytes.bigEndian(at: 12 + 8 * $0, as: Int32.self)) }
    }

    /// The lower bound of each dimension.
    func lowerBounds(in bytes: RawSpan) -> [Int] {
        count == 0 ? [] : (0..<dimensions).map { Int(bytes.bigEndian(at: 16 + 8 * $0, as: Int32.self)) }
    }

    /// Throws for an array of so many dimensions that a Swift array of elements cannot be it.
    @inlinable
    func checkIsFlat<V>(_: V.Type) throws(PostgresError) {
        if dimensions > 1 { throw ArrayHeader.wrongDimensions(V.self, dimensions: dimensions) }
    }

    /// Where the bytes of the next element are, nil for NULL. Moves `offset` past them.
    @usableFromInline
    static func cell(at offset: inout Int, in bytes: RawSpan, type: PostgresType) throws(PostgresError) -> Range<Int>? {
        guard bytes.byteCount - offset >= 4 else { throw error(type, "it ends before its last element") }
        let length: Int32 = bytes.bigEndian(at: offset)
        offset += 4
        if length == -1 { return nil }
        guard length >= 0, Int(length) <= bytes.byteCount - offset else {
            throw error(type, "an element is longer than the array")
        }
        let start = offset
        offset += Int(length)
        return start..<offset
    }

    /// Appends the header of an array of one dimension, or of none when it is empty, as the server does.
    @usableFromInline
    static func append(
        count: Int, element: PostgresType, hasNulls: Bool, to buffer: inout PostgresBuffer
    ) throws(PostgresError) {
        guard let length = Int32(exactly: count) else { throw tooManyElements }
        buffer.append(Int32(count == 0 ? 0 : 1))
        buffer.append(Int32(hasNulls ? 1 : 0))
        buffer.append(element.rawValue)
        if count > 0 {
            buffer.append(length)
            buffer.append(Int32(1))
        }
    }

    /// Appends the header of an array of any shape.
    static func append(
        lengths: [Int], lowerBounds: [Int], element: PostgresType, hasNulls: Bool, to buffer: inout PostgresBuffer
    ) throws(PostgresError) {
        buffer.append(Int32(truncatingIfNeeded: lengths.count))
        buffer.append(Int32(hasNulls ? 1 : 0))
        buffer.append(element.rawValue)
        for (length, lowerBound) in zip(lengths, lowerBounds) {
            guard let length = Int32(exactly: length) else { throw tooManyElements }
            guard let lowerBound = Int32(exactly: lowerBound) else {
                throw PostgresError(.encodingFailed, "an array's lower bound is out of the range of integer")
            }
            buffer.append(length)
            buffer.append(lowerBound)
        }
    }

    @usableFromInline static var tooManyElements: PostgresError {
        PostgresError(.encodingFailed, "an array has more elements than PostgreSQL can hold")
    }

    /// What the elements of an array type are; nil when the array itself must say. Throws for what is no array.
    @usableFromInline
    static func element<V>(of type: PostgresType, for: V.Type) throws(PostgresError) -> PostgresType? {
        if let element = type.element { return element }
        let isUnknown = type == .anyArray || (!type.isBuiltin && type.base.info == nil)
        guard isUnknown else { throw .cannotDecode(V.self, from: type) }
        return nil
    }

    /// What the elements of an array type are, for writing one.
    @usableFromInline
    static func element<V>(toWrite type: PostgresType, for: V.Type) throws(PostgresError) -> PostgresType {
        if let element = type.element { return element }
        var error = PostgresError.cannotEncode(V.self, as: type)
        if !type.isBuiltin { error.advice = "Send it as an array of text and cast it in SQL" }
        throw error
    }

    @usableFromInline @inline(never)
    static func error(_ type: PostgresType, _ reason: String) -> PostgresError {
        PostgresError(.decodingFailed, "an array of type \(type) cannot be read: \(reason)")
    }

    @usableFromInline @inline(never)
    static func wrongDimensions<V>(_: V.Type, dimensions: Int) -> PostgresError {
        PostgresError(
            .decodingFailed,
            "an array of \(dimensions) dimension\(dimensions == 1 ? "" : "s") cannot be read as Swift's \(V.self)",
            advice: "Read it as PostgresArray, which takes any number of dimensions, or as arrays of arrays")
    }
}
