import Foundation
import PostgresTypes
import PostgresWire
import Testing

@Suite struct ArrayTests {
    static let twoIntegers = "00000001 00000000 00000017 00000002 00000001 00000004 00000001 00000004 fffffffe"

    @Test func knownBytes() throws {
        #expect(try encoded([1, -2] as [Int32]) == hex(Self.twoIntegers))
        #expect(try decoded(hex(Self.twoIntegers), [Int32].self) == [1, -2])
        #expect(try decoded(hex(Self.twoIntegers), as: .int4Array, [Int].self) == [1, -2])
        #expect(try encoded([Int]()) == hex("00000000 00000000 00000014"))
        #expect(try decoded(hex("00000000 00000000 00000017"), [Int32].self) == [])
        #expect(
            try encoded(["a", nil, ""] as [String?])
                == hex("00000001 00000001 00000019 00000003 00000001 00000001 61 ffffffff 00000000"))
    }

    @Test("trap 29: elements may be NULL where the Swift type says so")
    func nulls() throws {
        #expect(try encoded([] as [Int32?]) == hex("00000000 00000000 00000017"))
        let bytes = try encoded([1, nil, 3] as [Int32?])
        #expect(try decoded(bytes, [Int32?].self) == [1, nil, 3])
        #expect(throws: PostgresError.self) { try decoded(bytes, [Int32].self) }
        #expect(try decoded(encoded([nil, nil] as [Int?]), [Int?].self) == [nil, nil])
    }

    @Test("arrays of every element type come back")
    func elementTypes() throws {
        func check<E: PostgresArrayElement & Equatable>(_ elements: [E]) throws {
            #expect([E].postgresType.element != nil)
            #expect(try decoded(encoded(elements), [E].self) == elements)
        }
        try check([true, false])
        try check([1, 2, 3] as [Int16])
        try check([Int.min, .max])
        try check([1.5, -.infinity])
        try check([1.5] as [Float])
        try check(["", "b\"{,}\\", "NULL"])
        try check([UUID(), UUID()])
        try check([[1, 2], []] as [[UInt8]])
        try check([Data([1])])
        try check([PostgresNumeric(7), .nan])
        try check([Decimal(7)])
        try check([PostgresDate.infinity])
        try check([PostgresTimestampTZ.infinity])
        try check([PostgresInterval(months: 1)])
        try check([Date(timeIntervalSinceReferenceDate: 0.5)])
    }

    @Test("the server's element type decides the encoding")
    func otherElementTypes() throws {
        #expect(try encoded([1, -2] as [Int], as: .int4Array) == hex(Self.twoIntegers))
        #expect(Array(try encoded(["a"], as: .varcharArray)[8..<12]) == hex("00000413"))
        #expect(throws: PostgresError.self) { try encoded([1 << 40], as: .int4Array) }
        #expect(throws: PostgresError.self) { try encoded(["a"], as: .int4Array) }
        #expect(throws: PostgresError.self) { try encoded(["a"], as: .text) }
        #expect(throws: PostgresError.self) { try encoded(["a"], as: TextTests.userType) }
        // An array of an enum: the array itself says what its elements are.
        let enums = hex("00000001 00000000 00004e20 00000001 00000001 00000001 61")
        #expect(try decoded(enums, as: PostgresType(rawValue: 20_001), [String].self) == ["a"])
    }

    @Test("trap 29: an array that begins at -3 is read as [T], one of two dimensions is refused with advice")
    func shapes() throws {
        let fromMinusThree = "00000001 00000000 00000017 00000001 fffffffd 00000004 00000007"
        #expect(try decoded(hex(fromMinusThree), [Int32].self) == [7])
        let square = "00000002 00000000 00000017 00000001 00000001 00000001 00000001 00000004 00000007"
        let error = #expect(throws: PostgresError.self) { try decoded(hex(square), [Int32].self) }
        #expect(error?.message.contains("2 dimensions") == true)
        #expect(error?.advice != nil)
    }

    @Test(
        "trap 18: lying inner lengths throw and allocate nothing",
        arguments: [
            "00000001 00000000 00000017 7fffffff 00000001",  // two thousand million elements
            "00000001 00000000 00000017 ffffffff 00000001",  // minus one element
            "00000001 00000000 00000017 00000002 00000001 00000004 00000001",  // one missing
            "00000001 00000000 00000017 00000001 00000001 00000008 00000001",  // longer than the array
            "00000001 00000000 00000017 00000001 00000001 fffffffe 00000001",  // length -2
            "00000001 00000000 00000017 00000001 00000001 00000004 00000001 00",  // a byte too many
            "00000000 00000000 00000017 00",  // empty, with a byte
            "00000001 00000002 00000017 00000000 00000001",  // unknown flag
            "00000007 00000000 00000017 00000000 00000001",  // seven dimensions
            "ffffffff 00000000 00000017 00000000 00000001",  // minus one dimension
            "00000001 00000000 00000019 00000001 00000001 00000004 00000001",  // elements of text
        ])
    func lyingLengths(bytes: String) {
        #expect(throws: PostgresError.self) { try decoded(hex(bytes), [Int32].self) }
    }

    @Test("what is no array is not read as one")
    func noArray() {
        #expect(throws: PostgresError.self) { try decoded(hex(Self.twoIntegers), as: .text, [Int32].self) }
        #expect(throws: PostgresError.self) { try decoded(hex(Self.twoIntegers), as: .int4, [Int32].self) }
    }
}
