import Testing

@testable import PostgresImport

@Suite("Types of SQLite columns, from declaration and values")
struct SQLiteTypeTests {
    /// Declared type, values as SQL, wanted type, wanted epoch.
    static let cases: [(String, String, String, ColumnPlan.Epoch?)] = [
        ("INTEGER", "1, -5, NULL", "bigint", nil), ("SMALLINT", "1, 32767", "smallint", nil),
        ("SMALLINT", "1, 32768", "bigint", nil), ("MEDIUMINT", "8388607", "integer", nil), ("INT", "", "bigint", nil),
        ("BIGINT UNSIGNED", "9223372036854775807", "bigint", nil), ("INTEGER", "1, 2.5", "double precision", nil),
        ("INTEGER", "9007199254740993, 0.5", "numeric", nil), ("INTEGER", "1, 'abc'", "text", nil),
        ("INTEGER", "1, ''", "text", nil), ("INTEGER", "1, x'00ff'", "bytea", nil),
        ("INTEGER", "'a', 'b'", "text", nil),
        ("BOOLEAN", "0, 1, NULL", "boolean", nil), ("BOOL", "'true', 'FALSE', 1", "boolean", nil),
        ("BOOLEAN", "0, 1, 2", "bigint", nil), ("TINYINT(1)", "0, 1", "boolean", nil),
        ("TINYINT(1)", "0, 3", "bigint", nil),
        ("BOOLEAN", "'yes', 'no'", "text", nil), ("BOOLEAN", "", "boolean", nil),
        ("NUMERIC(10,2)", "1, 0.99, 12345678.25, '3.5'", "numeric(10,2)", nil),
        ("NUMERIC(10,2)", "0.999", "numeric", nil), ("DECIMAL(4,2)", "100", "numeric", nil),
        ("DECIMAL(4,2)", "99", "numeric(4,2)", nil),
        ("NUMERIC(10,2)", "0.1 + 0.2", "numeric", nil), ("DECIMAL(5)", "12345", "numeric(5,0)", nil),
        ("NUMERIC", "1.5, 7", "numeric", nil),
        ("NUMERIC(10,2)", "9e999", "double precision", nil), ("NUMERIC(10,2)", "'abc', 1.5", "text", nil),
        ("MONEY", "1.25", "numeric", nil), ("REAL", "1, 2.5", "double precision", nil),
        ("DOUBLE PRECISION", "9e999, -9e999", "double precision", nil),
        ("FLOAT", "1.5, 'n/a'", "text", nil),
        ("VARCHAR(5)", "'abcde', 'äöüéß'", "varchar(5)", nil), ("VARCHAR(5)", "'abcdef'", "text", nil),
        ("NVARCHAR(160)", "", "varchar(160)", nil), ("CHAR(3)", "'ab '", "varchar(3)", nil),
        ("TEXT", "'1', '007'", "text", nil),
        ("CLOB", "'x'", "text", nil), ("TEXT", "'a', x'00'", "bytea", nil),
        ("TEXT", "'6ba7b810-9dad-11d1-80b4-00c04fd430c8'", "uuid", nil),
        ("TEXT", "'6BA7B810-9DAD-11D1-80B4-00C04FD430C8'", "text", nil),
        ("UUID", "'6BA7B810-9DAD-11D1-80B4-00C04FD430C8', x'000102030405060708090a0b0c0d0e0f'", "uuid", nil),
        ("UUID", "'x'", "text", nil),
        ("BLOB", "x'00', x'ff'", "bytea", nil), ("BLOB", "'text'", "text", nil), ("", "1, 2", "bigint", nil),
        ("", "'a'", "text", nil),
        ("", "1, 'a', 2.5", "text", nil), ("", "1.5", "double precision", nil),
        ("DATETIME", "'2009-01-01 00:00:00', NULL", "timestamp", nil),
        ("DATETIME", "'2009-01-01', '2009-01-01 10:00'", "timestamp", nil),
        ("TIMESTAMP", "'2009-01-01T10:00:00Z', '2009-01-01T10:00:00+02:00'", "timestamptz", nil),
        ("DATETIME", "'2009-01-01 00:00:00', '2009-01-01T10:00:00Z'", "text", nil),
        ("DATETIME", "'2009-01-01 00:00:00', 'soon'", "text", nil),
        ("DATETIME", "'2009-01-01 00:00:00.1234567'", "text", nil),
        ("DATETIME", "1647950409737, 0, -5", "timestamptz", .milliseconds),
        ("DATETIME", "1647950409, 0", "timestamptz", .seconds),
        ("DATETIME", "1647950409737123", "timestamptz", .microseconds),
        ("DATETIME", "1647950409.737", "timestamptz", .seconds),
        ("DATETIME", "1647950409737, '2022-03-22 12:00:09'", "timestamptz", .milliseconds),
        ("DATETIME", "2459661.0, 2459660.5", "timestamptz", .julianDay),
        ("DATETIME", "9223372036854775807", "bigint", nil),
        ("DATETIME", "947000000.1234567", "double precision", nil), ("DATETIME", "", "timestamp", nil),
        ("TIMESTAMPTZ", "", "timestamptz", nil),
        ("DATE", "'2009-01-01', '1066-10-14'", "date", nil), ("DATE", "'2009-01-01 10:00:00'", "timestamp", nil),
        ("DATE", "'01.02.2009'", "text", nil),
        ("TIME", "'10:00:00', '23:59:59.5'", "time", nil), ("TIME", "'25:00:00'", "text", nil),
        ("JSON", #"'{"a":1}', '[]'"#, "jsonb", nil), ("JSON", "'{'", "text", nil),
        ("JSON", #"'{"a":1,"a":2}'"#, "text", nil),
        ("JSON", #"'"\u0000"'"#, "text", nil), ("STRING", "'x'", "text", nil), ("INTERVAL", "'1 day'", "text", nil),
    ]

    @Test("declared type and values", arguments: cases)
    func types(declared: String, values: String, wanted: String, epoch: ColumnPlan.Epoch?) throws {
        var script = "CREATE TABLE t (v \(declared));"
        if !values.isEmpty {
            // STRICT typing apart, SELECT keeps the storage class of each literal until the column's affinity.
            script +=
                "INSERT INTO t \(values.split(separator: ", ").map { "SELECT \($0)" }.joined(separator: " UNION ALL "));"
        }
        let plan = try SQLiteFixture(script).plan()
        let column = try #require(plan.tables.first?.columns.first)
        #expect(column.type.sql == wanted, "\(column.notes)")
        #expect(column.epoch == epoch)
    }

    @Test(
        "declared TEXT holding dates: only under a name that says so, in one layout",
        arguments: [
            ("created_at", "'2020-01-01 10:00:00', '2021-01-01 10:00:00'", "timestamp"),
            ("birthDate", "'1990-05-06'", "date"), ("updatedAt", "'2020-01-01T10:00:00.000Z'", "timestamptz"),
            ("note", "'2020-01-01 10:00:00'", "text"), ("created_at", "'2020-01-01', '2020-01-01 10:00:00'", "text"),
            ("created_at", "'2020-01-01 10:00:00', ''", "text"), ("created_at", "", "text"),
        ])
    func datesInText(name: String, values: String, wanted: String) throws {
        var script = "CREATE TABLE t (\(name) TEXT);"
        for value in values.split(separator: ", ") { script += "INSERT INTO t VALUES (\(value));" }
        let plan = try SQLiteFixture(script).plan()
        #expect(plan.tables.first?.columns.first?.type.sql == wanted)
    }

    @Test func keysAreNotMergedByAConversion() throws {
        let plan = try SQLiteFixture(
            """
            CREATE TABLE a (v DATETIME PRIMARY KEY);
            INSERT INTO a VALUES ('2020-01-01'), ('2020-01-01 00:00:00');
            CREATE TABLE b (v UUID UNIQUE);
            INSERT INTO b VALUES ('6BA7B810-9DAD-11D1-80B4-00C04FD430C8'), ('6ba7b810-9dad-11d1-80b4-00c04fd430c8');
            CREATE TABLE c (v BOOLEAN UNIQUE); INSERT INTO c VALUES ('true'), (1);
            """
        ).plan()
        #expect(plan.tables.map { $0.columns[0].type.sql } == ["text", "text", "text"])
    }

    @Test("trap 89: the value of an epoch in milliseconds") func epochMilliseconds() throws {
        let fixture = try SQLiteFixture("CREATE TABLE t (v DATETIME); INSERT INTO t VALUES (1647950409737);")
        let source = try SQLiteSource(path: fixture.path)
        let reader = try source.makeReader(for: try #require(try source.makePlan().tables.first))
        #expect(try reader.next())
        #expect(try canonical { try reader.appendCanonical(to: &$0) } == "2022-03-22T12:00:09.737000Z")
    }
}
