import PostgresTypes
import PostgresWire
import Testing

@Suite struct IntegerTests {
    @Test("every integer type reads and writes its own bytes at its limits")
    func naturalBytes() throws {
        #expect(try encoded(Int16.min) == hex("8000"))
        #expect(try encoded(Int32.max) == hex("7fffffff"))
        #expect(try encoded(Int64.min) == hex("8000000000000000"))
        #expect(try encoded(-2) == hex("fffffffffffffffe"))
        #expect(try encoded(Int8.min) == hex("ff80"))
        #expect(try encoded(UInt16.max) == hex("0000ffff"))
        #expect(try encoded(UInt32.max) == hex("00000000ffffffff"))
        #expect(try decoded(hex("8000"), Int16.self) == .min)
        #expect(try decoded(hex("7fffffff"), Int32.self) == .max)
        #expect(try decoded(hex("8000000000000000"), Int64.self) == .min)
        #expect(try decoded(hex("fffffffffffffffe"), Int.self) == -2)
        #expect(try decoded(hex("ff80"), Int8.self) == .min)
        #expect(try decoded(hex("0000ffff"), UInt16.self) == .max)
        #expect(try decoded(hex("00000000ffffffff"), UInt32.self) == .max)
    }

    @Test(
        "an Int goes into each type that holds it exactly",
        arguments: [
            (PostgresType.int2, "ff85"), (.int4, "ffffff85"), (.int8, "ffffffffffffff85"),
            (.float4, "c2f60000"), (.float8, "c05ec00000000000"), (.numeric, "0001 0000 4000 0000 007b"),
        ])
    func widths(type: PostgresType, bytes: String) throws {
        #expect(try encoded(-123, as: type) == hex(bytes))
    }

    @Test("trap 26: a value that does not fit throws, on the limit it does not")
    func narrowing() throws {
        #expect(try encoded(Int(Int16.max), as: .int2) == hex("7fff"))
        #expect(throws: PostgresError.self) { try encoded(Int(Int16.max) + 1, as: .int2) }
        #expect(throws: PostgresError.self) { try encoded(Int(Int32.min) - 1, as: .int4) }
        #expect(throws: PostgresError.self) { try encoded(UInt64.max, as: .int8) }
        #expect(try encoded(Int(UInt32.max), as: .oid) == hex("ffffffff"))
        #expect(throws: PostgresError.self) { try encoded(-1, as: .oid) }
        #expect(try encoded(1 << 53, as: .float8) == hex("4340000000000000"))
        #expect(throws: PostgresError.self) { try encoded(1 << 53 + 1, as: .float8) }
        #expect(throws: PostgresError.self) { try encoded(16_777_217, as: .float4) }
        #expect(throws: PostgresError.self) { try encoded(1, as: .text) }
        #expect(throws: PostgresError.self) { try encoded(1, as: .bool) }

        #expect(throws: PostgresError.self) { try decoded(hex("00008000"), as: .int4, Int16.self) }
        #expect(throws: PostgresError.self) { try decoded(hex("0080"), as: .int2, Int8.self) }
        #expect(throws: PostgresError.self) { try decoded(hex("ffff"), as: .int2, UInt32.self) }
        #expect(try decoded(hex("00000000ffffffff"), as: .int8, UInt32.self) == .max)
        #expect(try decoded(hex("ffffffff"), as: .oid, UInt32.self) == .max)
        #expect(try decoded(hex("ffffffff"), as: .oid, Int.self) == 4_294_967_295)
        #expect(try decoded(hex("ffffffffffffffff"), as: .xid8, UInt64.self) == .max)
        #expect(throws: PostgresError.self) { try decoded(hex("ffffffff"), as: .oid, Int32.self) }
    }

    @Test("a body of the wrong length throws, whatever type it claims")
    func wrongLength() {
        for type in [PostgresType.int2, .int4, .int8, .oid, .xid8, .numeric, .float8, .text] {
            for count in [0, 1, 3, 5, 7, 9] {
                let bytes = [UInt8](repeating: 0, count: count)
                #expect(throws: PostgresError.self) { try decoded(bytes, as: type, Int.self) }
                #expect(throws: PostgresError.self) { try decoded(bytes, as: type, Int8.self) }
                #expect(throws: PostgresError.self) { try decoded(bytes, as: type, UInt64.self) }
            }
        }
    }

    @Test("a whole numeric is an integer, any other is not")
    func fromNumeric() throws {
        func numeric(_ text: String) throws -> [UInt8] { try encoded(#require(PostgresNumeric(text))) }
        #expect(try decoded(numeric("9223372036854775807"), as: .numeric, Int.self) == .max)
        #expect(try decoded(numeric("-9223372036854775808.00"), as: .numeric, Int.self) == .min)
        #expect(try decoded(numeric("18446744073709551615"), as: .numeric, UInt64.self) == .max)
        for text in ["9223372036854775808", "1.5", "NaN", "Infinity", "1e30", "1e100"] {
            let bytes = try numeric(text)
            #expect(throws: PostgresError.self, "\(text)") { try decoded(bytes, as: .numeric, Int.self) }
        }
        #expect(throws: PostgresError.self) { try decoded(hex("3ff0000000000000"), as: .float8, Int.self) }
    }

    @Test("an unsigned value above Int64.max is a numeric parameter")
    func unsignedParameter() throws {
        #expect(UInt64(Int64.max).parameterType == .int8)
        #expect(UInt64.max.parameterType == .numeric)
        #expect((UInt.max as UInt?).parameterType == .numeric)
        #expect(
            try decoded(encoded(UInt64.max), as: .numeric, PostgresNumeric.self).description == "18446744073709551615")
    }
}
