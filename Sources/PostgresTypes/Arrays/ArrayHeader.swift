public import PostgresWire

/// What stands before the elements of a binary array: dimensions, whether there are NULLs, the element's type, and for
/// each dimension its length and lower bound (`array_send` in the server's source).
///
/// Every number is checked against the bytes that are there before anything is allocated by it.
@usableFromInline
struct ArrayHeader {
    /// How many elements there are.
    @usableFromInline let count: Int
    /// Their type, as the array itself says.
    @usableFromInline let element: PostgresType
    /// The bytes of the header.
    @usableFromInline let byteCount: Int

    /// Reads the header. `element` is the type the elements must have, where the array's type tells.
    /// The lower bound is read over: Swift arrays begin at 0 whatever the server's do.
    @usableFromInline
    init(_ bytes: RawSpan, type: PostgresType, element expected: PostgresType?) throws(PostgresError) {
        guard bytes.byteCount >= 12 else { throw ArrayHeader.error(type, "its header is cut off") }
        let dimensions: Int32 = bytes.bigEndian(at: 0)
        let flags: Int32 = bytes.bigEndian(at: 4)
        element = PostgresType(rawValue: bytes.bigEndian(at: 8))
        guard flags == 0 || flags == 1 else { throw ArrayHeader.error(type, "its flags are unknown") }
        if let expected, expected != element {
            throw ArrayHeader.error(type, "its elements say they are \(element)")
        }
        switch dimensions {
        case 0:
            count = 0
            byteCount = 12
        case 1:
            guard bytes.byteCount >= 20 else { throw ArrayHeader.error(type, "its header is cut off") }
            let length: Int32 = bytes.bigEndian(at: 12)
            // Every element has at least its own length before it.
            guard length >= 0, Int(length) <= (bytes.byteCount - 20) / 4 else {
                throw ArrayHeader.error(type, "it says it has more elements than it has room for")
            }
            count = Int(length)
            byteCount = 20
        case 2...6:
            throw PostgresError(
                .decodingFailed, "an array of \(dimensions) dimensions cannot be read as a Swift array",
                advice: "Flatten it in SQL, as unnest does, or cast it to text or jsonb")
        default:
            throw ArrayHeader.error(type, "its number of dimensions is impossible")
        }
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
        guard let length = Int32(exactly: count) else {
            throw PostgresError(.encodingFailed, "an array has more elements than PostgreSQL can hold")
        }
        buffer.append(Int32(count == 0 ? 0 : 1))
        buffer.append(Int32(hasNulls ? 1 : 0))
        buffer.append(element.rawValue)
        if count > 0 {
            buffer.append(length)
            buffer.append(Int32(1))
        }
    }

    /// The element's type of a built-in array type; nil when the array itself must say. Throws for what is no array.
    @usableFromInline
    static func element<V>(of type: PostgresType, for: V.Type) throws(PostgresError) -> PostgresType? {
        if let element = type.element { return element }
        guard type.array == nil else { throw .cannotDecode(V.self, from: type) }
        return nil
    }

    @usableFromInline @inline(never)
    static func error(_ type: PostgresType, _ reason: String) -> PostgresError {
        PostgresError(.decodingFailed, "an array of type \(type) cannot be read: \(reason)")
    }

    /// The error for an array type that does not tell what its elements are.
    @usableFromInline @inline(never)
    static func unknownElement<V>(_: V.Type, as type: PostgresType) -> PostgresError {
        var error = PostgresError.cannotEncode(V.self, as: type)
        if !type.isBuiltin { error.advice = "Send it as an array of text and cast it in SQL" }
        return error
    }
}
