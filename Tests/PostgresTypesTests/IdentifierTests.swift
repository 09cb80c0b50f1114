import PostgresTypes
import PostgresWire
import Testing

@Suite struct IdentifierTests {
    @Test("an oid is read from, and written as, every type that is one")
    func oid() throws {
        #expect(PostgresOID("4294967295")?.rawValue == .max)
        #expect(PostgresOID("-") == PostgresOID.none)
        #expect(PostgresOID("pg_class") == nil)
        #expect(PostgresOID("4294967296") == nil)
        let oid: PostgresOID = 1259
        for type in [PostgresType.oid, .regclass, .regtype, .regproc, .regconfig, .regrole, .regcollation] {
            #expect(try encoded(oid, as: type) == hex("000004eb"))
            #expect(try decoded(hex("000004eb"), as: type, PostgresOID.self) == oid)
            #expect(try decoded(hex("000004eb"), as: type, Int.self) == 1259)
        }
        for type in [PostgresType.int4, .xid, .text] {
            #expect(throws: PostgresError.self) { try encoded(oid, as: type) }
            #expect(throws: PostgresError.self) { try decoded(hex("000004eb"), as: type, PostgresOID.self) }
        }
    }

    @Test func transactions() throws {
        let xid8 = try #require(PostgresXID8("18446744073709551615"))
        #expect(try encoded(xid8) == hex("ffffffffffffffff"))
        #expect(try decoded(encoded(xid8), PostgresXID8.self) == xid8)
        #expect(PostgresXID8(rawValue: 1 << 32 | 7).xid == PostgresXID(rawValue: 7))
        #expect(try encoded(PostgresXID(rawValue: 7)) == hex("00000007"))
        #expect(try decoded(hex("00000007"), PostgresXID.self).description == "7")
        #expect(try decoded(hex("00000007"), PostgresCID.self) == PostgresCID("7"))
        #expect(PostgresXID("-1") == nil)
        #expect(throws: PostgresError.self) { try decoded(hex("00000007"), PostgresXID8.self) }
        #expect(throws: PostgresError.self) { try decoded(hex("00000007"), as: .cid, PostgresXID.self) }
    }

    @Test func tid() throws {
        let tid = try #require(PostgresTID("(4294967295,65535)"))
        #expect(try encoded(tid) == hex("ffffffff ffff"))
        #expect(try decoded(hex("00000001 0002"), PostgresTID.self).description == "(1,2)")
        #expect(PostgresTID(block: 1, offset: 9) < PostgresTID(block: 2, offset: 1))
        for text in ["", "(1)", "(1,65536)", "1,2", "(1,2) ", "( 1,2)"] { #expect(PostgresTID(text) == nil) }
    }

    @Test func snapshot() throws {
        let snapshot = try #require(PostgresSnapshot("10:20:10,14,15"))
        #expect(snapshot.description == "10:20:10,14,15")
        #expect(
            try encoded(snapshot)
                == hex("00000003 000000000000000a 0000000000000014 000000000000000a 000000000000000e 000000000000000f"))
        #expect(try decoded(encoded(snapshot), PostgresSnapshot.self) == snapshot)
        #expect(PostgresSnapshot("10:10:")?.running.isEmpty == true)
        for (xid, isSeen) in [(9, true), (10, false), (11, true), (14, false), (19, true), (20, false)]
            as [(UInt64, Bool)]
        {
            #expect(snapshot.sees(PostgresXID8(rawValue: xid)) == isSeen)
        }
        for text in [
            "", "10:20", "20:10:", "0:1:", "10:20:20", "10:20:9", "10:20:15,14", "10:20:14,14", "10:20:14,", "a:b:",
        ] {
            #expect(PostgresSnapshot(text) == nil)
        }
        for bytes in [
            "", "00000000 000000000000000a", "ffffffff 000000000000000a 0000000000000014",
            "7fffffff 000000000000000a 0000000000000014", "00000001 000000000000000a 0000000000000014 0000000000000020",
        ] {
            #expect(throws: PostgresError.self) { try decoded(hex(bytes), PostgresSnapshot.self) }
        }
    }

    @Test("trap 29: \"char\" is a byte, those that are no ASCII in octal")
    func char() throws {
        for (byte, text) in [(0, ""), (0x72, "r"), (0x7F, "\u{7F}"), (0xC3, "\\303"), (0x80, "\\200"), (0xFF, "\\377")]
            as [(UInt8, String)]
        {
            #expect(PostgresChar(rawValue: byte).description == text)
            #expect(PostgresChar(text)?.rawValue == byte)
            #expect(try encoded(PostgresChar(rawValue: byte)) == [byte])
            #expect(try decoded([byte], PostgresChar.self).rawValue == byte)
            // What a server from version 16 on takes as text, and shows, a String is as well.
            #expect(try encoded(text, as: .char) == [byte])
            #expect(try decoded([byte], as: .char, String.self) == text)
        }
        for text in ["ab", "é", "\\400", "\\38x", "\\1"] {
            #expect(PostgresChar(text) == nil)
            #expect(throws: PostgresError.self) { try encoded(text, as: .char) }
        }
        #expect(throws: PostgresError.self) { try decoded([1, 2], PostgresChar.self) }
    }

    @Test func textTypes() throws {
        #expect(try encoded(PostgresXML("<a/>")) == Array("<a/>".utf8))
        #expect(try decoded(Array("<a/>".utf8), PostgresXML.self) == "<a/>")
        #expect(try encoded(PostgresJSONPath("$.a")) == [1] + Array("$.a".utf8))
        #expect(try decoded([1] + Array("$.a".utf8), PostgresJSONPath.self) == "$.a")
        #expect(throws: PostgresError.self) { try decoded([2] + Array("$.a".utf8), PostgresJSONPath.self) }
    }
}
