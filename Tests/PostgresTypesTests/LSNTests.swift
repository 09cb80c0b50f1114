import Foundation
import PostgresTypes
import PostgresWire
import Testing

@Suite struct LSNTests {
    @Test(arguments: [
        ("0/0", 0), ("16/B374D848", 0x16_B374_D848), ("FFFFFFFF/FFFFFFFF", UInt64.max), ("0/1", 1), ("1/0", 1 << 32),
    ])
    func text(_ text: String, _ value: UInt64) throws {
        let lsn = try #require(PostgresLSN(text))
        #expect(lsn.rawValue == value)
        #expect(lsn.description == text)
        let json = try JSONEncoder().encode([lsn])
        #expect(try JSONDecoder().decode([PostgresLSN].self, from: json) == [lsn])
    }

    @Test("fuzz: where it comes as text it is read as such, not as its raw value")
    func withinText() throws {
        let value = try PostgresLSN(text: "16/B374D848", type: .pgLSN)
        #expect(value.rawValue == 0x16_B374_D848)
        #expect(
            try [PostgresLSN](text: "{0/63,1/0}", type: .unspecified) == [
                PostgresLSN(rawValue: 99), PostgresLSN(rawValue: 1 << 32),
            ])
        #expect(throws: PostgresError.self) { try PostgresLSN(text: "99", type: .pgLSN) }
    }

    @Test func lowerCaseAndLeadingZeros() {
        #expect(PostgresLSN("0016/b374d848")?.rawValue == 0x16_B374_D848)
    }

    @Test(arguments: ["", "/", "1", "1/", "/1", "1/2/3", "+1/2", "1/-2", " 1/2", "123456789/0", "0/123456789", "g/0"])
    func notOne(_ text: String) {
        #expect(PostgresLSN(text) == nil)
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([PostgresLSN].self, from: JSONEncoder().encode([text]))
        }
    }

    @Test func binary() throws {
        let lsn = PostgresLSN(rawValue: 0x16_B374_D848)
        let bytes = try encoded(lsn, as: .pgLSN)
        #expect(bytes == [0, 0, 0, 0x16, 0xB3, 0x74, 0xD8, 0x48])
        #expect(try decoded(bytes, as: .pgLSN, PostgresLSN.self) == lsn)
        #expect(throws: PostgresError.self) { try decoded(Array(bytes.dropLast()), as: .pgLSN, PostgresLSN.self) }
        #expect(throws: PostgresError.self) { try decoded(bytes, as: .int8, PostgresLSN.self) }
        #expect(throws: PostgresError.self) { try encoded(lsn, as: .int8) }
    }

    @Test func distances() {
        let first = PostgresLSN(rawValue: 100)
        let second = PostgresLSN(rawValue: 350)
        #expect(first < second)
        #expect(first.distance(to: second) == 250)
        #expect(second.distance(to: first) == -250)
        #expect(PostgresLSN.zero.distance(to: PostgresLSN(rawValue: .max)) == nil)
        #expect(PostgresLSN(rawValue: .max).distance(to: .zero) == nil)
    }
}
