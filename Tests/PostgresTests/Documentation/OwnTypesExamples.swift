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

    enum Mood: String, PostgresCodable, PostgresArrayElement {
        case sad, fine, great
    }

    struct Address: PostgresComposite {
        var street: String
        var zip: Int?
        var moods: [Mood]

        static let postgresFields = PostgresFields(
            "address", Address.init, PostgresField("street", \Address.street), PostgresField("zip", \Address.zip),
            PostgresField("moods", \Address.moods))
    }

    static func ranges() throws -> [String] {
        let reserved = PostgresRange(1..<5)
        let warm: PostgresRange<Double> = PostgresRange(18.5...)
        let ever = try PostgresRange(lower: .exclusive(7), upper: .unbounded)
        return [reserved.description, warm.description, ever.description]
    }

    struct SemanticVersion: PostgresCodable, PostgresArrayElement {
        var text: String

        static let postgresType = PostgresType(named: "semver")

        init(text: String) { self.text = text }

        init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
            guard type.mayBe(named: "semver") else { throw .cannotDecode(SemanticVersion.self, from: type) }
            text = try String(binary: bytes, type: .text)
        }

        func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
            guard type.mayBe(named: "semver") else { throw .cannotEncode(SemanticVersion.self, as: type) }
            try text.encode(into: &buffer, as: .text)
        }
    }
}
