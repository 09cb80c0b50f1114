import Foundation
import Postgres
import Testing

/// Rows as other things than tuples.
@Suite(.timeLimit(.minutes(2))) struct RowShapeTests {
    private enum Mood: String, Decodable { case happy, sad }

    private struct Address: Decodable, Equatable {
        var street: String
        var numbers: [Int]
    }

    private struct Person: Decodable {
        var id: Int
        var firstName: String
        var userID: UUID
        var mood: Mood
        var tags: [String]
        var address: Address
        var score: Decimal?
        var born: Date
        var nickname: String?
    }

    @Test("columns are told apart by the bytes of their names, however alike they look") func exactNames() async throws
    {
        struct Cup: Decodable {
            let size: Int
            enum CodingKeys: String, CodingKey { case size = "cafe\u{301}" }
        }
        try await withConnection(TestServer.configuration) { connection in
            let query = PostgresQuery(raw: "SELECT 1 AS \"caf\u{E9}\", 2 AS \"cafe\u{301}\"")
            let row = try #require(try await connection.query(query).collect().first)
            #expect(try row.decode("caf\u{E9}", as: Int.self) == 1)
            #expect(try row.decode("cafe\u{301}", as: Int.self) == 2)
            #expect(try await connection.query(query, into: Cup.self).first()?.size == 2)
        }
    }

    @Test("a Decodable struct, by names") func decodable() async throws {
        try await withConnection(TestServer.configuration) { connection in
            let id = UUID()
            let query: PostgresQuery = """
                SELECT 7 AS id, 'Ada' AS first_name, \(id)::uuid AS user_id, 'happy' AS mood, ARRAY['a', 'b'] AS tags,
                    '{"street": "Main", "numbers": [1, 2]}'::jsonb AS address, 1.50::numeric AS score,
                    timestamptz '1970-01-02 00:00:00Z' AS born, NULL::text AS nickname, 'more' AS unread
                FROM generate_series(1, 3)
                """
            let people = try await connection.query(query, into: Person.self).collect()
            #expect(people.count == 3)
            let ada = try #require(people.first)
            #expect(ada.id == 7 && ada.firstName == "Ada" && ada.userID == id && ada.mood == .happy)
            #expect(ada.tags == ["a", "b"] && ada.score == 1.5 && ada.nickname == nil)
            #expect(ada.address == Address(street: "Main", numbers: [1, 2]))
            #expect(ada.born == Date(timeIntervalSince1970: 86_400))
        }
    }

    private struct Pair: Decodable {
        var a: Int
        var b: Mood
    }

    @Test(
        "what does not fit names the column",
        arguments: [
            ("SELECT 1 AS a", "b"), ("SELECT NULL::int AS a, 'sad' AS b", "a"), ("SELECT 'x' AS a, 'sad' AS b", "a"),
            ("SELECT 1 AS a, 'angry' AS b", "b"), ("SELECT 1 AS \"A_\", 'sad' AS b", nil),
        ])
    func misfits(sql: String, column: String?) async throws {
        try await withConnection(TestServer.configuration) { connection in
            let rows = try await connection.query(PostgresQuery(raw: sql), into: Pair.self)
            if let column {
                let error = try await failure { try await rows.collect() }
                #expect(error.code == .decodingFailed)
                #expect(error.column == column)
                #expect(!error.description.contains("angry"))
            } else {
                #expect(try await rows.first()?.a == 1)
            }
        }
    }

    @Test("names letter by letter, or by a rule of one's own") func keyStrategies() async throws {
        try await withConnection(TestServer.configuration) { connection in
            let query: PostgresQuery = "SELECT 1 AS \"A\", 'sad' AS b"
            let exact = try await failure {
                try await connection.query(query, into: Pair.self, keys: .exact).first()
            }
            #expect(exact.column == "a")
            let own = try await connection.query(query, into: Pair.self, keys: .custom { $0.lowercased() }).first()
            #expect(own?.a == 1)
        }
    }

    @Test("a dictionary of cells") func dictionary() async throws {
        try await withConnection(TestServer.configuration) { connection in
            let row = try #require(try await connection.query("SELECT 1 AS a, NULL::text AS b, 2 AS a").collect().first)
            let cells = try row.dictionary()
            #expect(cells.count == 2)
            #expect(try cells["a"]?.decode(as: Int.self) == 2)
            #expect(cells["b"]?.isNull == true)
            #expect(try row.cells().map(\.column.name) == ["a", "b", "a"])
            let error = try await failure { try cells["b"]?.decode(as: String.self) }
            #expect(error.column == "b")
        }
    }

    @Test("what a column's declaration says") func declarations() async throws {
        try await TestServer.withPool { pool in
            try await pool.execute(
                """
                CREATE TABLE t (a numeric(10, 2), b numeric, c varchar(20), d char(3), e timestamp(3), f varchar(5)[],
                    g bit(8), h time, i interval(2), j int)
                """)
            let columns = try await pool.query("SELECT *, a + 1 FROM t").columns
            #expect(
                columns.map(\.typeDeclaration) == [
                    "numeric(10,2)", "numeric", "character varying(20)", "character(3)",
                    "timestamp(3) without time zone", "character varying(5)[]", "bit(8)", "time without time zone",
                    "interval(2)", "integer", "numeric",
                ])
            #expect(columns[0].numericPrecision == 10 && columns[0].numericScale == 2)
            #expect(columns[2].maximumLength == 20)
            #expect(columns.map(\.attributeNumber) == Array(1...10) + [0])
            #expect(columns[0].tableOID != 0 && columns[10].tableOID == 0)
            #expect(columns.allSatisfy { $0.format == .binary })
        }
    }

    @Test("several results of a script, with their rows") func scripts() async throws {
        try await TestServer.withPool { pool in
            let results = try await pool.results(
                ofScript: """
                    CREATE TABLE t (id int, name text);
                    INSERT INTO t VALUES (1, 'one'), (2, NULL);
                    SELECT * FROM t ORDER BY id;
                    SELECT FROM t;
                    SELECT count(*) AS n FROM t
                    """)
            #expect(
                results.map(\.commandResult.tag) == ["CREATE TABLE", "INSERT 0 2", "SELECT 2", "SELECT 2", "SELECT 1"])
            #expect(results.map(\.columns.count) == [0, 0, 2, 0, 1])
            #expect(results[2].rows == [["1", "one"], ["2", nil]])
            #expect(results[3].rows == [[], []])
            #expect(results[4].rows == [["2"]])
            #expect(results[2].columns.map(\.format) == [.text, .text])
            let large = try await pool.results(ofScript: "SELECT generate_series(1, 200000)")
            #expect(large[0].rows.count == 200_000)
        }
    }

    @Test("a plan as a value") func plans() async throws {
        try await TestServer.withPool { pool in
            try await pool.execute(script: "CREATE TABLE t (id int PRIMARY KEY, name text)")
            let plan = try await pool.explain("SELECT * FROM t WHERE name = \("x") ORDER BY id")
            let scan = try #require(plan.root.all.first { $0.relationName == "t" })
            #expect(scan.actualRows == nil && plan.executionTime == nil)
            #expect((plan.root.totalCost ?? 0) > 0)
            #expect(plan.description.contains(" on t"))
            #expect(plan.description.contains("Filter: (name = 'x'::text)") || scan.nodeType != "Seq Scan")
            let analyzed = try await pool.explain(
                PostgresStatement("SELECT count(*) FROM generate_series(1, $1)")(10), analyze: true, buffers: true)
            #expect(analyzed.root.actualRows == 1)
            #expect(analyzed.root.children.first?.actualRows == 10)
            #expect((analyzed.executionTime ?? 0) > 0)
            #expect(analyzed.root.properties["Shared Hit Blocks"] != nil)
            #expect(analyzed.description.contains("loops=1"))
        }
    }
}
