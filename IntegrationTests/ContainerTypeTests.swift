import Foundation
import Postgres
import Testing

/// Arrays, ranges and the types of extensions: our text is the server's, our bytes are its bytes, both ways.
@Suite struct ContainerTypeTests {
    /// Reads values and the server's text of them; checks ours, sends each value back, and takes it through COPY.
    func check<V: PostgresCodable & LosslessStringConvertible & Hashable>(
        _: V.Type, _ type: String, _ values: [String], on database: some PostgresDatabase
    ) async throws {
        try await database.withConnection { connection in
            for text in values {
                let row = try #require(
                    try await connection.query("SELECT \(text)::\(raw: type), (\(text)::\(raw: type))::text")
                        .collect().first)
                let (value, canonical) = try row.decode(as: (V, String).self)
                #expect(value.description == canonical, "\(type)")
                #expect(V(canonical) == value, "\(type) \(canonical)")
                #expect(try row.decode(0, as: PostgresRawValue.self).text == canonical)
                let back = try await connection.value("SELECT (\(value)::\(raw: type))::text", as: String.self)
                #expect(back == canonical, "\(type)")
            }
            let table = uniqueName()
            try await connection.execute(script: "CREATE TEMP TABLE \(table) (n serial, v \(type))")
            let source = "SELECT unnest($1::text[])::\(type)"
            let copies = try await connection.query(PostgresStatement(source)(values), as: V.self).collect()
            try await connection.copy(into: PostgresIdentifier(table), columns: ["v"]) { copy in
                for value in copies { try await copy.write(value) }
            }
            let stored = try await connection.query("SELECT v FROM \(identifier: table) ORDER BY n", as: V.self)
            #expect(try await stored.collect() == copies)
        }
    }

    @Test("trap 29: arrays of every shape, exactly as the server writes them")
    func arrays() async throws {
        try await TestServer.withConnection { connection in
            try await check(
                PostgresArray<Int?>.self, "int4[]",
                [
                    "{}", "{1}", "{1,NULL,-3}", "[5:6]={1,2}", "[-1:0][7:8]={{1,2},{NULL,4}}",
                    "{{{{{{1,2},{3,4}},{{5,6},{7,8}}}}}}", "[2147483646:2147483646]={1}",
                ], on: connection)
            try await check(
                PostgresArray<String?>.self, "text[]",
                [
                    #"{a,"b c","NULL",NULL,"","{}","\"","\\","a,b"}"#, "{{a,b},{c,d}}", #"{"naïve 😀"," x "}"#,
                ], on: connection)
            try await check(PostgresArray<PostgresNumeric>.self, "numeric[]", ["{1.50,NaN,-Infinity}"], on: connection)
            try await check(
                PostgresArray<PostgresDate>.self, "date[]", [#"{infinity,"0044-03-15 BC"}"#], on: connection)
            try await check(
                PostgresArray<PostgresRange<Int>>.self, "int8range[]", [#"{"[1,5)",empty,"(,3)"}"#], on: connection)
            #expect(
                try await connection.value("SELECT '{{1,2},{3,NULL}}'::int2[]", as: [[Int?]].self) == [
                    [1, 2], [3, nil],
                ])
            #expect(try await connection.value("SELECT \([["a"], ["b"]])::text[] = '{{a},{b}}'", as: Bool.self))
            #expect(
                try await connection.value("SELECT indkey FROM pg_index LIMIT 1", as: PostgresArray<Int>.self)
                    .lowerBounds == [0])
            let histogram = try await connection.query(
                "SELECT histogram_bounds FROM pg_stats WHERE histogram_bounds IS NOT NULL LIMIT 5",
                as: PostgresRawValue.self
            ).collect()
            #expect(histogram.allSatisfy { $0.bytes.count >= 12 })
        }
    }

    @Test("ranges and multiranges of every built-in type, exactly as the server writes them")
    func ranges() async throws {
        try await TestServer.withConnection { connection in
            try await connection.execute(script: "SET TimeZone = 'UTC'")
            let numbers = ["[1,5)", "[1,5]", "(1,5)", "(1,2)", "empty", "(,)", "[3,)", "(,3]", "[-7,-7]"]
            try await check(PostgresRange<Int32>.self, "int4range", numbers, on: connection)
            try await check(PostgresRange<Int>.self, "int8range", numbers, on: connection)
            try await check(PostgresRange<PostgresNumeric>.self, "numrange", numbers + ["[1.50,NaN]"], on: connection)
            let moments = [
                "[2024-01-02 03:04:05.6,infinity)", "(-infinity,2024-01-01]", "(,)", "empty", "[0044-03-15 BC,)",
            ]
            try await check(PostgresRange<PostgresTimestamp>.self, "tsrange", moments, on: connection)
            try await check(PostgresRange<PostgresTimestampTZ>.self, "tstzrange", moments, on: connection)
            try await check(
                PostgresRange<PostgresDate>.self, "daterange",
                ["[2024-02-28,2024-02-29]", "(-infinity,infinity)", "[2024-01-01,infinity]", "(,)", "empty"],
                on: connection)
            try await check(
                PostgresMultirange<Int32>.self, "int4multirange", ["{}", "{[1,3),[5,7]}", "{(,1),[9,)}"],
                on: connection)
            try await check(
                PostgresMultirange<PostgresDate>.self, "datemultirange",
                ["{}", "{[2024-01-01,2024-01-03),[2024-02-01,)}"], on: connection)
            try await check(
                PostgresMultirange<PostgresTimestampTZ>.self, "tstzmultirange",
                [#"{["2024-01-01 00:00:00+00","2024-01-03 00:00:00+00")}"#], on: connection)
            // One Swift value for the server's other range types, and its canonical form foretold.
            #expect(try await connection.value("SELECT \(PostgresRange(1...5))::int4range = '[1,6)'", as: Bool.self))
            #expect(try await connection.value("SELECT \(PostgresRange(1...5))::numrange = '[1,5]'", as: Bool.self))
            #expect(try await connection.value("SELECT 3::int8 <@ \(PostgresRange(1...5))::int8range", as: Bool.self))
            let range = try PostgresRange(lower: .exclusive(1), upper: .inclusive(5))
            #expect(
                try await connection.value("SELECT \(range)::int8range", as: PostgresRange<Int>.self) == range.canonical
            )
        }
    }

    /// Makes the extension and says true, where the server has it.
    func has(_ name: String, _ database: some PostgresDatabase) async throws -> Bool {
        let isThere = try await database.value(
            "SELECT count(*) > 0 FROM pg_available_extensions WHERE name = \(name)", as: Bool.self)
        if isThere { try await database.execute("CREATE EXTENSION \(identifier: name)") }
        return isThere
    }

    @Test("hstore in any schema, alone, in arrays and in COPY")
    func hstore() async throws {
        try await TestServer.withPool { pool in
            guard try await has("hstore", pool) else { return }
            try await check(
                PostgresHstore.self, "hstore",
                ["", #""a"=>"1""#, #""a"=>NULL, "b"=>"x y", "cc"=>"\"\\""#], on: pool)
            let value: PostgresHstore = ["k": "v", "n": nil, "": "😀"]
            #expect(
                try await pool.value("SELECT \([value, [:]])::hstore[]", as: [PostgresHstore].self) == [value, [:]])
            #expect(try await pool.value("SELECT \(value)::hstore -> 'k'", as: String.self) == "v")
            #expect(try await pool.value("SELECT \("a=>1")::hstore", as: PostgresHstore.self) == ["a": "1"])
            #expect(try await pool.value("SELECT 'a=>1'::hstore", as: String.self) == #""a"=>"1""#)
            try await pool.execute(script: "CREATE DOMAIN labels AS hstore; CREATE TYPE pair AS (a hstore, b labels)")
            #expect(try await pool.value("SELECT \(value)::labels", as: PostgresHstore.self) == value)
            let record = try await pool.value("SELECT ROW('a=>1', 'b=>2')::pair", as: PostgresRecord.self)
            let fields = try record.decode(as: (PostgresHstore, PostgresHstore).self)
            #expect(fields == (["a": "1"], ["b": "2"]))
        }
    }

    @Test("ltree, lquery, ltxtquery and citext")
    func labels() async throws {
        try await TestServer.withPool { pool in
            if try await has("ltree", pool) {
                try await check(PostgresLTree.self, "ltree", ["", "Top", "Top.Science.Astronomy"], on: pool)
                try await check(PostgresLQuery.self, "lquery", ["*.Astronomy", "a|b.*{1,2}"], on: pool)
                try await check(PostgresLTxtQuery.self, "ltxtquery", ["a & b*@"], on: pool)
                let path: PostgresLTree = "Top.Science"
                #expect(try await pool.value("SELECT \(path)::ltree @> 'Top.Science.X'", as: Bool.self))
                #expect(try await pool.value("SELECT \([path])::ltree[]", as: [PostgresLTree].self) == [path])
                #expect(try await pool.value("SELECT 'a.b'::ltree", as: String.self) == "a.b")
            }
            if try await has("citext", pool) {
                #expect(try await pool.value("SELECT \("Ada")::citext = 'ADA'", as: Bool.self))
                #expect(try await pool.value("SELECT '{a,NULL}'::citext[]", as: [String?].self) == ["a", nil])
                try await pool.withConnection { connection in
                    try await connection.execute(script: "CREATE TEMP TABLE names (name citext, names citext[])")
                    try await connection.copy(into: "names") { try await $0.write("Ada", ["b", "c"]) }
                    let row = try await connection.query("SELECT name, names FROM names", as: (String, [String]).self)
                    #expect(try #require(try await row.first()) == ("Ada", ["b", "c"]))
                }
            }
            if try await has("vector", pool) {
                #expect(try await pool.type(named: "vector").info?.kind == .base)
                #expect(try await pool.value("SELECT \("[1,2]")::vector = '[1,2]'", as: Bool.self))
            }
        }
    }
}
