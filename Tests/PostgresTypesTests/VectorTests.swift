import PostgresTypes
import PostgresWire
import Testing

@Suite struct VectorTests {
    static let type = TextTests.userType

    @Test("pgvector's vector: known bytes and text")
    func vector() throws {
        let vector: PostgresVector = [1, 2.5, -3]
        #expect(vector.description == "[1,2.5,-3]")
        #expect(PostgresVector("[1,2.5,-3]") == vector)
        #expect(try encoded(vector, as: Self.type) == hex("0003 0000 3f800000 40200000 c0400000"))
        #expect(try decoded(encoded(vector, as: Self.type), as: Self.type, PostgresVector.self) == vector)
        #expect(try encoded(vector) == Array("[1,2.5,-3]".utf8))
        #expect(PostgresVector([1e6, 999_999, 0.0001, 1e-5]).description == "[1e+06,999999,0.0001,1e-05]")
        for text in ["", "[]", "[1", "1,2", "[1,]", "[NaN]", "[Infinity]", "[1e39]", "[1]x"] {
            #expect(PostgresVector(text) == nil)
        }
        for bytes in [
            "", "0001", "0001 0000", "0001 0000 3f8000", "0001 0001 3f800000", "0000 0000 3f800000", "ffff 0000",
        ] {
            #expect(throws: PostgresError.self) { try decoded(hex(bytes), as: Self.type, PostgresVector.self) }
        }
        for type in [PostgresType.float4Array, .bytea, PostgresType(named: "halfvec")] {
            #expect(throws: PostgresError.self) { try encoded(vector, as: type) }
            #expect(throws: PostgresError.self) {
                try decoded(hex("0001 0000 3f800000"), as: type, PostgresVector.self)
            }
        }
        #expect(throws: PostgresError.self) {
            try encoded(PostgresVector([Float](repeating: 1, count: 16_001)), as: Self.type)
        }
    }

    @Test("every half-precision number is exact as a Float and comes back")
    func allHalves() throws {
        var wrong: [UInt16] = []
        for bits in UInt16.min ... .max {
            let body = hex("0001 0000") + [UInt8(bits >> 8), UInt8(bits & 0xFF)]
            let number = try decoded(body, as: Self.type, PostgresHalfVector.self).numbers[0]
            let isRight =
                if number.isNaN {
                    bits & 0x7C00 == 0x7C00 && bits & 0x3FF != 0
                } else {
                    try encoded(PostgresHalfVector(rounding: [number]), as: Self.type) == body
                }
            if !isRight { wrong.append(bits) }
        }
        #expect(wrong.isEmpty)
    }

    @Test("halves are rounded to the nearest, to the even one of two")
    func rounding() throws {
        func rounded(_ number: Float) -> Float { PostgresHalfVector(rounding: [number]).numbers[0] }
        #expect(rounded(1 + 0x1p-11) == 1)
        #expect(rounded(1 + 3 * 0x1p-11) == 1 + 0x1p-9)
        #expect(rounded(1 + 0x1p-11 + 0x1p-20) == 1 + 0x1p-10)
        #expect(rounded(65519) == 65504)
        #expect(rounded(65520) == .infinity)
        #expect(rounded(-70000) == -.infinity)
        #expect(rounded(0x1p-24) == 0x1p-24)
        #expect(rounded(0x1p-25) == 0)
        #expect(rounded(0x1.8p-25) == 0x1p-24)
        #expect(rounded(0x1p-14 - 0x1p-26) == 0x1p-14)
        #expect(rounded(-0.0).sign == .minus)
        #expect(rounded(2047.5) == 2048)
        #expect(PostgresHalfVector(exactly: [0.1]) == nil)
        #expect(PostgresHalfVector(exactly: [0.5, 3])?.description == "[0.5,3]")
        #expect(PostgresHalfVector("[1,2.5]")?.numbers == [1, 2.5])
        #expect(PostgresHalfVector("[70000]") == nil)
    }

    @Test("pgvector's sparsevec: known bytes and text")
    func sparse() throws {
        let vector = try #require(PostgresSparseVector([1.5, 0, 2, 0, 0]))
        #expect(vector.description == "{1:1.5,3:2}/5")
        #expect(PostgresSparseVector("{1:1.5,3:2}/5") == vector)
        #expect(PostgresSparseVector("{3:2,1:1.5,2:0}/5") == vector)
        let bytes = hex("00000005 00000002 00000000 00000000 00000002 3fc00000 40000000")
        #expect(try encoded(vector, as: Self.type) == bytes)
        #expect(try decoded(bytes, as: Self.type, PostgresSparseVector.self) == vector)
        #expect(PostgresSparseVector("{}/3")?.elements.isEmpty == true)
        for text in [
            "", "{}", "{}/0", "{0:1}/3", "{4:1}/3", "{1:1,1:2}/3", "{1:1}/1000000001", "{1:NaN}/3", "{1:1,}/3", "{1}/3",
        ] {
            #expect(PostgresSparseVector(text) == nil)
        }
        for bytes in [
            "", "00000005 00000002 00000000", "00000005 7fffffff 00000000", "00000005 ffffffff 00000000",
            "00000001 00000001 00000000 00000001 3f800000", "00000000 00000000 00000000", "00000005 00000000 00000001",
        ] {
            #expect(throws: PostgresError.self) { try decoded(hex(bytes), as: Self.type, PostgresSparseVector.self) }
        }
    }
}
