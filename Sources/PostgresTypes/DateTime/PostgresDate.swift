public import PostgresWire

/// A day of the calendar: PostgreSQL's `date`, from 4713 BC to 5874897 AD, and its two infinities.
///
/// The calendar is the proleptic Gregorian one. Years before Christ are negative: 44 BC is -44, and there is no year 0,
/// as in the server's `make_date`.
///
///     let ides = PostgresDate(year: -44, month: 3, day: 15)      // 0044-03-15 BC
public struct PostgresDate: Hashable, Comparable, Sendable {
    /// Year, month and day.
    public struct Components: Hashable, Sendable {
        /// Negative before Christ; never 0.
        public var year: Int
        /// 1 to 12.
        public var month: Int
        /// 1 to 31.
        public var day: Int
    }

    /// Days since 2000-01-01; the greatest and the smallest `Int32` are the infinities.
    public let daysSince2000: Int32

    /// The day with this number. `Int32.max` and `Int32.min` are the infinities.
    @inlinable public init(daysSince2000: Int32) { self.daysSince2000 = daysSince2000 }

    /// Nil when there is no such day, or PostgreSQL has no room for it.
    public init?(year: Int, month: Int, day: Int) {
        guard let days = GregorianCalendar.checkedDays(year: year, month: month, day: day),
            let number = Int32(exactly: days), PostgresDate.finiteRange ~= number
        else { return nil }
        daysSince2000 = number
    }

    /// Later than every other date.
    public static let infinity = PostgresDate(daysSince2000: .max)
    /// Earlier than every other date.
    public static let negativeInfinity = PostgresDate(daysSince2000: .min)
    /// From 4714-11-24 BC, where Julian days begin, to 5874897-12-31.
    @usableFromInline static let finiteRange: ClosedRange<Int32> = -2_451_545...2_145_031_948

    /// False for the two infinities.
    @inlinable public var isFinite: Bool { daysSince2000 != .max && daysSince2000 != .min }

    /// Nil for the infinities.
    public var components: Components? {
        guard isFinite else { return nil }
        let date = GregorianCalendar.date(ofDay: Int(daysSince2000))
        return Components(year: GregorianCalendar.civilYear(date.year), month: date.month, day: date.day)
    }

    @inlinable
    public static func < (left: PostgresDate, right: PostgresDate) -> Bool {
        left.daysSince2000 < right.daysSince2000
    }
}

extension PostgresDate: PostgresTextConvertible {
    /// Reads `2024-01-02`, `0044-03-15 BC`, `infinity` and `-infinity`; nil for anything else.
    public init?(_ text: some StringProtocol) {
        let date = DateTimeReader.read(text) { reader -> PostgresDate? in
            if let sign = reader.infinity() { return sign > 0 ? .infinity : .negativeInfinity }
            guard let date = reader.date(), let isBC = reader.isBeforeChrist() else { return nil }
            return PostgresDate(year: isBC ? -date.year : date.year, month: date.month, day: date.day)
        }
        guard let date else { return nil }
        self = date
    }

    public init?(_ description: String) { self.init(description[...]) }

    /// The server's text with `DateStyle` ISO.
    public var description: String {
        guard isFinite else { return self == .infinity ? "infinity" : "-infinity" }
        return DateTimeWriter.text { writer in
            if writer.append(dateOfDay: Int(daysSince2000)) { writer.append(text: " BC") }
        }
    }
}

extension PostgresDate: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    @inlinable public static var postgresType: PostgresType { .date }
    @inlinable public static var postgresArrayType: PostgresType { .dateArray }

    @inlinable
    public init(binary bytes: RawSpan, type: PostgresType) throws(PostgresError) {
        guard type == .date else { throw .cannotDecode(PostgresDate.self, from: type) }
        guard bytes.byteCount == 4 else { throw .invalidBytes(PostgresDate.self, type: type, "it must be 4 bytes") }
        self.init(daysSince2000: bytes.bigEndian())
        guard !isFinite || PostgresDate.finiteRange ~= daysSince2000 else {
            throw .invalidBytes(PostgresDate.self, type: type, "it is out of range")
        }
    }

    @inlinable
    public func encode(into buffer: inout PostgresBuffer, as type: PostgresType) throws(PostgresError) {
        guard type == .date else { throw .cannotEncode(PostgresDate.self, as: type) }
        buffer.append(daysSince2000)
    }
}
