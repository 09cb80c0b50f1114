import Foundation
import Postgres
import Testing

/// The types that Swift has not, in every way they travel.
@Suite struct ScalarRoundTripTests {
    /// Runs `body` on a connection of its own.
    func withConnection(_ body: @Sendable (PostgresConnection) async throws -> Void) async throws {
        try await TestServer.withConnection { try await body($0) }
    }

    @Test func bitsAndMoney() async throws {
        try await withConnection { connection in
            try await TypeTable<PostgresBits>(connection: connection, type: "varbit")
                .check("", "0", "1", "10101010", "101010101", String(repeating: "110", count: 1000))
            try await TypeTable<PostgresBits>(connection: connection, type: "bit(9)").check("000000001", "111111111")
            try await connection.execute(script: "SET lc_monetary = 'C'")
            let money = TypeTable<PostgresMoney>(connection: connection, type: "money", describesItself: false)
            try await money.check("$0.00", "$1,234.56", "-$0.05", "$92,233,720,368,547,758.07")
            try await money.check("-92233720368547758.08", as: "-$92,233,720,368,547,758.08")
        }
    }

    @Test func networkAddresses() async throws {
        try await withConnection { connection in
            let inet = TypeTable<PostgresInet>(connection: connection, type: "inet")
            // A cast of inet to text always shows the prefix; the type's own output does not.
            try await inet.check("10.1.2.3/8", "0.0.0.0/0", "2001:db8::1/64", "::/0")
            try await TypeTable<PostgresCIDR>(connection: connection, type: "cidr")
                .check("10.0.0.0/8", "1.2.3.4/32", "2001:db8::/32", "::ffff:1.2.3.0/120")
            try await TypeTable<PostgresMACAddress>(connection: connection, type: "macaddr").check("08:00:2b:01:02:03")
            try await TypeTable<PostgresMACAddress8>(connection: connection, type: "macaddr8")
                .check("08:00:2b:01:02:03:04:05")
        }
    }

    @Test("random addresses are written as the server writes them")
    func randomAddresses() async throws {
        try await withConnection { connection in
            var addresses: [PostgresInet] = []
            for _ in 0..<2000 {
                func half() -> UInt64 {
                    (0..<4).reduce(0 as UInt64) { value, _ in
                        value << 16 | [0, 0, 1, 0xFFFF, UInt64.random(in: 0...0xFFFF)][Int.random(in: 0..<5)]
                    }
                }
                addresses.append(PostgresInet(.v6(half(), half())))
                addresses.append(PostgresInet(.v4(UInt32.random(in: .min ... .max))))
            }
            let rows = try await connection.query(
                "SELECT format('%s', a) FROM unnest(\(addresses)::inet[]) WITH ORDINALITY AS t(a, n) ORDER BY n",
                as: String.self
            ).collect()
            #expect(rows == addresses.map(\.description))
            #expect(rows.map { PostgresInet($0) } == addresses)
        }
    }

    @Test func shapes() async throws {
        try await withConnection { connection in
            try await TypeTable<PostgresPoint>(connection: connection, type: "point")
                .check(
                    "(1,2)", "(-0,0.1)", "(1e+15,100000000000000)", "(0.0001,1e-05)", "(1e+300,1.5e-300)",
                    "(Infinity,-Infinity)", "(123456.789,-1.0000000000000002)")
            try await TypeTable<PostgresLine>(connection: connection, type: "line").check("{1,2,3}", "{-1.5,0,2}")
            try await TypeTable<PostgresLineSegment>(connection: connection, type: "lseg").check("[(1,2),(3,4.5)]")
            try await TypeTable<PostgresBox>(connection: connection, type: "box").check("(3,4),(1,2)")
            try await TypeTable<PostgresBox>(connection: connection, type: "box").check(
                "(1,4),(3,2)", as: "(3,4),(1,2)")
            try await TypeTable<PostgresPath>(connection: connection, type: "path")
                .check("((1,2),(3,4))", "[(1,2),(3,4),(5,6)]", "((1,2))")
            try await TypeTable<PostgresPolygon>(connection: connection, type: "polygon")
                .check("((1,2),(3,4),(5,0))", "((1,2))")
            try await TypeTable<PostgresCircle>(connection: connection, type: "circle").check(
                "<(1,2),3>", "<(-1,0.5),0>")
        }
    }

    @Test func identifiers() async throws {
        try await withConnection { connection in
            try await TypeTable<PostgresOID>(connection: connection, type: "oid").check("0", "1259", "4294967295")
            try await TypeTable<PostgresXID>(connection: connection, type: "xid").check("3", "4294967295")
            try await TypeTable<PostgresCID>(connection: connection, type: "cid").check("0", "4294967295")
            try await TypeTable<PostgresXID8>(connection: connection, type: "xid8").check("3", "18446744073709551615")
            try await TypeTable<PostgresTID>(connection: connection, type: "tid").check("(0,1)", "(4294967295,65535)")
            for type in ["pg_snapshot", "txid_snapshot"] {
                try await TypeTable<PostgresSnapshot>(connection: connection, type: type)
                    .check("10:20:10,14,15", "1:1:", "3:9223372036854775807:3")
            }
            let query: PostgresQuery = "SELECT pg_current_snapshot(), xmin, cmin, ctid, tableoid FROM pg_class LIMIT 1"
            let row = try #require(try await connection.query(query).collect().first)
            let values = try row.decode(as: (PostgresSnapshot, PostgresXID, PostgresCID, PostgresTID, PostgresOID).self)
            #expect(values.4 == 1259)
            #expect(values.0.sees(PostgresXID8(rawValue: 3)))
        }
    }

    @Test("every reg type: its number in binary, its name in text")
    func registeredNames() async throws {
        try await withConnection { connection in
            for (type, name) in [
                ("regclass", "pg_class"), ("regtype", "integer"), ("regproc", "now"), ("regprocedure", "abs(integer)"),
                ("regoper", "|/"), ("regoperator", "+(integer,integer)"), ("regconfig", "english"),
                ("regdictionary", "simple"), ("regnamespace", "pg_catalog"), ("regrole", "pg_monitor"),
                ("regcollation", "\"C\""),
            ] {
                let query: PostgresQuery =
                    "SELECT \(name)::\(raw: type), \(name)::\(raw: type)::oid, \(name)::\(raw: type)::text"
                guard let row = try? await connection.query(query).collect().first else {
                    Issue.record("\(type) \(name)")
                    continue
                }
                let (value, oid, text) = try row.decode(as: (PostgresOID, PostgresOID, String).self)
                #expect(value == oid && value != .none, "\(type)")
                #expect(text == name, "\(type)")
                let back: PostgresQuery = """
                    SELECT (\(value)::\(raw: type))::text, \([value, nil] as [PostgresOID?])::\(raw: type)[],
                        (\(value.description)::\(raw: type))::text
                    """
                let answer = try #require(try await connection.query(back).collect().first)
                let (sent, array, fromText) = try answer.decode(as: (String, [PostgresOID?], String).self)
                #expect(sent == name && fromText == name, "\(type)")
                #expect(array == [value, nil], "\(type)")
            }
        }
    }

    @Test("trap 29: \"char\", name, char(n), void, unknown, refcursor")
    func namesAndCharacters() async throws {
        try await withConnection { connection in
            try await TypeTable<PostgresChar>(connection: connection, type: "\"char\"").check("r", "", "7")
            try await TypeTable<String>(connection: connection, type: "name").check(
                "a", String(repeating: "x", count: 63))
            try await TypeTable<String>(connection: connection, type: "refcursor").check("c")
            if try await connection.serverVersion() >= 160_000 {
                try await TypeTable<PostgresChar>(connection: connection, type: "\"char\"").check("\\303", "\\377")
            }
            // The padding of char(n) is there in binary, and gone in a cast to text.
            let query: PostgresQuery = """
                SELECT 'ab'::char(4), 'ab'::char(4)::text, \("ab ")::char(4) = 'ab', ARRAY['a', NULL]::char(2)[],
                    pg_notify('nobody', ''), 'it'
                """
            let row = try #require(try await connection.query(query).collect().first)
            let values = try row.decode(as: (String, String, Bool, [String?], String, String).self)
            #expect((values.0, values.1, values.2) == ("ab  ", "ab", true))
            #expect(values.3 == ["a ", nil])
            #expect((values.4, values.5) == ("", "it"))
        }
    }

    @Test func documents() async throws {
        try await withConnection { connection in
            try await TypeTable<PostgresJSONPath>(connection: connection, type: "jsonpath")
                .check("$", "$.\"a\"[*]?(@.\"b\" > 1)", "strict $.\"key\".size()")
            guard try await connection.hasXML() else { return }
            try await TypeTable<PostgresXML>(connection: connection, type: "xml")
                .check("<a/>", "<a b=\"1\">é &amp; 日本</a>", "text <b/> more")
            let declared = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><a/>"
            let rows = try await connection.query("SELECT \(declared)::xml", as: PostgresXML.self).collect()
            #expect(rows.first?.text.hasSuffix("<a/>") == true)
        }
    }
}
