import Foundation
import Postgres
import Testing

@Suite struct NamedStatementTests {
    @Test("names become places, each once")
    func places() throws {
        let statement = PostgresNamedStatement("SELECT :a::int, :b_1 WHERE :a > 1 AND x = :_c;")
        #expect(statement.sql == "SELECT $1::int, $2 WHERE $1 > 1 AND x = $3;")
        #expect(statement.names == ["a", "b_1", "_c"])
    }

    @Test(
        "trap 39: what is no code has no names",
        arguments: [
            "SELECT ':a', E'\\':b', \":c\"", "SELECT 1::int, x::text[]", "SELECT $$ :a $$, $t$ :b $$ $t$",
            "SELECT 1 -- :a", "SELECT 1 /* :a /* :b */ */", "SELECT a[1 : 2], b := 1", "SELECT 'ä:b', ü", ":", "::",
        ])
    func leavesAlone(sql: String) {
        let statement = PostgresNamedStatement(sql)
        #expect(statement.sql == sql)
        #expect(statement.names.isEmpty)
    }

    @Test("names are told apart by their bytes, however alike they look") func exactNames() throws {
        let statement = PostgresNamedStatement("SELECT :caf\u{E9}, :cafe\u{301}")
        #expect(statement.sql == "SELECT $1, $2")
        #expect(try PostgresNamedStatement("SELECT :caf\u{E9}")(["caf\u{E9}": 1]).parameters.count == 1)
        let error = #expect(throws: PostgresError.self) {
            try PostgresNamedStatement("SELECT :caf\u{E9}")(["cafe\u{301}": 1])
        }
        #expect(error?.advice?.contains("code points") == true)
        struct Cup: Encodable {
            let size: Int
            enum CodingKeys: String, CodingKey { case size = "cafe\u{301}" }
        }
        #expect(throws: PostgresError.self) { try PostgresNamedStatement("SELECT :caf\u{E9}")(of: Cup(size: 1)) }
        #expect(try PostgresNamedStatement("SELECT :cafe\u{301}")(of: Cup(size: 1)).parameters.count == 1)
    }

    private struct Filter: Encodable {
        var city: String?
        var minimumAge: Int
        var id: UUID
        var small: UInt8
        var nested: [String: Int]?
    }

    @Test("values by name, and members by theirs") func values() throws {
        let find = PostgresNamedStatement("SELECT :city, :minimum_age, :city, :id, :small")
        let id = UUID()
        let members = try find(of: Filter(city: nil, minimumAge: 7, id: id, small: 200))
        #expect(members.parameters.types == [.text, .int8, .uuid, .int8])
        let values = try find(["city": "Bergen", "minimum_age": 7, "id": id, "small": 1])
        #expect(values.sql == "SELECT $1, $2, $1, $3, $4")
        #expect(values.parameters.count == 4)
        #expect(throws: PostgresError.self) { try find(["city": "Bergen"]) }
        #expect(throws: PostgresError.self) {
            try find(["city": 1, "minimum_age": 7, "id": id, "small": 1, "more": 1])
        }
        let unknown = PostgresNamedStatement("SELECT :town")
        #expect(throws: PostgresError.self) { try unknown(of: Filter(city: nil, minimumAge: 7, id: id, small: 1)) }
        let list = PostgresNamedStatement("SELECT :element")
        #expect(throws: PostgresError.self) { try list(of: [Filter(city: nil, minimumAge: 7, id: id, small: 1)]) }
    }
}
