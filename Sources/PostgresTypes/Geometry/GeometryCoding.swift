import PostgresWire

/// What the geometric types share: all of them are made of `double precision` numbers.
enum GeometryCoding {
    /// Checks the type and that there are exactly so many numbers.
    static func check<V>(
        _: V.Type, _ bytes: RawSpan, _ type: PostgresType, is wanted: PostgresType, numbers: Int
    ) throws(PostgresError) {
        guard type == wanted else { throw .cannotDecode(V.self, from: type) }
        guard bytes.byteCount == 8 * numbers else {
            throw .invalidBytes(V.self, type: type, "it must be \(8 * numbers) bytes")
        }
    }

    /// Reads a count and so many points, one at least, which fill the rest of the bytes.
    static func points<V>(
        _: V.Type, _ bytes: RawSpan, from offset: Int, type: PostgresType
    ) throws(PostgresError) -> [PostgresPoint] {
        guard bytes.byteCount >= offset + 4 else { throw .invalidBytes(V.self, type: type, "it is cut off") }
        let count: Int32 = bytes.bigEndian(at: offset)
        guard count > 0, bytes.byteCount - offset - 4 == 16 * Int(count) else {
            throw .invalidBytes(V.self, type: type, "its count of points is none, or not what its length says")
        }
        return (0..<Int(count)).map { bytes.point(at: offset + 4 + 16 * $0) }
    }

    /// Appends a count and the points; there is one at least, or the server refuses them.
    static func append<V>(
        _: V.Type, _ points: [PostgresPoint], to buffer: inout PostgresBuffer, as type: PostgresType
    ) throws(PostgresError) {
        guard !points.isEmpty else {
            throw PostgresError(.encodingFailed, "a \(type) has one point at least", advice: "Send NULL for none")
        }
        guard let count = Int32(exactly: points.count) else { throw .outOfRange(V.self, as: type) }
        buffer.append(count)
        for point in points { buffer.append(point) }
    }

    /// `(1,2),(3,4)`.
    static func text(_ points: [PostgresPoint]) -> String { points.map(\.description).joined(separator: ",") }
}

extension RawSpan {
    /// The number whose bytes begin at `offset`. The caller has checked the length.
    func double(at offset: Int) -> Double { Double(bitPattern: bigEndian(at: offset)) }

    func point(at offset: Int) -> PostgresPoint { PostgresPoint(x: double(at: offset), y: double(at: offset + 8)) }
}

extension PostgresBuffer {
    mutating func append(_ number: Double) { append(number.bitPattern) }

    mutating func append(_ point: PostgresPoint) {
        append(point.x)
        append(point.y)
    }
}

extension TextScanner {
    /// Takes the character, with white space around it read over, as the server does between numbers.
    private mutating func takesSpaced(_ character: Unicode.Scalar) -> Bool {
        skipSpaces()
        guard takes(character) else { return false }
        skipSpaces()
        return true
    }

    /// `(1,2)`.
    mutating func point() -> PostgresPoint? {
        guard takesSpaced("("), let x = number(Double.self), takesSpaced(","), let y = number(Double.self),
            takesSpaced(")")
        else { return nil }
        return PostgresPoint(x: x, y: y)
    }

    /// `(1,2),(3,4)`: one point or more.
    mutating func points() -> [PostgresPoint]? {
        guard let first = point() else { return nil }
        var points = [first]
        while takesSpaced(",") {
            guard let next = point() else { return nil }
            points.append(next)
        }
        return points
    }

    /// Numbers between two characters: `{1,2,3}`.
    mutating func numbers(from opening: Unicode.Scalar, to closing: Unicode.Scalar) -> [Double]? {
        guard takesSpaced(opening), let first = number(Double.self) else { return nil }
        var numbers = [first]
        while takesSpaced(",") {
            guard let next = number(Double.self) else { return nil }
            numbers.append(next)
        }
        return takesSpaced(closing) ? numbers : nil
    }

    /// What `body` reads between two characters.
    mutating func enclosed<V>(
        _ opening: Unicode.Scalar, _ closing: Unicode.Scalar, _ body: (inout TextScanner) -> V?
    ) -> V? {
        guard takesSpaced(opening), let value = body(&self), takesSpaced(closing) else { return nil }
        return value
    }

    /// A comma and a number.
    mutating func commaAndNumber() -> Double? { takesSpaced(",") ? number(Double.self) : nil }
}
