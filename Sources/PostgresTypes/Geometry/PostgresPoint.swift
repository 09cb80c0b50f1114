public import PostgresWire

/// A point in a plane: `point`.
///
/// Coordinates are any `double precision`, NaN and the infinities too. Equality is Swift's, number by number; the
/// server's own operators (`~=`) allow for a small difference.
public struct PostgresPoint: PostgresTextConvertible {
    public var x: Double
    public var y: Double

    @inlinable
    public init(x: Double, y: Double) {
        self.x = x
        self.y = y
    }

    /// Reads `(1,2)`.
    public init?(_ description: String) {
        guard let value = TextScanner.read(description, { $0.point() }) else { return nil }
        self = value
    }

    /// `(1,2)`.
    public var description: String { "(\(FloatText.text(x)),\(FloatText.text(y)))" }
}

extension PostgresPoint: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    @inlinable public static var postgresType: PostgresType { .point }
    @inlinable public static var postgresArrayType: PostgresType { .pointArray }

    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        try GeometryCoding.check(PostgresPoint.self, bytes, type, is: .point, numbers: 2)
        self = bytes.point(at: 0)
    }

    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        guard type == .point else { throw .cannotEncode(PostgresPoint.self, as: type) }
        buffer.append(self)
    }
}
