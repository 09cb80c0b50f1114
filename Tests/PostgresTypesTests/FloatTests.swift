import PostgresTypes
import PostgresWire
import Testing

@Suite struct FloatTests {
    @Test(
        "trap 26: doubles keep every bit, the sign of zero too",
        arguments: [
            (0.0, "0000000000000000"), (-0.0, "8000000000000000"), (1.5, "3ff8000000000000"),
            (.infinity, "7ff0000000000000"), (-.infinity, "fff0000000000000"),
            (.greatestFiniteMagnitude, "7fefffffffffffff"), (.leastNonzeroMagnitude, "0000000000000001"),
        ])
    func doubleBytes(value: Double, bytes: String) throws {
        #expect(try encoded(value) == hex(bytes))
        #expect(try decoded(hex(bytes), Double.self).bitPattern == value.bitPattern)
    }

    @Test("trap 26: NaN stays that in every width") func notANumber() throws {
        #expect(try decoded(encoded(Double.nan), Double.self).isNaN)
        #expect(try decoded(encoded(Double.nan, as: .float4), Float.self).isNaN)
        #expect(try decoded(encoded(Double.nan), as: .float8, Float.self).isNaN)
        #expect(try decoded(encoded(Double.nan, as: .numeric), PostgresNumeric.self).isNaN)
    }

    @Test("trap 26: a float of the other width is taken when it is exactly that")
    func widths() throws {
        #expect(try decoded(encoded(Float(0.1)), as: .float4, Double.self) == Double(Float(0.1)))
        #expect(try encoded(Float(0.1), as: .float8) == encoded(Double(Float(0.1))))
        #expect(try encoded(0.5, as: .float4) == hex("3f000000"))
        #expect(try decoded(encoded(0.5), as: .float8, Float.self) == 0.5)
        #expect(throws: PostgresError.self) { try encoded(0.1, as: .float4) }
        #expect(throws: PostgresError.self) { try encoded(1e300, as: .float4) }
        #expect(throws: PostgresError.self) { try decoded(encoded(0.1), as: .float8, Float.self) }
    }

    @Test(
        "a float in a numeric is its shortest decimal",
        arguments: [
            (0.1, "0.1"), (5, "5"), (-0.0, "0"), (1e22, "10000000000000000000000"), (1.5e-7, "0.00000015"),
            (123456.789, "123456.789"), (-.infinity, "-Infinity"), (1e16, "10000000000000000"),
        ] as [(Double, String)])
    func asNumeric(value: Double, text: String) throws {
        #expect(try decoded(encoded(value, as: .numeric), PostgresNumeric.self).description == text)
    }

    @Test func refusals() {
        for count in [0, 3, 4, 7, 9] {
            let bytes = [UInt8](repeating: 0, count: count)
            #expect(throws: PostgresError.self) { try decoded(bytes, as: .float8, Double.self) }
            #expect(count == 4 || (try? decoded(bytes, as: .float4, Double.self)) == nil)
        }
        #expect(throws: PostgresError.self) { try encoded(1.0, as: .int8) }
        #expect(throws: PostgresError.self) { try decoded(hex("0000000000000001"), as: .int8, Double.self) }
        #expect(throws: PostgresError.self) { try decoded(encoded(PostgresNumeric(1)), as: .numeric, Double.self) }
    }
}
