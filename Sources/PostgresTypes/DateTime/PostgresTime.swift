public import PostgresWire

/// A time of day without a zone: PostgreSQL's `time`, from 00:00:00 to 24:00:00, which is the end of the day.
public struct PostgresTime: Hashable, Comparable, Sendable {
    /// Hour, minute, second and microsecond.
    public struct Components: Hashable, Sendable {
        /// 0 to 24; 24 only with zeros after it.
        public var hour: Int
        /// 0 to 59.
        public var minute: Int
        /// 0 to 59.
        public var second: Int
        /// 0 to 999999.
        public var microsecond: Int
    }

    /// 0 to 86400000000.
    public let microsecondsSinceMidnight: Int64

    /// Nil when it is not within a day.
    @inlinable
    public init?(microsecondsSinceMidnight: Int64) {
        guard 0...86_400_000_000 ~= microsecondsSinceMidnight else { return nil }
        self.microsecondsSinceMidnight = microsecondsSinceMidnight
    }

    /// Nil when there is no such time. A 60th second is the next minute, as it is to the server.
    public init?(hour: Int, minute: Int, second: Int = 0, microsecond: Int = 0) {
        guard
            let total = ClockTime.microseconds(hour: hour, minute: minute, second: second, microsecond: microsecond)
        else { return nil }
        microsecondsSinceMidnight = total
    }

    /// The time as a clock shows it.
    public var components: Components {
        let time = ClockTime.split(microsecondsSinceMidnight)
        return Components(hour: time.hour, minute: time.minute, second: time.second, microsecond: time.microsecond)
    }

    @inlinable
    public static func < (left: PostgresTime, right: PostgresTime) -> Bool {
        left.microsecondsSinceMidnight < right.microsecondsSinceMidnight
    }
}

extension PostgresTime: PostgresTextConvertible {
    /// Reads `04:05`, `04:05:06` and `04:05:06.789`; nil for anything else.
    public init?(_ text: some StringProtocol) {
        let time = DateTimeReader.read(text) { reader in reader.timeOfDay().flatMap { reader.isAtEnd ? $0 : nil } }
        guard let time else { return nil }
        microsecondsSinceMidnight = time
    }

    public init?(_ description: String) { self.init(description[...]) }

    /// The server's text: `04:05:06.789`.
    public var description: String {
        DateTimeWriter.text { $0.append(timeOfDay: microsecondsSinceMidnight) }
    }
}

extension PostgresTime: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    @inlinable public static var postgresType: PostgresType { .time }
    @inlinable public static var postgresArrayType: PostgresType { .timeArray }

    @inlinable
    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        guard type == .time else { throw .cannotDecode(PostgresTime.self, from: type) }
        guard bytes.byteCount == 8 else { throw .invalidBytes(PostgresTime.self, type: type, "it must be 8 bytes") }
        guard let time = PostgresTime(microsecondsSinceMidnight: bytes.bigEndian()) else {
            throw .invalidBytes(PostgresTime.self, type: type, "it is out of range")
        }
        self = time
    }

    @inlinable
    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        guard type == .time else { throw .cannotEncode(PostgresTime.self, as: type) }
        buffer.append(microsecondsSinceMidnight)
    }
}
