import Postgres
import Testing

/// Text search, vectors and the other types with a structure of their own.
@Suite struct TextSearchRoundTripTests {
    func withConnection(_ body: @Sendable (PostgresConnection) async throws -> Void) async throws {
        try await TestServer.withConnection { try await body($0) }
    }

    @Test func tsvector() async throws {
        try await withConnection { connection in
            let table = TypeTable<PostgresTSVector>(connection: connection, type: "tsvector")
            try await table.check("", "'a'", "'cat':3A 'fat':2,4 'rat'", "'é' '日本':1B,16383", #"'\\' 'it''s':1A"#)
            try await table.check("rat:1A fat:4,2D a:1B,1C 'b c'", as: "'a':1B 'b c' 'fat':2,4 'rat':1A")
            let query: PostgresQuery = "SELECT to_tsvector('english', 'The quick brown foxes, the cats'' and the rats')"
            for try await vector in try await connection.query(query, as: PostgresTSVector.self) {
                #expect(vector.lexemes.map(\.text) == ["brown", "cat", "fox", "quick", "rat"])
            }
        }
    }

    @Test func tsquery() async throws {
        try await withConnection { connection in
            let table = TypeTable<PostgresTSQuery>(connection: connection, type: "tsquery")
            try await table.check(
                "'a'", "'a' & 'b' | 'c'", "'a' & ( 'b' | 'c' )", "!'a' & !( 'b' | 'c' )", "!!'a'",
                "'a' <-> 'b' <2> 'c'", "'a' <-> ( 'b' <-> 'c' )", "( 'a' | 'b' ) <-> 'c'", "'a':*AB & 'b':D",
                "'a' <0> 'b'",
                "'a' <16384> 'b'", #"'it''s' | '\\'"#, "'a' & 'b' & 'c' & 'd'", "'é' & '日本':*")
            // The server's own function refuses the binary form of a query of nothing, which it sends.
            let empty = try await connection.value("SELECT ''::tsquery", as: PostgresTSQuery.self)
            let error = try await failure { try await connection.execute("SELECT \(empty)::tsquery") }
            #expect(error.code == .encodingFailed)
            // Its text does not say which of the two operators comes first; the tree does.
            let nested = try await connection.value("SELECT 'a & (b & c)'::tsquery", as: PostgresTSQuery.self)
            #expect(nested.description == "'a' & 'b' & 'c'")
        }
    }

    @Test("a query built here finds what the server's own does")
    func built() async throws {
        try await withConnection { connection in
            let query = PostgresTSQuery.lexeme("cat").followed(by: .lexeme("sat")) & !.lexeme("dog", isPrefix: true)
            let answer: PostgresQuery = """
                SELECT to_tsvector('english', 'the cat sat') @@ \(query), to_tsvector('english', 'cat sat dogma') @@ \(query)
                """
            let row = try #require(try await connection.query(answer).collect().first)
            let (isFound, isRefused) = try row.decode(as: (Bool, Bool).self)
            #expect(isFound && !isRefused)
        }
    }

    @Test("trap 29: citext is a String")
    func citext() async throws {
        try await TestServer.withDatabase { configuration in
            try await PostgresConnection.withConnection(configuration) { connection in
                guard try await connection.createExtension("citext") else { return }
                try await TypeTable<String>(connection: connection, type: "citext", hasArrays: false).check(
                    "", "Abc", "naïve")
                let query: PostgresQuery = "SELECT \("ABC")::citext = 'abc'::citext, ARRAY['A', NULL]::citext[]"
                let row = try #require(try await connection.query(query).collect().first)
                let (isEqual, array) = try row.decode(as: (Bool, [String?]).self)
                #expect(isEqual)
                #expect(array == ["A", nil])
            }
        }
    }

    @Test("pgvector's types, where the server has them")
    func vectors() async throws {
        try await TestServer.withDatabase { configuration in
            try await PostgresConnection.withConnection(configuration) { connection in
                guard try await connection.createExtension("vector") else { return }
                try await TypeTable<PostgresVector>(connection: connection, type: "vector", hasArrays: false)
                    .check("[1,2.5,-3]", "[0]", "[1e-05,3.4028235e+38,0.0001,1e+06,999999]")
                // From pgvector 0.7 on.
                if try await connection.value("SELECT to_regtype('sparsevec') IS NOT NULL", as: Bool.self) {
                    try await TypeTable<PostgresHalfVector>(connection: connection, type: "halfvec", hasArrays: false)
                        .check("[1,2.5,-3]", "[65504,6.1035156e-05,5.9604645e-08]")
                    try await TypeTable<PostgresSparseVector>(
                        connection: connection, type: "sparsevec", hasArrays: false
                    ).check("{1:1.5,3:2}/5", "{}/3", "{1000000000:1}/1000000000")
                }
                try await connection.execute(script: "CREATE TABLE items (id int8, embedding vector(3))")
                try await connection.copy(into: "items") { copy in
                    for id in 1...10 { try await copy.write(id, PostgresVector([Float(id), 0, 0])) }
                }
                let near: PostgresQuery =
                    "SELECT id FROM items ORDER BY embedding <-> \(PostgresVector([7.2, 0, 0])) LIMIT 2"
                #expect(try await connection.query(near, as: Int.self).collect() == [7, 8])
            }
        }
    }
}
