import Foundation
import PostgresTypes
import PostgresWire
import Testing

@Suite struct DateTests {
    @Test(
        "trap 24: dates, their day numbers and the server's text",
        arguments: [
            ("2000-01-01", 0), ("1999-12-31", -1), ("2000-02-29", 59), ("2024-01-02", 8767), ("1970-01-01", -10957),
            ("0001-01-01", -730_119), ("0001-12-31 BC", -730_120), ("0044-03-15 BC", -746_117),
            ("4714-11-24 BC", -2_451_545), ("4713-02-29 BC", -2_451_448), ("9999-12-31", 2_921_939),
            ("294276-12-31", 106_751_982), ("5874897-12-31", 2_145_031_948),
        ] as [(String, Int32)])
    func known(text: String, days: Int32) throws {
        let date = try #require(PostgresDate(text))
        #expect(date.daysSince2000 == days)
        #expect(date.description == text)
        #expect(try decoded(encoded(date), PostgresDate.self) == date)
        let parts = try #require(date.components)
        #expect(PostgresDate(year: parts.year, month: parts.month, day: parts.day) == date)
    }

    @Test("years before Christ are negative and there is no year 0")
    func eras() {
        #expect(PostgresDate(year: -44, month: 3, day: 15)?.description == "0044-03-15 BC")
        #expect(PostgresDate("0044-03-15 BC")?.components?.year == -44)
        #expect(PostgresDate(year: 0, month: 1, day: 1) == nil)
        #expect(PostgresDate(year: -1, month: 2, day: 29) != nil)  // 1 BC is a leap year
        #expect(PostgresDate(year: -4, month: 2, day: 29) == nil)
        #expect(PostgresDate(year: 1900, month: 2, day: 29) == nil)
        #expect(PostgresDate(year: 2000, month: 2, day: 29) != nil)
    }

    @Test(
        "what is no date",
        arguments: [
            "", "2024", "2024-13-01", "2024-00-10", "2024-02-30", "2023-02-29", "2024-01-00", "2024-1-2", "24-01-02",
            "0000-01-01", "2024-01-02 ", " 2024-01-02", "2024-01-02 AD", "2024-01-02T00:00", "4714-11-23 BC",
            "5874898-01-01", "99999999-01-01", "2024/01/02", "Infinity", "2024-01-02BC", "-2024-01-02",
        ])
    func unreadable(text: String) {
        #expect(PostgresDate(text) == nil)
    }

    @Test("trap 23: infinities are their own values")
    func infinities() throws {
        #expect(try encoded(PostgresDate.infinity) == hex("7fffffff"))
        #expect(try encoded(PostgresDate.negativeInfinity) == hex("80000000"))
        #expect(try decoded(hex("7fffffff"), PostgresDate.self) == .infinity)
        #expect(PostgresDate("infinity") == .infinity)
        #expect(PostgresDate("-infinity")?.description == "-infinity")
        #expect(PostgresDate.infinity.components == nil)
        #expect(!PostgresDate.infinity.isFinite)
        #expect(try PostgresDate.negativeInfinity < #require(PostgresDate("4714-11-24 BC")))
        #expect(try PostgresDate.infinity > #require(PostgresDate("5874897-12-31")))
    }

    @Test("a day beyond the server's range throws")
    func outOfRange() {
        for days: Int32 in [.max - 1, 2_145_031_949, -2_451_546, .min + 1] {
            #expect(throws: PostgresError.self) { try decoded(encoded(days), as: .date, PostgresDate.self) }
        }
        #expect(PostgresDate(daysSince2000: .max - 1).description == "5881610-07-10")
    }

    @Test("every day of 800 years follows the one before it")
    func everyDay() {
        var (year, month, day) = (1599, 12, 31)
        var mismatches = 0
        for number in Int32(-146_098)...146_096 {
            let date = PostgresDate(daysSince2000: number)
            let parts = date.components
            if parts?.year != year || parts?.month != month || parts?.day != day { mismatches += 1 }
            if PostgresDate(year: year, month: month, day: day) != date { mismatches += 1 }
            if PostgresDate(year: year, month: month, day: day + 1) != nil {
                day += 1
            } else {
                (month, day) = month == 12 ? (1, 1) : (month + 1, 1)
                if month == 1 { year += 1 }
            }
        }
        #expect(mismatches == 0)
        #expect(year == 2400)
    }

    @Test("random days of the whole range go through text and back")
    func random() {
        var generator = SeededGenerator(state: 24)
        for _ in 0..<20_000 {
            let date = PostgresDate(daysSince2000: .random(in: -2_451_545...2_145_031_948, using: &generator))
            #expect(PostgresDate(date.description) == date)
        }
    }
}

@Suite struct TimeTests {
    @Test(
        "trap 24: times and the server's text, 24:00:00 too",
        arguments: [
            ("00:00:00", 0), ("04:05:06.789", 14_706_789_000), ("23:59:59.999999", 86_399_999_999),
            ("24:00:00", 86_400_000_000), ("12:00:00.000001", 43_200_000_001), ("12:00:00.1", 43_200_100_000),
        ] as [(String, Int64)])
    func known(text: String, microseconds: Int64) throws {
        let time = try #require(PostgresTime(text))
        #expect(time.microsecondsSinceMidnight == microseconds)
        #expect(time.description == text)
        #expect(try decoded(encoded(time), PostgresTime.self) == time)
        let parts = time.components
        #expect(
            PostgresTime(
                hour: parts.hour, minute: parts.minute, second: parts.second, microsecond: parts.microsecond) == time)
    }

    @Test("trap 24: a leap second is the next minute; digits beyond the sixth are rounded to even")
    func rounding() {
        #expect(PostgresTime("23:59:60")?.description == "24:00:00")
        #expect(PostgresTime("12:30:60")?.description == "12:31:00")
        #expect(PostgresTime("04:05")?.description == "04:05:00")
        #expect(PostgresTime("00:00:00.0000005")?.microsecondsSinceMidnight == 0)
        #expect(PostgresTime("00:00:00.0000015")?.microsecondsSinceMidnight == 2)
        #expect(PostgresTime("00:00:00.00000051")?.microsecondsSinceMidnight == 1)
        #expect(PostgresTime("23:59:59.9999999")?.description == "24:00:00")
    }

    @Test(
        "what is no time",
        arguments: [
            "", "4:05", "24:00:01", "24:00:00.000001", "25:00", "12:60", "12:00:61", "12:00:00.", "12:00:00Z", "12",
        ])
    func unreadable(text: String) {
        #expect(PostgresTime(text) == nil)
    }

    @Test func outOfRange() {
        for value: Int64 in [-1, 86_400_000_001, .max, .min] {
            #expect(throws: PostgresError.self) { try decoded(encoded(value), as: .time, PostgresTime.self) }
            #expect(PostgresTime(microsecondsSinceMidnight: value) == nil)
        }
    }

    @Test(
        "trap 24: times with an offset, up to 15:59",
        arguments: [
            ("04:05:06-08", "00000003 6c8bc080 00007080"), ("24:00:00+15:59", "00000014 1dd76000 ffff1f3c"),
            ("00:00:00-15:59:59", "00000000 00000000 0000e0ff"), ("12:00:00+00", "0000000a 0eebb000 00000000"),
            ("12:00:00+05:30", "0000000a 0eebb000 ffffb2a8"),
        ])
    func withOffset(text: String, bytes: String) throws {
        let time = try #require(PostgresTimeTZ(text))
        #expect(time.description == text)
        #expect(try encoded(time) == hex(bytes))
        #expect(try decoded(hex(bytes), PostgresTimeTZ.self) == time)
    }

    @Test func offsetRules() throws {
        for text in ["12:00:00", "12:00:00+16", "12:00:00+05:60", "12:00:00+5", "12:00:00 +05"] {
            #expect(PostgresTimeTZ(text) == nil, "\(text)")
        }
        #expect(PostgresTimeTZ("12:00Z")?.description == "12:00:00+00")
        #expect(PostgresTimeTZ("12:00:00+0530")?.description == "12:00:00+05:30")
        for bytes in ["00000000 00000000 0000e100", "00000000 00000000 80000000", "ffffffff ffffffff 00000000"] {
            #expect(throws: PostgresError.self) { try decoded(hex(bytes), PostgresTimeTZ.self) }
        }
        let east = try #require(PostgresTimeTZ("13:00+01")), west = try #require(PostgresTimeTZ("11:00-01"))
        #expect(east != west)
        #expect(east < west)
        #expect(try east < #require(PostgresTimeTZ("12:30+00")))
    }
}
