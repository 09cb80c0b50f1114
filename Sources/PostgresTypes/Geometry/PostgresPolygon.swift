public import PostgresWire

/// An area by its corners: `polygon`.
public struct PostgresPolygon: PostgresTextConvertible {
    /// The corners in their order, the first not repeated at the end. At least one, or the server refuses it.
    public var points: [PostgresPoint]

    @inlinable public init(_ points: [PostgresPoint]) { self.points = points }

    /// Reads `((1,2),(3,4),(5,0))`.
    public init?(_ description: String) {
        guard let points = TextScanner.read(description, { $0.enclosed("(", ")") { $0.points() } }) else { return nil }
        self.init(points)
    }

    /// `((1,2),(3,4),(5,0))`.
    public var description: String { "(\(GeometryCoding.text(points)))" }
}

extension PostgresPolygon: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    @inlinable public static var postgresType: PostgresType { .polygon }
    @inlinable public static var postgresArrayType: PostgresType { .polygonArray }

    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        guard type == .polygon else { throw .cannotDecode(PostgresPolygon.self, from: type) }
        self.init(try GeometryCoding.points(PostgresPolygon.self, bytes, from: 0, type: type))
    }

    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        guard type == .polygon else { throw .cannotEncode(PostgresPolygon.self, as: type) }
        try GeometryCoding.append(PostgresPolygon.self, points, to: &buffer, as: type)
    }
}
