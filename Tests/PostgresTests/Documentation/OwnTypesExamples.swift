import Postgres

/// The examples of PostgresTypes' article Types of your own.
enum OwnTypesExamples {
    enum Weekday: Int, PostgresCodable, PostgresArrayElement {
        case monday = 1, tuesday, wednesday, thursday, friday, saturday, sunday
    }

    struct Point: Hashable, PostgresCodable, PostgresArrayElement {
        var x: Double
        var y: Double

        static var postgresType: PostgresType { .point }

        init(x: Double, y: Double) {
            self.x = x
            self.y = y
        }

        init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
            guard type == .point else { throw .cannotDecode(Point.self, from: type) }
            guard bytes.byteCount == 16 else { throw .invalidBytes(Point.self, type: type, "it must be 16 bytes") }
            x = try Double(binary: bytes.extracting(0..<8), type: .float8)
            y = try Double(binary: bytes.extracting(8..<16), type: .float8)
        }

        func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
            guard type == .point else { throw .cannotEncode(Point.self, as: type) }
            buffer.append(x.bitPattern)
            buffer.append(y.bitPattern)
        }
    }
}
