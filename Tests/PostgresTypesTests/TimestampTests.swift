import Foundation
import PostgresTypes
import PostgresWire
import Testing

@Suite struct TimestampTests {
    @Test(
        "trap 24: timestamps, their microseconds and the server's text",
        arguments: [
            ("2000-01-01 00:00:00", 0), ("1999-12-31 23:59:59.999999", -1),
            ("2024-01-02 03:04:05.6", 757_479_845_600_000), ("1970-01-01 00:00:00", -946_684_800_000_000),
            ("0044-03-15 12:00:00 BC", -64_464_465_600_000_000),
            ("4714-11-24 00:00:00 BC", -211_813_488_000_000_000),
            ("294276-12-31 23:59:59.999999", 9_223_371_331_199_999_999),
        ] as [(String, Int64)])
    func known(text: String, microseconds: Int64) throws {
        let timestamp = try #require(PostgresTimestamp(text))
        #expect(timestamp.microsecondsSince2000 == microseconds)
        #expect(timestamp.description == text)
        #expect(try decoded(encoded(timestamp), PostgresTimestamp.self) == timestamp)
        let p = try #require(timestamp.components)
        let again = PostgresTimestamp(
            year: p.year, month: p.month, day: p.day, hour: p.hour, minute: p.minute, second: p.second,
            microsecond: p.microsecond)
        #expect(again == timestamp)
        let instant = PostgresTimestampTZ(utc: timestamp)
        #expect(instant.description == text.replacing(" BC", with: "") + "+00" + (text.hasSuffix("BC") ? " BC" : ""))
        #expect(PostgresTimestampTZ(instant.description) == instant)
        #expect(instant.components == p)
        #expect(try decoded(encoded(instant), PostgresTimestampTZ.self) == instant)
    }

    @Test("both layouts are read, offsets are applied to instants and refused elsewhere")
    func layouts() {
        let plain = PostgresTimestamp("2024-01-02 03:04:05")
        #expect(PostgresTimestamp("2024-01-02T03:04:05") == plain)
        #expect(PostgresTimestamp("2024-01-02T03:04:05Z") == nil)
        #expect(PostgresTimestamp("2024-01-02 03:04:05+00") == nil)
        #expect(PostgresTimestamp("2024-01-02")?.description == "2024-01-02 00:00:00")
        #expect(PostgresTimestamp("0044-03-15 BC")?.description == "0044-03-15 00:00:00 BC")
        #expect(PostgresTimestamp("2024-12-31 24:00")?.description == "2025-01-01 00:00:00")
        #expect(PostgresTimestamp("2016-12-31 23:59:60")?.description == "2017-01-01 00:00:00")
        let instant = PostgresTimestampTZ("2024-01-02 03:04:05+00")
        for text in [
            "2024-01-02T03:04:05Z", "2024-01-02T03:04:05.000000z", "2024-01-02 05:04:05+02",
            "2024-01-01 19:34:05-07:30",
            "2024-01-02T08:34:05+0530", "2024-01-02 03:23:37+00:19:32",
        ] {
            #expect(PostgresTimestampTZ(text) == instant, "\(text)")
        }
        for text in [
            "2024-01-02 03:04:05", "2024-01-02", "2024-01-02+00", "now", "2024-01-02 03:04:05 +00",
            "2024-01-02  03:04Z",
        ] {
            #expect(PostgresTimestampTZ(text) == nil, "\(text)")
        }
    }

    @Test("trap 23: infinities are their own values and never far-off dates")
    func infinities() throws {
        #expect(try encoded(PostgresTimestamp.infinity) == hex("7fffffffffffffff"))
        #expect(try encoded(PostgresTimestampTZ.negativeInfinity) == hex("8000000000000000"))
        #expect(try decoded(hex("7fffffffffffffff"), PostgresTimestampTZ.self) == .infinity)
        #expect(try encoded(PostgresTimestampTZ.infinity, as: .date) == hex("7fffffff"))
        #expect(try encoded(PostgresTimestampTZ.negativeInfinity, as: .date) == hex("80000000"))
        #expect(PostgresTimestamp("-infinity") == .negativeInfinity)
        #expect(PostgresTimestampTZ("infinity")?.description == "infinity")
        #expect(PostgresTimestamp.infinity.components == nil)
        #expect(PostgresTimestamp(date: .infinity, time: try #require(PostgresTime("12:00"))) == .infinity)
        #expect(throws: PostgresError.self) { try decoded(hex("7fffffffffffffff"), as: .timestamptz, Date.self) }
        #expect(throws: PostgresError.self) { try decoded(hex("8000000000000000"), as: .timestamp, Date.self) }
        #expect(throws: PostgresError.self) { try decoded(hex("7fffffff"), as: .date, Date.self) }
    }

    @Test("a value beyond the server's range throws and can still be described")
    func outOfRange() {
        for value: Int64 in [.max - 1, 9_223_371_331_200_000_000, -211_813_488_000_000_001, .min + 1] {
            #expect(throws: PostgresError.self) { try decoded(encoded(value), as: .timestamp, PostgresTimestamp.self) }
            #expect(throws: PostgresError.self) { try decoded(encoded(value), as: .timestamptz, Date.self) }
            #expect(!PostgresTimestamp(microsecondsSince2000: value).description.isEmpty)
        }
        #expect(PostgresTimestamp("294277-01-01 00:00:00") == nil)
        #expect(PostgresTimestamp("294276-12-31 24:00:00") == nil)
        #expect(PostgresTimestampTZ("4714-11-24 00:00:00+01 BC") == nil)
        #expect(PostgresTimestamp(year: 5_874_897, month: 1, day: 1) == nil)
    }

    @Test("trap 25: a timestamp is not an instant and the other way round")
    func kept() {
        #expect(throws: PostgresError.self) { try decoded(encoded(0), as: .timestamp, PostgresTimestampTZ.self) }
        #expect(throws: PostgresError.self) { try decoded(encoded(0), as: .timestamptz, PostgresTimestamp.self) }
        #expect(throws: PostgresError.self) { try encoded(PostgresTimestamp.infinity, as: .timestamptz) }
    }

    @Test("random timestamps of the whole range go through text and back")
    func random() {
        var generator = SeededGenerator(state: 25)
        for _ in 0..<20_000 {
            let value = Int64.random(in: -211_813_488_000_000_000...9_223_371_331_199_999_999, using: &generator)
            let timestamp = PostgresTimestamp(microsecondsSince2000: value)
            #expect(PostgresTimestamp(timestamp.description) == timestamp)
            #expect(
                PostgresTimestampTZ(timestamp.description.hasSuffix("BC") ? "" : timestamp.description + "Z")
                    == (timestamp.description.hasSuffix("BC") ? nil : PostgresTimestampTZ(utc: timestamp)))
        }
    }

    @Test func codable() throws {
        struct All: Codable, Equatable {
            var date = PostgresDate(year: 2024, month: 2, day: 29)
            var time = PostgresTime(hour: 1, minute: 2)
            var timeTZ = PostgresTimeTZ("01:02:03+04")
            var timestamp = PostgresTimestamp(year: -44, month: 3, day: 15, hour: 12)
            var instant = PostgresTimestampTZ(year: 2024, month: 1, day: 2, microsecond: 500_000)
            var forever = PostgresTimestampTZ.infinity
            var interval = PostgresInterval(months: 14, days: 3, microseconds: -5)
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let data = try encoder.encode(All())
        #expect(
            String(decoding: data, as: UTF8.self)
                == #"{"date":"2024-02-29","forever":"infinity","instant":"2024-01-02T00:00:00.5+00:00","#
                + #""interval":"1 year 2 mons 3 days -00:00:00.000005","time":"01:02:00","timeTZ":"01:02:03+04","#
                + #""timestamp":"0044-03-15T12:00:00 BC"}"#)
        #expect(try JSONDecoder().decode(All.self, from: data) == All())
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([PostgresDate].self, from: Data(#"["2024-02-30"]"#.utf8))
        }
    }
}

@Suite struct FoundationDateTests {
    @Test("dates go through timestamptz and back without a microsecond lost for 270 years")
    func roundTrip() throws {
        var generator = SeededGenerator(state: 23)
        let range: Int64 = 8_500_000_000_000_000
        for _ in 0..<50_000 {
            let value = Int64.random(in: -range...range, using: &generator) + 31_622_400_000_000
            let instant = PostgresTimestampTZ(microsecondsSince2000: value)
            #expect(try PostgresTimestampTZ(instant.date()) == instant)
        }
    }

    @Test("a date is rounded to the nearest microsecond")
    func rounding() throws {
        func microseconds(_ interval: Double) throws -> Int64 {
            try PostgresTimestampTZ(Date(timeIntervalSinceReferenceDate: interval)).microsecondsSince2000
                - 31_622_400_000_000
        }
        #expect(try microseconds(0) == 0)
        #expect(try microseconds(0.000_000_4) == 0)
        #expect(try microseconds(0.000_000_6) == 1)
        #expect(try microseconds(-0.000_000_6) == -1)
        #expect(try microseconds(0.999_999_9) == 1_000_000)
        #expect(try microseconds(-1.5) == -1_500_000)
        #expect(try microseconds(700_000_000.123_456) == 700_000_000_123_456)
    }

    @Test("trap 23: what neither side can hold throws")
    func refusals() throws {
        for date in [Date.distantFuture, .distantPast] {
            #expect(try decoded(encoded(date), Date.self) == date)
        }
        for interval in [1e13, -1e13, 9.3e12, -2.2e11, .infinity, .nan] {
            #expect(throws: PostgresError.self) { try encoded(Date(timeIntervalSinceReferenceDate: interval)) }
        }
        let last = try #require(PostgresTimestampTZ("9999-12-31 23:59:59.999999+00"))
        let error = #expect(throws: PostgresError.self) { try last.date() }
        #expect(error?.advice != nil)
        #expect(
            try PostgresTimestampTZ(#require(PostgresTimestampTZ("9999-12-31 23:59:59+00")).date()).description
                == "9999-12-31 23:59:59+00")
    }

    @Test("timestamp and date are read and written as UTC")
    func otherTypes() throws {
        let date = Date(timeIntervalSince1970: 1_704_153_600)  // 2024-01-02
        #expect(try decoded(encoded(PostgresDate(year: 2024, month: 1, day: 2)), as: .date, Date.self) == date)
        #expect(
            try decoded(encoded(PostgresTimestamp(year: 2024, month: 1, day: 2)), as: .timestamp, Date.self) == date)
        #expect(try encoded(date, as: .date) == encoded(PostgresDate(year: 2024, month: 1, day: 2)))
        #expect(try encoded(PostgresTimestampTZ.infinity, as: .date) == hex("7fffffff"))
        #expect(throws: PostgresError.self) { try encoded(date + 0.5, as: .date) }
        #expect(throws: PostgresError.self) { try encoded(date, as: .text) }
        #expect(throws: PostgresError.self) { try encoded(PostgresTimestampTZ.infinity, as: .time) }
        let far = try encoded(PostgresDate(year: 5_874_897, month: 1, day: 1))
        #expect(throws: PostgresError.self) { try decoded(far, as: .date, Date.self) }
    }
}
