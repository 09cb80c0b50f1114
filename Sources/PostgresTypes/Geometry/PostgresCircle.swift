public import PostgresWire

/// A circle by its centre and radius: `circle`. The server refuses a negative radius.
public struct PostgresCircle: PostgresTextConvertible {
    public var center: PostgresPoint
    public var radius: Double

    @inlinable
    public init(center: PostgresPoint, radius: Double) {
        self.center = center
        self.radius = radius
    }

    /// Reads `<(1,2),3>`.
    public init?(_ description: String) {
        let value = TextScanner.read(description) {
            $0.enclosed("<", ">") { scanner -> PostgresCircle? in
                guard let center = scanner.point(), let radius = scanner.commaAndNumber() else { return nil }
                return PostgresCircle(center: center, radius: radius)
            }
        }
        guard let value else { return nil }
        self = value
    }

    /// `<(1,2),3>`.
    public var description: String { "<\(center),\(FloatText.text(radius))>" }
}

extension PostgresCircle: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    @inlinable public static var postgresType: PostgresType { .circle }
    @inlinable public static var postgresArrayType: PostgresType { .circleArray }

    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        try GeometryCoding.check(PostgresCircle.self, bytes, type, is: .circle, numbers: 3)
        self.init(center: bytes.point(at: 0), radius: bytes.double(at: 16))
    }

    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        guard type == .circle else { throw .cannotEncode(PostgresCircle.self, as: type) }
        buffer.append(center)
        buffer.append(radius)
    }
}
