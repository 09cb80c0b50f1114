public import PostgresWire

/// What lies between two points: `lseg`.
public struct PostgresLineSegment: PostgresTextConvertible {
    public var start: PostgresPoint
    public var end: PostgresPoint

    @inlinable
    public init(start: PostgresPoint, end: PostgresPoint) {
        self.start = start
        self.end = end
    }

    /// Reads `[(1,2),(3,4)]`.
    public init?(_ description: String) {
        let points = TextScanner.read(description) { $0.enclosed("[", "]") { $0.points() } }
        guard let points, points.count == 2 else { return nil }
        self.init(start: points[0], end: points[1])
    }

    /// `[(1,2),(3,4)]`.
    public var description: String { "[\(start),\(end)]" }
}

extension PostgresLineSegment: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    @inlinable public static var postgresType: PostgresType { .lseg }
    @inlinable public static var postgresArrayType: PostgresType { .lsegArray }

    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        try GeometryCoding.check(PostgresLineSegment.self, bytes, type, is: .lseg, numbers: 4)
        self.init(start: bytes.point(at: 0), end: bytes.point(at: 16))
    }

    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        guard type == .lseg else { throw .cannotEncode(PostgresLineSegment.self, as: type) }
        buffer.append(start)
        buffer.append(end)
    }
}
