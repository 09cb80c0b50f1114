import Foundation
import PostgresTypes
import PostgresWire
import Testing

@Suite struct BitsTests {
    @Test(
        "known bytes, and the server's text of them",
        arguments: [
            ("", "00000000"), ("1", "00000001 80"), ("0", "00000001 00"), ("10000001", "00000008 81"),
            ("000000001", "00000009 0080"), ("1010101011", "0000000a aac0"),
        ])
    func knownBytes(text: String, bytes: String) throws {
        let bits = try #require(PostgresBits(text))
        #expect(bits.description == text)
        for type in [PostgresType.bit, .varbit] {
            #expect(try encoded(bits, as: type) == hex(bytes))
            #expect(try decoded(hex(bytes), as: type, PostgresBits.self) == bits)
        }
    }

    @Test func collection() throws {
        var bits: PostgresBits = [true, false, true]
        #expect(Array(bits) == [true, false, true])
        bits[1] = true
        bits[2] = false
        #expect(bits.description == "110")
        #expect(bits == PostgresBits([true, true, false]))
        #expect(bits != PostgresBits([true, true, false, false]))
        #expect(PostgresBits(5, width: 4).description == "0101")
        #expect(PostgresBits(-1 as Int8, width: 10).description == "1111111111")
        #expect(PostgresBits(repeating: true, count: 9).bytes == [0xFF, 0x80])
        #expect(PostgresBits("012") == nil)
        #expect(try JSONDecoder().decode(PostgresBits.self, from: JSONEncoder().encode(bits)) == bits)
    }

    @Test("bits behind the last do not count; a count that lies throws")
    func lies() throws {
        #expect(try decoded(hex("00000001 ff"), PostgresBits.self).description == "1")
        for bytes in ["00000001", "00000001 80 00", "00000009 80", "7fffffff 80", "ffffffff", "80000000 00"] {
            #expect(throws: PostgresError.self) { try decoded(hex(bytes), PostgresBits.self) }
        }
        #expect(throws: PostgresError.self) { try encoded([true] as PostgresBits, as: .bytea) }
    }
}
