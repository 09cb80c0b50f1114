import PostgresTypes
import PostgresWire
import Testing

@Suite struct IntervalTests {
    @Test(
        "intervals and the server's text",
        arguments: [
            ("00:00:00", 0, 0, 0), ("1 year 2 mons 3 days 04:05:06.789", 14, 3, 14_706_789_000),
            ("1 mon", 1, 0, 0), ("-1 mons", -1, 0, 0), ("-1 years -2 mons +3 days", -14, 3, 0),
            ("1 day -00:00:01", 0, 1, -1_000_000), ("-1 days +00:00:01", 0, -1, 1_000_000),
            ("-00:00:00.000001", 0, 0, -1), ("100:00:00", 0, 0, 360_000_000_000), ("1 year -1 days", 12, -1, 0),
            ("178956970 years 7 mons", .max, 0, 0), ("-178956970 years -8 mons", .min, 0, 0),
            ("2562047788:00:54.775807", 0, 0, .max), ("-2562047788:00:54.775808", 0, 0, .min),
            ("infinity", .max, .max, .max), ("-infinity", .min, .min, .min),
        ] as [(String, Int32, Int32, Int64)])
    func known(text: String, months: Int32, days: Int32, microseconds: Int64) throws {
        let interval = PostgresInterval(months: months, days: days, microseconds: microseconds)
        #expect(interval.description == text)
        #expect(PostgresInterval(text) == interval)
        #expect(try decoded(encoded(interval), PostgresInterval.self) == interval)
    }

    @Test func knownBytes() throws {
        let bytes = hex("00000000 000f4240 00000002 fffffffd")
        #expect(try encoded(PostgresInterval(months: -3, days: 2, microseconds: 1_000_000)) == bytes)
        for count in [0, 8, 12, 15] {
            #expect(throws: PostgresError.self) { try decoded(Array(bytes.prefix(count)), PostgresInterval.self) }
        }
    }

    @Test(
        "ISO 8601 is read too",
        arguments: [
            ("P1Y2M3DT4H5M6.789S", "1 year 2 mons 3 days 04:05:06.789"), ("PT0S", "00:00:00"), ("P2W", "14 days"),
            ("P-1Y-2M3DT-4H-5M-6S", "-1 years -2 mons +3 days -04:05:06"), ("PT90M", "01:30:00"), ("P1M", "1 mon"),
            ("PT-0.5S", "-00:00:00.5"),
        ])
    func iso(text: String, written: String) {
        #expect(PostgresInterval(text)?.description == written)
    }

    @Test(
        "what is no interval",
        arguments: [
            "", "1", "1 fortnight", "1 day 2", "P", "PT", "P1", "P1H", "PT1D", "P1.5D", "1 day  2 days", "04:05",
            "04:60:00",
            "1 day ", "P1Y ", "999999999 years", "PT99999999999999999H", "2147483648 days", "1 days x", "--1 day",
        ])
    func unreadable(text: String) {
        #expect(PostgresInterval(text) == nil)
    }

    @Test("random intervals go through text and back")
    func random() {
        var generator = SeededGenerator(state: 26)
        for _ in 0..<20_000 {
            let interval = PostgresInterval(
                months: Int32(truncatingIfNeeded: generator.next()) >> Int32.random(in: 0...31, using: &generator),
                days: Int32(truncatingIfNeeded: generator.next()) >> Int32.random(in: 0...31, using: &generator),
                microseconds: Int64(truncatingIfNeeded: generator.next()) >> Int64.random(in: 0...63, using: &generator)
            )
            #expect(PostgresInterval(interval.description) == interval)
        }
    }

    @Test("ordered by length, equal only in every part")
    func order() {
        let month = PostgresInterval(months: 1), days = PostgresInterval(days: 30)
        #expect(month != days)
        #expect(days < month)
        #expect(!(month < days))
        #expect(month < PostgresInterval(days: 30, microseconds: 1))
        #expect(PostgresInterval(months: .max, days: .max, microseconds: .max - 1) < .infinity)
        #expect(PostgresInterval.negativeInfinity < PostgresInterval(months: .min))
    }

    @Test func durations() {
        #expect(PostgresInterval(exactly: .milliseconds(-1500))?.microseconds == -1_500_000)
        #expect(PostgresInterval(exactly: .nanoseconds(1)) == nil)
        #expect(PostgresInterval(exactly: .seconds(Int64.max)) == nil)
        #expect(PostgresInterval(microseconds: 7).duration == .microseconds(7))
        #expect(PostgresInterval(days: 1).duration == nil)
    }

    @Test(
        "trap 25: every IntervalStyle is read as the same interval",
        arguments: [
            (
                "1 year 2 mons 3 days 04:05:06.7",
                ["P1Y2M3DT4H5M6.7S", "@ 1 year 2 mons 3 days 4 hours 5 mins 6.7 secs", "+1-2 +3 +4:05:06.7"]
            ),
            (
                "-1 years -2 mons +3 days -04:05:06",
                ["@ 1 year 2 mons -3 days 4 hours 5 mins 6 secs ago", "-1-2 +3 -4:05:06"]
            ),
            ("-3 days -04:05:06", ["@ 3 days 4 hours 5 mins 6 secs ago", "-3 4:05:06", "P-3DT-4H-5M-6S"]),
            ("3 days 04:05:06", ["3 4:05:06"]), ("1 year 2 mons", ["1-2", "@ 1 year 2 mons"]),
            ("-1 years -2 mons", ["-1-2"]),
            ("00:00:00", ["0", "@ 0", "PT0S"]), ("00:00:01", ["@ 1 sec", "0:00:01"]),
            ("-00:00:00.5", ["@ 0.5 secs ago", "-0:00:00.5"]),
            ("1 mon -1 days", ["@ 1 mon -1 days", "+0-1 -1 +0:00:00"]),
        ])
    func styles(text: String, others: [String]) throws {
        let interval = try #require(PostgresInterval(text))
        for other in others { #expect(PostgresInterval(other) == interval, "\(other)") }
    }

    @Test(
        "what is of no IntervalStyle",
        arguments: ["1", "@", "@ ", "@ 1", "1-12", "1-2 3", "+1-2 3 +4:05:06", "@ 1 week", "3 4", "-", "@ 1.5 days"])
    func noStyle(text: String) {
        #expect(PostgresInterval(text) == nil)
    }
}
