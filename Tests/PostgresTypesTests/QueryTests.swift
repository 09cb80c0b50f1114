import PostgresTypes
import PostgresWire
import Testing

@Suite struct QueryTests {
    @Test func interpolation() {
        let table = PostgresIdentifier(schema: "my schema", "a\"b")
        let query: PostgresQuery = "SELECT * FROM \(identifier: table) WHERE x = \(1) \(raw: "ORDER BY 1")"
        #expect(query.sql == #"SELECT * FROM "my schema"."a""b" WHERE x = $1 ORDER BY 1"#)
        #expect(query.parameters.types == [.int8])
    }

    @Test("an optional is a value or NULL, and compiles without a warning")
    func optionals() {
        let some: Int? = 7
        let none: Int? = nil
        let query: PostgresQuery = "SELECT \(some), \(none), \(7)"
        #expect(query.parameters.types == [.int8, .int8, .int8])
        #expect(
            query.parameters.withUnsafeCells { Array($0) }
                == hex("00000008 0000000000000007 ffffffff 00000008 0000000000000007"))
    }

    @Test("queries joined number their parameters on")
    func joining() {
        let first: PostgresQuery = "a = \(1) OR a = \("é")"
        let none: PostgresQuery = "true"
        let all: PostgresQuery = "WHERE ü = \(true) AND (\(first)) AND \(none) AND (\(first)) AND z = \(2.5)"
        #expect(all.sql == "WHERE ü = $1 AND (a = $2 OR a = $3) AND true AND (a = $4 OR a = $5) AND z = $6")
        #expect(all.parameters.types == [.bool, .int8, .text, .int8, .text, .float8])
    }

    @Test("more than nine placeholders survive being joined")
    func manyPlaceholders() {
        var inner = PostgresQuery()
        for number in 1...12 { inner.append(value: number) }
        #expect(inner.sql == "$1$2$3$4$5$6$7$8$9$10$11$12")
        var outer: PostgresQuery = "\(0),"
        outer.append(inner)
        #expect(outer.sql == "$1,$2$3$4$5$6$7$8$9$10$11$12$13")
    }

    @Test("a statement with placeholders of its own stands alone, and is refused within another query")
    func statements() throws {
        let query = PostgresStatement("SELECT $2, $1")(1, "a")
        #expect(query.sql == "SELECT $2, $1")
        #expect(query.parameters.types == [.int8, .text])
        try query.parameters.validate()
        let within: PostgresQuery = "SELECT \(7), (\(query))"
        let error = #expect(throws: PostgresError.self) { try within.parameters.validate() }
        #expect(error?.code == .invalidUse)
    }

    @Test("a copy of a query is its own")
    func valueSemantics() throws {
        var first: PostgresQuery = "\(1)"
        let second = first
        first.append(value: "more")
        #expect(first.parameters.types == [.int8, .text])
        #expect(second.parameters.types == [.int8])
        #expect(second.parameters.withUnsafeCells { $0.count } == 12)
        #expect(first.parameters.withUnsafeCells { $0.count } == 20)
        #expect(PostgresQuery("SELECT 1").parameters.withUnsafeCells { $0.count } == 0)
    }

    @Test("a placeholder written in raw text is not touched")
    func rawPlaceholders() {
        let part: PostgresQuery = "x = \(1) AND y = '$1'"
        let query: PostgresQuery = "\(0) \(part)"
        #expect(query.sql == "$1 x = $2 AND y = '$1'")
    }

    @Test func typeNames() {
        #expect(PostgresType.timestamptz.description == "timestamp with time zone")
        #expect(PostgresType.int4Array.description == "integer[]")
        #expect(PostgresType(rawValue: 99_999).description == "type with OID 99999")
        #expect(PostgresType.int4.array == .int4Array)
        #expect(PostgresType.int4Array.element == .int4)
        #expect(PostgresType.int4.element == nil)
    }
}
