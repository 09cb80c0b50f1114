public import PostgresWire

/// An endless line, the points where `ax + by + c = 0`: `line`.
///
/// The server refuses one whose `a` and `b` are both 0.
public struct PostgresLine: PostgresTextConvertible {
    public var a: Double
    public var b: Double
    public var c: Double

    @inlinable
    public init(a: Double, b: Double, c: Double) {
        self.a = a
        self.b = b
        self.c = c
    }

    /// Reads `{1,2,3}`.
    public init?(_ description: String) {
        guard let numbers = TextScanner.read(description, { $0.numbers(from: "{", to: "}") }), numbers.count == 3 else {
            return nil
        }
        self.init(a: numbers[0], b: numbers[1], c: numbers[2])
    }

    /// `{1,2,3}`.
    public var description: String { "{\(FloatText.text(a)),\(FloatText.text(b)),\(FloatText.text(c))}" }
}

extension PostgresLine: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    @inlinable public static var postgresType: PostgresType { .line }
    @inlinable public static var postgresArrayType: PostgresType { .lineArray }

    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        try GeometryCoding.check(PostgresLine.self, bytes, type, is: .line, numbers: 3)
        self.init(a: bytes.double(at: 0), b: bytes.double(at: 8), c: bytes.double(at: 16))
    }

    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        guard type == .line else { throw .cannotEncode(PostgresLine.self, as: type) }
        for number in [a, b, c] { buffer.append(number) }
    }
}
