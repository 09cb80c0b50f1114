import Foundation
import Postgres
import Testing

/// Types of users and of extensions against a real server.
@Suite struct UserTypeTests {
    enum Mood: String, PostgresCodable, PostgresArrayElement { case sad, fine, great }

    struct Address: PostgresComposite, Hashable {
        var street: String
        var zip: Int?
        var moods: [Mood?]

        static let postgresFields = PostgresFields(
            "address", Address.init, PostgresField("street", \Address.street), PostgresField("zip", \Address.zip),
            PostgresField("moods", \Address.moods))
    }

    struct Person: PostgresComposite, Hashable {
        var name: String
        var home: Address?
        var others: [Address]

        static let postgresFields = PostgresFields(
            "person", Person.init, PostgresField("name", \Person.name), PostgresField("home", \Person.home),
            PostgresField("others", \Person.others))
    }

    static let types = """
        CREATE TYPE mood AS ENUM ('sad', 'fine', 'great');
        CREATE DOMAIN zip AS int4 CHECK (VALUE > 0);
        CREATE DOMAIN swiss_zip AS zip CHECK (VALUE < 10000);
        CREATE TYPE address AS (street text, zip swiss_zip, moods mood[]);
        CREATE TYPE person AS (name text, home address, others address[]);
        CREATE TYPE floatrange AS RANGE (subtype = float4);
        """

    static let home = Address(street: "1 \"A\" St, (back) \\", zip: 8000, moods: [.fine, nil])
    static let person = Person(
        name: "Ada {x}", home: home, others: [home, Address(street: "", zip: nil, moods: [])])

    @Test("enums, domains, composites and user ranges go in as parameters and come back")
    func parameters() async throws {
        try await TestServer.withPool { pool in
            try await pool.execute(script: Self.types)
            try await pool.execute(
                script: """
                    CREATE TABLE people (id int, mood mood, moods mood[], zip swiss_zip, zips swiss_zip[], home address,
                        person person, persons person[], width floatrange, widths floatrange[])
                    """)
            let widths = [PostgresRange(1.5..<2), .empty, .unbounded]
            for (id, person) in [Self.person, Person(name: "", home: nil, others: [])].enumerated() {
                try await pool.execute(
                    """
                    INSERT INTO people VALUES (\(id), \(Mood.great), \([Mood.sad, nil] as [Mood?]), \(8000), \([1, 2]),
                        \(person.home), \(person), \([person, person]), \(widths[0]), \(widths))
                    """)
                let row = try #require(
                    try await pool.query("SELECT * FROM people WHERE id = \(id)").collect().first)
                #expect(try row.decode("mood", as: Mood.self) == .great)
                #expect(try row.decode("moods", as: [Mood?].self) == [.sad, nil])
                #expect(try row.decode("zip", as: Int.self) == 8000)
                #expect(try row.decode("zips", as: [Int].self) == [1, 2])
                #expect(try row.decode("zips", as: PostgresArray<Int?>.self) == [1, 2])
                #expect(try row.decode("home", as: Address?.self) == person.home)
                #expect(try row.decode("person", as: Person.self) == person)
                #expect(try row.decode("persons", as: [Person].self) == [person, person])
                #expect(try row.decode("width", as: PostgresRange<Double>.self) == widths[0])
                #expect(try row.decode("widths", as: [PostgresRange<Float>].self).count == 3)
                let known = row.columns.map(\.type.description)
                #expect(known[1...2] == ["mood", "mood[]"])
                #expect(known[5...] == ["address", "person", "person[]", "floatrange", "floatrange[]"])
            }
        }
    }

    @Test("what our text of a value is, is the server's")
    func texts() async throws {
        try await TestServer.withPool { pool in
            try await pool.execute(script: Self.types)
            let row = try #require(
                try await pool.query(
                    """
                    SELECT x, x::text FROM (SELECT \(Self.person)::person AS x) AS a
                    """
                ).collect().first)
            let (raw, text) = try row.decode(as: (PostgresRawValue, String).self)
            #expect(raw.text == text)
            #expect(try row.decode(0, as: String.self) == text)
            #expect(try Person(text: text, type: raw.type) == Self.person)
        }
    }

    @Test("COPY into and out of columns of such types")
    func copy() async throws {
        try await TestServer.withPool { pool in
            try await pool.execute(script: Self.types)
            try await pool.execute(
                script: """
                    CREATE TABLE people (mood mood, moods mood[], zip swiss_zip, zips swiss_zip[], person person,
                        persons person[], width floatrange)
                    """)
            let count = try await pool.copy(into: "people") { copy in
                for _ in 0..<3 {
                    try await copy.write(
                        Mood.sad, [Mood.great, nil] as [Mood?], 8000, [1, 2], Self.person, [Self.person],
                        PostgresRange(1.5..<2))
                }
                let error = try await failure {
                    try await copy.write(
                        Mood.sad, [Mood.great], 8000, [1, 1 << 40], Self.person, [Self.person], PostgresRange(1.5..<2))
                }
                #expect(error.column == "zips")
            }
            #expect(count == 3)
            try await pool.withConnection { connection in
                let rows = try await connection.copy(from: .table("people")).collect()
                #expect(rows.count == 3)
                let row = try rows[0].decode(
                    as: (Mood, [Mood?], Int, [Int], Person, [Person], PostgresRange<Double>).self)
                #expect(row.0 == .sad && row.1 == [.great, nil] && row.2 == 8000 && row.3 == [1, 2])
                #expect(row.4 == Self.person && row.5 == [Self.person] && row.6 == PostgresRange(1.5..<2))
            }
        }
    }

    @Test("trap 28: types made, altered, dropped and made anew after connecting are looked up again")
    func changes() async throws {
        try await TestServer.withPool(PostgresPoolOptions(maximumConnections: 2)) { pool in
            try await pool.withConnection { reader in
                func read() async throws -> (Mood, [Int], Address) {
                    let rows = try await reader.query(
                        "SELECT \(Mood.fine)::mood, \([7])::zip[], \(Self.home)::address",
                        as: (Mood, [Int], Address).self)
                    return try #require(try await rows.first())
                }
                _ = try await failure { try await read() }
                var oids: Set<UInt32> = []
                for _ in 0..<3 {
                    try await pool.execute(script: Self.types)
                    #expect(try await read() == (.fine, [7], Self.home))
                    #expect(try await read() == (.fine, [7], Self.home))
                    oids.insert(try await reader.type(named: "mood").rawValue)
                    try await pool.execute(script: "DROP TYPE person, address, mood, zip, floatrange CASCADE")
                    _ = try await failure { try await read() }
                }
                #expect(oids.count == 3)
            }
        }
    }

    @Test("trap 28: types that are others when they are next used, with no failure between")
    func replaced() async throws {
        try await TestServer.withPool(PostgresPoolOptions(maximumConnections: 2)) { pool in
            try await pool.execute(script: Self.types)
            try await pool.withConnection { reader in
                for _ in 0..<3 {
                    #expect(try await reader.value("SELECT \(Mood.fine)::mood", as: Mood.self) == .fine)
                    #expect(try await reader.value("SELECT \([7])::zip[]", as: [Int].self) == [7])
                    #expect(try await reader.value("SELECT \(Self.home)::address", as: Address.self) == Self.home)
                    #expect(
                        try await reader.value("SELECT \([Mood.fine])::mood[]", as: [Mood].self) == [.fine])
                    try await pool.execute(
                        script: "DROP TYPE person, address, mood, zip, floatrange CASCADE; " + Self.types)
                }
            }
        }
    }

    @Test("trap 28: a label and an attribute that are added are known at once")
    func alterations() async throws {
        try await TestServer.withPool { pool in
            try await pool.execute(script: Self.types)
            #expect(try await pool.type(named: "mood").info?.kind == .enumeration(labels: ["sad", "fine", "great"]))
            try await pool.execute("ALTER TYPE mood ADD VALUE 'so so' BEFORE 'fine'")
            #expect(
                try await pool.type(named: "mood").info?.kind
                    == .enumeration(labels: ["sad", "so so", "fine", "great"]))
            try await pool.withConnection { connection in
                try await connection.execute(script: "CREATE TABLE homes (home address)")
                #expect(try await connection.copy(into: "homes") { try await $0.write(Self.home) } == 1)
                try await connection.execute("ALTER TYPE address ADD ATTRIBUTE country text")
                // The first one is told by the server, the second one knows.
                for attempt in 1...2 {
                    let error = try await failure {
                        try await connection.copy(into: "homes") { try await $0.write(Self.home) }
                    }
                    #expect(attempt == 1 || error.message.contains("4 attributes"), "\(error)")
                }
                let error = try await failure {
                    try await connection.query("SELECT home FROM homes", as: Address.self).collect()
                }
                #expect(error.message.contains("4 fields"))
                try await connection.check()
            }
        }
    }

    @Test("names are found by the search path, in the schema that is said, and not at all")
    func names() async throws {
        try await TestServer.withDatabase { configuration in
            try await PostgresConnection.withConnection(configuration) { connection in
                try await connection.execute(
                    script: """
                        CREATE SCHEMA a; CREATE SCHEMA b;
                        CREATE TYPE a.kind AS ENUM ('x'); CREATE TYPE b.kind AS ENUM ('y');
                        CREATE TYPE b."Odd ""Kind" AS (kind a.kind, n int)
                        """)
                try await connection.execute(script: "SET search_path = a, public")
                #expect(try await connection.type(named: "kind").info?.kind == .enumeration(labels: ["x"]))
                #expect(try await connection.type(named: "b.kind").info?.kind == .enumeration(labels: ["y"]))
                try await connection.execute(script: "SET search_path = b")
                #expect(try await connection.type(named: "kind").info?.kind == .enumeration(labels: ["y"]))
                #expect(try await connection.type(named: "kind[]").element?.info?.schema == "b")
                let odd = try await connection.type(named: "b.\"Odd \"\"Kind\"")
                #expect(odd.info?.name == "Odd \"Kind")
                #expect(try await connection.type(named: "integer") == .int4)
                let error = try await failure { try await connection.type(named: "nothing") }
                #expect(error.sqlState == .undefinedObject)
                try await connection.check()
            }
        }
    }

    @Test("trap 29: types without a binary form come as text, alone and within others")
    func textOnly() async throws {
        try await TestServer.withDatabase { configuration in
            try await PostgresConnection.withConnection(configuration) { connection in
                try await connection.execute(
                    script: """
                        CREATE TYPE odd;
                        CREATE FUNCTION odd_in(cstring) RETURNS odd AS 'textin' LANGUAGE internal STRICT IMMUTABLE;
                        CREATE FUNCTION odd_out(odd) RETURNS cstring AS 'textout' LANGUAGE internal STRICT IMMUTABLE;
                        CREATE TYPE odd (INPUT = odd_in, OUTPUT = odd_out);
                        CREATE TYPE odd_pair AS (number int, odd odd);
                        CREATE TABLE odds (odd odd, odds odd[], pair odd_pair, pairs odd_pair[], number int);
                        INSERT INTO odds VALUES ('a b', '{x,NULL}', '(1,"c d")', '{"(2,e)"}', 7);
                        GRANT SELECT ON odds TO PUBLIC
                        """)
                for _ in 0..<2 {
                    let row = try #require(
                        try await connection.query("SELECT * FROM odds WHERE number = \(7)").collect().first)
                    let (odd, odds, pair, pairs, number) = try row.decode(
                        as: (String, [String?], String, String, Int).self)
                    #expect(odd == "a b" && odds == ["x", nil] && pair == "(1,\"c d\")" && number == 7)
                    #expect(pairs == "{\"(2,e)\"}")
                    #expect(row.columns.map(\.format) == [.text, .text, .text, .text, .binary])
                    let raw = try row.decode("odd", as: PostgresRawValue.self)
                    #expect(raw.format == .text && raw.text == "a b" && raw.type.description == "odd")
                    let fields = try row.decode("pair", as: PostgresRecord.self).decode(as: (Int, String).self)
                    #expect(fields == (1, "c d"))
                    // And back.
                    #expect(
                        try await connection.value("SELECT count(*) FROM odds WHERE odd::text = (\(raw)::odd)::text")
                            == 1)
                    let batch = try await connection.batch(["SELECT odd FROM odds", "SELECT number FROM odds"])
                    #expect(try await batch[0].decode(as: String.self).first() == "a b")
                    #expect(try await batch[1].decode(as: Int.self).first() == 7)
                }
                let grants = try await connection.query(
                    "SELECT relacl, relacl[1] FROM pg_class WHERE relname = 'odds'", as: ([String], String).self
                ).collect()
                #expect(grants.first?.0.contains { $0.hasPrefix("=r/") } == true)
                let rows = try await connection.query(
                    "SELECT c FROM pg_class AS c WHERE relname = 'odds'", as: String.self
                ).collect()
                #expect(rows.first?.contains(",odds,") == true)
            }
        }
    }

    @Test("rows without a type, rows of tables, arrays of both")
    func records() async throws {
        try await TestServer.withPool { pool in
            try await pool.execute(script: Self.types)
            try await pool.execute(script: "CREATE TABLE homes (street text, zip swiss_zip, moods mood[])")
            try await pool.execute("INSERT INTO homes SELECT (\(Self.home)::address).*")
            #expect(try await pool.value("SELECT homes FROM homes", as: Address.self) == Self.home)
            #expect(try await pool.value("SELECT array_agg(homes) FROM homes", as: [Address].self) == [Self.home])
            let record = try await pool.value("SELECT ROW(1, 'a'::text, NULL, 'sad'::mood)", as: PostgresRecord.self)
            let fields = try record.decode(as: (Int, String, String?, Mood).self)
            #expect(fields == (1, "a", nil, .sad))
            let records = try await pool.value(
                "SELECT ARRAY[ROW('x'::text, 2::int4, '{}'::mood[])]", as: [Address].self)
            #expect(records == [Address(street: "x", zip: 2, moods: [])])
        }
    }

    @Test("types of the system's schemas whose numbers are another server's others are no built-in ones")
    func systemTypes() async throws {
        try await withConnection(TestServer.configuration) { connection in
            let query: PostgresQuery = """
                SELECT t, t::text, pg_typeof(t)::oid FROM information_schema.sql_sizing t ORDER BY sizing_id LIMIT 1
                """
            let row = try #require(try await connection.query(query, as: (String, String, UInt32).self).first())
            #expect((10_000..<16_384).contains(row.2))
            #expect(!PostgresType(rawValue: row.2).isBuiltin && PostgresType.int4.isBuiltin)
            #expect(row.0 == row.1)
        }
    }

    @Test("a statement whose types cannot be looked up still runs: in a transaction as outside")
    func transactions() async throws {
        try await TestServer.withPool { pool in
            try await pool.execute(script: Self.types)
            try await pool.withTransaction { transaction in
                #expect(try await transaction.value("SELECT \(Mood.fine)::mood", as: Mood.self) == .fine)
                #expect(try await transaction.value("SELECT \(Self.home)::address", as: Address.self) == Self.home)
                try await transaction.check()
            }
        }
    }
}
