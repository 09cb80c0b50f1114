import Foundation
import PostgresTypes
import PostgresWire
import Testing

@Suite struct RangeTests {
    @Test func knownBytes() throws {
        let oneToFive = hex("02 00000004 00000001 00000004 00000005")
        #expect(try encoded(PostgresRange(1..<5 as Range<Int32>)) == oneToFive)
        #expect(try decoded(oneToFive, as: .int4range, PostgresRange<Int>.self) == PostgresRange(1..<5))
        #expect(try encoded(PostgresRange<Int32>.empty) == [1])
        #expect(try encoded(PostgresRange<Int32>.unbounded) == hex("18"))
        #expect(try encoded(PostgresRange((7 as Int32)...)) == hex("12 00000004 00000007"))
        #expect(try encoded(PostgresRange(..<(7 as Int32))) == hex("08 00000004 00000007"))
        #expect(try decoded(hex("01"), as: .daterange, PostgresRange<PostgresDate>.self).isEmpty)
    }

    @Test("every kind of bounds comes back, in binary and in text")
    func roundTrip() throws {
        func check<B: PostgresRangeBound>(_ low: B, _ high: B, builtin: Bool = true) throws {
            if builtin { #expect(PostgresRange<B>.postgresType.rangeBound == B.postgresType || B.self == Int16.self) }
            let limits: [(PostgresRange<B>.Limit, PostgresRange<B>.Limit)] = [
                (.inclusive(low), .exclusive(high)), (.exclusive(low), .inclusive(high)),
                (.inclusive(low), .inclusive(low)), (.unbounded, .inclusive(high)), (.exclusive(low), .unbounded),
                (.unbounded, .unbounded),
            ]
            var ranges = [PostgresRange<B>.empty]
            for (lower, upper) in limits { ranges.append(try PostgresRange(lower: lower, upper: upper)) }
            for range in ranges {
                #expect(try decoded(encoded(range), PostgresRange<B>.self) == range)
                #expect(PostgresRange<B>(range.description) == range, "\(range)")
            }
            #expect(try decoded(encoded(ranges), [PostgresRange<B>].self) == ranges)
            let multirange = PostgresMultirange(ranges)
            #expect(try decoded(encoded(multirange), PostgresMultirange<B>.self) == multirange)
            #expect(PostgresMultirange<B>(multirange.description) == multirange)
            #expect(try decoded(encoded([multirange]), [PostgresMultirange<B>].self) == [multirange])
        }
        try check(-1, 1 << 40)
        try check(1 as Int32, 2)
        try check(1 as Int16, 2)
        try check(#require(PostgresNumeric("-1.50")), 2)
        try check(Decimal(1.5), 2)
        try check(#require(PostgresTimestamp("2024-01-02 03:04:05.6")), .infinity)
        try check(PostgresTimestampTZ.negativeInfinity, #require(PostgresTimestampTZ("2024-01-02 03:04:05+00")))
        try check(Date(timeIntervalSinceReferenceDate: 0), Date(timeIntervalSinceReferenceDate: 86_400.5))
        try check(#require(PostgresDate("0044-03-15 BC")), #require(PostgresDate("2024-02-29")))
        try check(1.5, 2.5, builtin: false)
        try check("a \"b\" (c],", "z\\", builtin: false)
        try check("", "z", builtin: false)
        try check(
            #require(PostgresTime(hour: 1, minute: 2)), #require(PostgresTime(hour: 24, minute: 0)), builtin: false)
    }

    @Test("bounds out of order are refused, bounds that enclose nothing are empty")
    func order() throws {
        #expect(throws: PostgresError.self) { try PostgresRange(lower: .inclusive(2), upper: .exclusive(1)) }
        #expect(try PostgresRange(lower: .inclusive(1), upper: .exclusive(1)) == .empty)
        #expect(try PostgresRange(lower: .exclusive(1), upper: .inclusive(1)) == .empty)
        #expect(try !PostgresRange(lower: .inclusive(1), upper: .inclusive(1)).isEmpty)
        #expect(PostgresRange(1..<1) == .empty)
        #expect(PostgresRange<Int>("[2,1]") == nil)
    }

    @Test("ranges of integers and days are written canonically, as the server writes them")
    func canonical() throws {
        #expect(PostgresRange(1...5).canonical == PostgresRange(1..<6))
        #expect(try PostgresRange(lower: .exclusive(1), upper: .exclusive(5)).canonical == PostgresRange(2..<5))
        #expect(try PostgresRange(lower: .exclusive(1), upper: .exclusive(2)).canonical == .empty)
        #expect(PostgresRange(1...Int.max).canonical == nil)
        #expect(PostgresRange(...5).canonical == PostgresRange(..<6))
        let day = try #require(PostgresDate("2024-02-28"))
        #expect(PostgresRange(day...day).canonical?.description == "[2024-02-28,2024-02-29)")
        #expect(PostgresRange(day...PostgresDate.infinity).canonical?.description == "[2024-02-28,infinity]")
        #expect(PostgresRange<Int>.empty.canonical == .empty)
    }

    @Test("conversions to Swift's ranges are exact or nil")
    func conversions() throws {
        #expect(Range(PostgresRange(1..<5)) == 1..<5)
        #expect(ClosedRange(PostgresRange(1...5)) == 1...5)
        #expect(Range(PostgresRange(1...5)) == nil)
        #expect(ClosedRange(PostgresRange(1..<5)) == nil)
        #expect(Range(PostgresRange<Int>.empty) == nil)
        #expect(Range(PostgresRange(1...)) == nil)
        // Bytes with the bounds the wrong way round must not trap.
        let reversed = try decoded(
            hex("02 00000004 00000005 00000004 00000001"), as: .int4range, PostgresRange<Int>.self)
        #expect(Range(reversed) == nil)
        #expect(!reversed.contains(3))
    }

    @Test func contains() throws {
        let range = try PostgresRange(lower: .exclusive(1), upper: .inclusive(3))
        #expect([0, 1, 2, 3, 4].map { range.contains($0) } == [false, false, true, true, false])
        #expect(PostgresRange<Int>.unbounded.contains(.min))
        #expect(!PostgresRange<Int>.empty.contains(0))
        #expect(PostgresMultirange([PostgresRange(1..<2), PostgresRange(5...)]).contains(9))
    }

    @Test("trap 38: the server's range type decides the encoding of the bounds")
    func recoding() throws {
        func bind(_ query: PostgresQuery, as type: PostgresType) throws(PostgresError) -> [UInt8] {
            var buffer = PostgresBuffer()
            try query.parameters.appendBindParameters(as: [type], to: &buffer)
            return buffer.withUnsafeBytes { Array($0) }
        }
        let prefix = "0001 0001 0001"
        #expect(
            try bind("\(PostgresRange(1..<5))", as: .int4range)
                == hex("\(prefix) 00000011 02 00000004 00000001 00000004 00000005"))
        #expect(
            try bind("\(PostgresMultirange([PostgresRange(1..<5)]))", as: .int4multirange)
                == hex("\(prefix) 00000019 00000001 00000011 02 00000004 00000001 00000004 00000005"))
        #expect(
            try bind("\([PostgresRange<Int>.empty])", as: PostgresType(rawValue: 3905))
                == hex("\(prefix) 00000019 00000001 00000000 00000f40 00000001 00000001 00000001 01"))
        #expect(throws: PostgresError.self) { try bind("\(PostgresRange(1..<(1 << 40)))", as: .int4range) }
        #expect(throws: PostgresError.self) { try bind("\(PostgresRange(1..<5))", as: .int4) }
        // A range that users made takes text.
        #expect(
            try bind("\(PostgresRange(1.5..<2))", as: TextTests.userType)
                == hex("0001 0000 0001 00000009") + Array("[1.5,2.0)".utf8))
    }

    @Test(
        "malformed text is refused",
        arguments: ["", "[", "[1", "[1,", "[1,2", "1,2)", "[1,2) x", "[1;2)", "empty x", "[a,b)", "[1,2,3)", "[\"1,2)"])
    func malformedText(text: String) {
        #expect(PostgresRange<Int>(text) == nil)
        #expect(PostgresMultirange<Int>("{" + text + "}") == nil || text.isEmpty)
    }

    @Test(
        "fuzz: an empty range is read within a multirange too",
        arguments: ["{empty}", "{[1,5),empty}", "{empty,[1,5)}", "{ EMPTY , [1,5)}"])
    func emptyWithinMultirange(text: String) throws {
        let multirange = try #require(PostgresMultirange<Int32>(text))
        #expect(multirange.ranges.contains(.empty))
        #expect(PostgresMultirange(multirange.description) == multirange)
        #expect(PostgresMultirange<Int32>("{emptyx}") == nil)
    }

    @Test(
        "trap 18: lying lengths and flags throw",
        arguments: [
            "", "00", "02 00000004", "02 7fffffff 00000001", "02 ffffffff ffffffff", "ff", "80", "20", "01 00", "18 00",
            "02 00000004 00000001 00000004 00000005 00", "02 00000003 000001 00000003 000001",
        ])
    func lying(bytes: String) {
        #expect(throws: PostgresError.self) { try decoded(hex(bytes), as: .int4range, PostgresRange<Int32>.self) }
        #expect(throws: PostgresError.self) {
            try decoded(hex("7fffffff" + bytes), as: .int4multirange, PostgresMultirange<Int32>.self)
        }
    }

    @Test("what is no range is not read as one")
    func noRange() {
        #expect(throws: PostgresError.self) { try decoded([1], as: .text, PostgresRange<Int>.self) }
        #expect(throws: PostgresError.self) { try decoded([1], as: .int4range, PostgresMultirange<Int>.self) }
        #expect(throws: PostgresError.self) { try encoded(PostgresRange(1..<2), as: .int8) }
    }
}
