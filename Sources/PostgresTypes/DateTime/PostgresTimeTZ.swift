public import PostgresWire

/// A time of day with an offset from UTC: PostgreSQL's `timetz`.
///
/// Ordered as the server orders it: by the instant within a day in UTC, then by the offset. Equal only when both are.
public struct PostgresTimeTZ: Hashable, Comparable, Sendable {
    /// The time on the clock there.
    public let time: PostgresTime
    /// How far that clock is ahead of UTC; less than 16 hours either way.
    public let secondsEastOfUTC: Int32

    /// Nil when the offset is 16 hours or more.
    public init?(time: PostgresTime, secondsEastOfUTC: Int32) {
        guard PostgresTimeTZ.zoneRange ~= secondsEastOfUTC else { return nil }
        self.time = time
        self.secondsEastOfUTC = secondsEastOfUTC
    }

    /// Less than 16 hours (`TZDISP_LIMIT` in the server's source).
    static let zoneRange: ClosedRange<Int32> = -57_599...57_599

    private var microsecondsInUTC: Int64 { time.microsecondsSinceMidnight - Int64(secondsEastOfUTC) * 1_000_000 }

    public static func < (left: PostgresTimeTZ, right: PostgresTimeTZ) -> Bool {
        // The wire counts seconds west, and the server orders by those.
        (left.microsecondsInUTC, -left.secondsEastOfUTC) < (right.microsecondsInUTC, -right.secondsEastOfUTC)
    }
}

extension PostgresTimeTZ: PostgresTextConvertible {
    /// Reads `04:05:06.789-08`, `…+05:30`, `…Z`; nil for anything else, a time without offset included.
    public init?(_ text: some StringProtocol) {
        let time = DateTimeReader.read(text) { reader -> PostgresTimeTZ? in
            guard let time = reader.timeOfDay().flatMap({ PostgresTime(microsecondsSinceMidnight: $0) }),
                let zone = reader.zone(), reader.isAtEnd
            else { return nil }
            return PostgresTimeTZ(time: time, secondsEastOfUTC: Int32(zone))
        }
        guard let time else { return nil }
        self = time
    }

    public init?(_ description: String) { self.init(description[...]) }

    /// The server's text: `04:05:06.789-08`.
    public var description: String {
        DateTimeWriter.text { writer in
            writer.append(timeOfDay: time.microsecondsSinceMidnight)
            writer.append(zone: Int(secondsEastOfUTC))
        }
    }
}

extension PostgresTimeTZ: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    public static var postgresType: PostgresType { .timetz }
    public static var postgresArrayType: PostgresType { .timetzArray }

    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        guard type == .timetz else { throw .cannotDecode(PostgresTimeTZ.self, from: type) }
        guard bytes.byteCount == 12 else {
            throw .invalidBytes(PostgresTimeTZ.self, type: type, "it must be 12 bytes")
        }
        let west: Int32 = bytes.bigEndian(at: 8)
        guard let time = PostgresTime(microsecondsSinceMidnight: bytes.bigEndian()), PostgresTimeTZ.zoneRange ~= west
        else { throw .invalidBytes(PostgresTimeTZ.self, type: type, "it is out of range") }
        self.time = time
        secondsEastOfUTC = -west
    }

    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        guard type == .timetz else { throw .cannotEncode(PostgresTimeTZ.self, as: type) }
        buffer.append(time.microsecondsSinceMidnight)
        buffer.append(-secondsEastOfUTC)
    }
}
