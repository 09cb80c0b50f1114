import Testing

@testable import PostgresImport

@Suite("Defaults of SQLite columns")
struct SQLiteDefaultTests {
    static let cases: [(String?, ColumnType, SQLiteDefault.Translation)] = [
        (nil, .text, .none), ("NULL", .text, .none), ("'x'", .text, .sql("'x'")), ("'it''s'", .text, .sql("'it''s'")),
        ("\"x\"", .text, .sql("'x'")), ("'null'", .text, .sql("'null'")), ("''", .text, .sql("''")),
        ("5", .text, .sql("'5'")),
        ("1", .bigint, .sql("1")), ("-1", .bigint, .sql("-1")), ("(1)", .bigint, .sql("1")),
        ("'0'", .bigint, .sql("0")),
        ("''", .bigint, .untranslatable("''")), ("1.5", .bigint, .untranslatable("1.5")), ("TRUE", .bigint, .sql("1")),
        ("1", .boolean, .sql("true")), ("0", .boolean, .sql("false")), ("'false'", .boolean, .sql("false")),
        ("2", .boolean, .untranslatable("2")), ("1.50", .numeric(nil), .sql("1.50")),
        ("0", .doublePrecision, .sql("0")),
        ("'abc'", .numeric(nil), .untranslatable("'abc'")), ("x'00FF'", .bytea, .sql("'\\x00ff'")),
        ("'{\"a\":1}'", .jsonb, .sql("'{\"a\":1}'")), ("'{'", .jsonb, .untranslatable("'{'")),
        ("'toolong'", .varchar(3), .untranslatable("'toolong'")), ("CURRENT_TIMESTAMP", .timestamptz, .sql("now()")),
        ("CURRENT_TIMESTAMP", .timestamp, .sql("(now() AT TIME ZONE 'UTC')")),
        ("datetime('now')", .timestamp, .sql("(now() AT TIME ZONE 'UTC')")),
        ("(datetime('now'))", .text, .sql("to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')")),
        ("current_date", .date, .sql("((now() AT TIME ZONE 'UTC')::date)")),
        ("(strftime('%s','now'))", .bigint, .sql("(extract(epoch FROM now())::bigint)")),
        ("(unixepoch() * 1000)", .bigint, .sql("((extract(epoch FROM now()) * 1000)::bigint)")),
        (
            "(strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))", .text,
            .sql("to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')")
        ),
        ("(strftime('%s','now'))", .timestamptz, .sql("now()")),
        ("'2020-01-01 00:00:00'", .timestamp, .sql("'2020-01-01 00:00:00'")),
        ("'2020-01-01 00:00:00'", .timestamptz, .sql("'2020-01-01 00:00:00+00'")),
        ("'soon'", .timestamp, .untranslatable("'soon'")),
        ("(hex(randomblob(16)))", .text, .untranslatable("(hex(randomblob(16)))")),
        ("(a + 1)", .bigint, .untranslatable("(a + 1)")),
        ("(1) + (2)", .bigint, .untranslatable("(1) + (2)")),
    ]

    @Test("trap 90: expressions and literals", arguments: cases)
    func translations(text: String?, type: ColumnType, wanted: SQLiteDefault.Translation) {
        #expect(SQLiteDefault.translate(text, to: type, epoch: nil) == wanted)
    }

    @Test(
        arguments: [
            ("deleted_at IS NULL", #""deleted_at" IS NULL"#),
            ("a NOT NULL AND b <> 'x'", #""a" IS NOT NULL AND "b" <> 'x'"#),
            ("NOT (a = 1 OR \"b\" == 'it''s')", #"NOT ("a" = 1 OR "b" = 'it''s')"#), ("flag = 1", #""flag" = true"#),
            ("flag", #""flag""#),
            ("a >= -5", #""a" >= -5"#), ("length(b) > 1", nil), ("a = b", nil), ("unknown IS NULL", nil),
            ("a = 1 +", nil), ("a LIKE 'x'", nil),
            ("a IN (1, 2)", nil), ("", nil), ("a = 1; DROP TABLE x", nil),
        ] as [(String, String?)])
    func conditions(text: String, wanted: String?) {
        let columns = [
            ColumnPlan(source: "a", target: "a", type: .bigint), ColumnPlan(source: "b", target: "b", type: .text),
            ColumnPlan(source: "flag", target: "flag", type: .boolean),
            ColumnPlan(source: "deleted_at", target: "deleted_at", type: .timestamp),
        ]
        #expect(SQLiteCondition.translate(text, columns: columns) == wanted)
    }

    @Test(arguments: ColumnTypeTests.types) func typesReadTheirOwnSQL(sql: String) {
        #expect(ColumnType(sql: sql)?.sql == sql.lowercased().replacing("numeric (", with: "numeric("))
    }
}

enum ColumnTypeTests {
    static let types = [
        "boolean", "smallint", "integer", "bigint", "double precision", "numeric", "numeric(10,2)", "text",
        "varchar(5)", "bytea", "date",
        "time", "timestamp", "timestamptz", "uuid", "json", "jsonb", "TEXT", "Numeric(5,0)",
    ]
}
