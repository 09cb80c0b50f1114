public import PostgresWire

/// A rectangle whose sides are parallel to the axes: `box`.
public struct PostgresBox: PostgresTextConvertible {
    /// The corner with the greater coordinates.
    public let high: PostgresPoint
    /// The corner with the smaller ones.
    public let low: PostgresPoint

    /// The box between two opposite corners, whichever they are; NaN counts as greater than every number, as it does to
    /// the server.
    public init(_ corner: PostgresPoint, _ opposite: PostgresPoint) {
        func isLess(_ left: Double, _ right: Double) -> Bool { left < right || (!left.isNaN && right.isNaN) }
        let (swapsX, swapsY) = (isLess(corner.x, opposite.x), isLess(corner.y, opposite.y))
        high = PostgresPoint(x: swapsX ? opposite.x : corner.x, y: swapsY ? opposite.y : corner.y)
        low = PostgresPoint(x: swapsX ? corner.x : opposite.x, y: swapsY ? corner.y : opposite.y)
    }

    /// Reads `(3,4),(1,2)`.
    public init?(_ description: String) {
        guard let points = TextScanner.read(description, { $0.points() }), points.count == 2 else { return nil }
        self.init(points[0], points[1])
    }

    /// `(3,4),(1,2)`: the high corner first. Boxes in the text of an array stand between semicolons.
    public var description: String { "\(high),\(low)" }
}

extension PostgresBox: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    @inlinable public static var postgresType: PostgresType { .box }
    @inlinable public static var postgresArrayType: PostgresType { .boxArray }

    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        try GeometryCoding.check(PostgresBox.self, bytes, type, is: .box, numbers: 4)
        self.init(bytes.point(at: 0), bytes.point(at: 16))
    }

    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        guard type == .box else { throw .cannotEncode(PostgresBox.self, as: type) }
        buffer.append(high)
        buffer.append(low)
    }
}
