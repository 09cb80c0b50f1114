import PostgresTypes
import PostgresWire
import Testing

@Suite struct NetworkTests {
    @Test(
        "known bytes, and the server's text of them",
        arguments: [
            ("192.0.2.1", "02 20 00 04 c0000201"), ("192.0.2.1/24", "02 18 00 04 c0000201"),
            ("0.0.0.0/0", "02 00 00 04 00000000"), ("::", "03 80 00 10 00000000000000000000000000000000"),
            ("2001:db8::1/64", "03 40 00 10 20010db8000000000000000000000001"),
        ])
    func inet(text: String, bytes: String) throws {
        let inet = try #require(PostgresInet(text))
        #expect(inet.description == text)
        #expect(try encoded(inet) == hex(bytes))
        #expect(try decoded(hex(bytes), PostgresInet.self) == inet)
    }

    @Test(
        "version 6 is written as the server writes it",
        arguments: [
            ("0:0:0:0:0:0:0:1", "::1"), ("2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
            ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
            ("1:0:3:4:5:6:7:8", "1:0:3:4:5:6:7:8"), ("::ffff:1.2.3.4", "::ffff:1.2.3.4"),
            ("::ffff:102:304", "::ffff:1.2.3.4"),
            ("::1.2.3.4", "::1.2.3.4"), ("::ffff:0:1.2.3.4", "::ffff:0:102:304"), ("1::", "1::"),
            ("0:0:1::", "0:0:1::"),
            ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"), ("64:ff9b::1.2.3.4", "64:ff9b::102:304"),
            ("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ])
    func version6(text: String, written: String) throws {
        let address = try #require(PostgresIPAddress(text))
        #expect(address.description == written)
        #expect(PostgresIPAddress(written) == address)
    }

    @Test(
        "what is no address",
        arguments: [
            "", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.4/33", "1.2.3.4/", "1.2.3.4/-1", "1.2.3.4 ",
            "::1/129",
            ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "12345::", "g::", "1:", ":1", "::1.2.3",
            "1.2.3.4::",
            "::1%eth0", "1:2:3:4:5:6:7:8::", "1.2.3.4:1",
        ])
    func unreadable(text: String) {
        #expect(PostgresInet(text) == nil)
    }

    @Test("a cidr has no bits behind its prefix")
    func cidr() throws {
        let network = try #require(PostgresCIDR("10.1.0.0/16"))
        #expect(network.description == "10.1.0.0/16")
        #expect(PostgresCIDR("10.1.0.1/16") == nil)
        #expect(PostgresCIDR("1.2.3.4")?.description == "1.2.3.4/32")
        #expect(PostgresCIDR("2001:db8::/33") != nil)
        #expect(PostgresCIDR("2001:db8:0:0:1::/64") == nil)
        #expect(try encoded(network) == hex("02 10 01 04 0a010000"))
        #expect(try decoded(encoded(network), PostgresCIDR.self) == network)
        #expect(try decoded(encoded(network), as: .cidr, PostgresInet.self).description == "10.1.0.0/16")
        let host = try #require(PostgresInet("10.1.2.3/16"))
        #expect(host.network == network)
        #expect(network.contains(host.address))
        #expect(try !network.contains(#require(PostgresIPAddress("10.2.0.1"))))
        #expect(try !network.contains(#require(PostgresIPAddress("::1"))))
        #expect(throws: PostgresError.self) { try encoded(host, as: .cidr) }
        #expect(throws: PostgresError.self) { try decoded(encoded(host), as: .inet, PostgresCIDR.self) }
        #expect(PostgresIPAddress(bytes: [1, 2, 3, 4])?.description == "1.2.3.4")
        #expect(PostgresIPAddress(bytes: [1, 2, 3, 4, 5]) == nil)
    }

    @Test("random addresses go through text and bytes and back")
    func random() throws {
        var generator = SeededGenerator(state: 4)
        for _ in 0..<5000 {
            // Words that are often zero, so that there are runs of them.
            func half() -> UInt64 {
                (0..<4).reduce(0 as UInt64) { value, _ in
                    value << 16
                        | (Bool.random(using: &generator) ? 0 : UInt64.random(in: 0...0xFFFF, using: &generator))
                }
            }
            let address = PostgresIPAddress.v6(half(), half())
            #expect(PostgresIPAddress(address.description) == address)
            let inet = try #require(PostgresInet(address, prefixLength: Int.random(in: 0...128, using: &generator)))
            #expect(PostgresInet(inet.description) == inet)
            #expect(try decoded(encoded(inet), PostgresInet.self) == inet)
            #expect(PostgresCIDR(inet.network.description) == inet.network)
        }
    }

    @Test(
        "bytes that lie throw",
        arguments: [
            "", "02 20 00 04", "02 21 00 04 c0000201", "03 20 00 04 c0000201", "02 20 00 10 c0000201",
            "04 20 00 04 c0000201",
            "02 20 00 04 c000020100", "03 81 00 10 00000000000000000000000000000000", "02 20 00 ff c0000201",
        ])
    func lies(bytes: String) {
        #expect(throws: PostgresError.self) { try decoded(hex(bytes), PostgresInet.self) }
    }

    @Test func hardwareAddresses() throws {
        let six = try #require(PostgresMACAddress("08:00:2b:01:02:03"))
        #expect(six.description == "08:00:2b:01:02:03")
        #expect(PostgresMACAddress("08-00-2B-01-02-03") == six)
        #expect(PostgresMACAddress("08002b010203") == six)
        #expect(try encoded(six) == hex("08002b010203"))
        #expect(try decoded(encoded(six), PostgresMACAddress.self) == six)
        #expect(PostgresMACAddress8(six).description == "08:00:2b:ff:fe:01:02:03")
        #expect(try encoded(six, as: .macaddr8) == hex("08002bfffe010203"))
        let eight = try #require(PostgresMACAddress8("08:00:2b:01:02:03:04:05"))
        #expect(try encoded(eight) == hex("08002b0102030405"))
        #expect(try decoded(encoded(eight), PostgresMACAddress8.self) == eight)
        #expect(PostgresMACAddress(rawValue: 1 << 48) == nil)
        for text in [
            "", "08:00:2b:01:02", "08:00:2b:01:02:03:04", "08:00-2b:01:02:03", "0g:00:2b:01:02:03", "8:0:2b:1:2:3",
        ] {
            #expect(PostgresMACAddress(text) == nil)
        }
        #expect(PostgresMACAddress8("08:00:2b:01:02:03") == nil)
        #expect(throws: PostgresError.self) { try decoded(encoded(eight), as: .macaddr8, PostgresMACAddress.self) }
        #expect(throws: PostgresError.self) { try encoded(eight, as: .macaddr) }
    }
}
