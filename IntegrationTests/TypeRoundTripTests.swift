import Foundation
import Postgres
import Testing

/// Values against a real server: our text is its text, our bytes are its bytes, both ways.
@Suite struct TypeRoundTripTests {
    /// Runs `body` on a connection of its own.
    func withConnection(_ body: @Sendable (PostgresConnection) async throws -> Void) async throws {
        try await TestServer.withConnection { try await body($0) }
    }

    /// Reads values and the server's text of them; checks ours, and sends each value back.
    func check<V: PostgresCodable & LosslessStringConvertible & Equatable>(
        _: V.Type, _ type: String, values: String
    ) async throws {
        try await withConnection { connection in
            try await connection.execute(script: "SET TimeZone = 'UTC'; SET extra_float_digits = 1")
            let source = "SELECT x, x::text FROM (SELECT v::\(type) AS x FROM (\(values)) AS a(v)) AS b"
            let rows = try await connection.query(PostgresQuery(raw: source)).collect()
            #expect(!rows.isEmpty)
            var read: [V] = []
            var texts: [String] = []
            for row in rows {
                let (value, text) = try row.decode(as: (V, String).self)
                #expect(value.description == text)
                #expect(V(text) == value)
                read.append(value)
                texts.append(text)
            }
            for (value, text) in zip(read, texts).prefix(50) {
                let query: PostgresQuery = "SELECT (\(value)::\(raw: type))::text"
                let answer = try await connection.query(query, as: String.self)
                for try await written in answer { #expect(written == text) }
            }
        }
    }

    @Test("trap 21: numerics of every size, exactly as the server writes them")
    func numeric() async throws {
        try await check(
            PostgresNumeric.self, "numeric",
            values: """
                SELECT unnest(ARRAY['0', '0.000', '-0.1', '1e131071', '1e-16383', '10000', '9999.9999', '0.0001', '1e20',
                    'NaN', 'Infinity', '-Infinity', '123456789.987654321', '-99999999999999999999.5'])
                UNION ALL SELECT (repeat('9', 131072) || '.' || repeat('7', 16383))
                UNION ALL SELECT round((sin(g) * 10 ^ (g % 40 - 20))::numeric, g % 25)::text
                    FROM generate_series(1, 2000) AS g
                """)
    }

    @Test("trap 24: dates, times and timestamps of the whole range, exactly as the server writes them")
    func datesAndTimes() async throws {
        try await check(
            PostgresDate.self, "date",
            values: """
                SELECT unnest(ARRAY['infinity', '-infinity', '4714-11-24 BC', '4713-02-29 BC', '5874897-12-31',
                    '0001-12-31 BC', '0001-01-01', '2000-02-29'])
                UNION ALL SELECT ('4714-11-24 BC'::date + g * 1074)::text FROM generate_series(1, 3000) AS g
                """)
        let timestamps = """
            SELECT unnest(ARRAY['infinity', '-infinity', '4714-11-24 00:00:00 BC', '294276-12-31 23:59:59.999999',
                '0001-12-31 23:59:59.9 BC', '2024-12-31 24:00:00', '2016-12-31 23:59:60', '1999-12-31 23:59:59.999999'])
            UNION ALL SELECT ('2000-01-01'::timestamp + g * interval '1237 days 01:02:03.040506')::text
                FROM generate_series(-1900, 1900) AS g
            """
        try await check(PostgresTimestamp.self, "timestamp", values: timestamps)
        try await check(PostgresTimestampTZ.self, "timestamptz", values: timestamps)
        try await check(
            PostgresTime.self, "time",
            values: "SELECT unnest(ARRAY['00:00', '24:00', '23:59:59.999999', '12:34:56.7', '23:59:60'])")
        try await check(
            PostgresTimeTZ.self, "timetz",
            values:
                "SELECT unnest(ARRAY['00:00+00', '24:00+15:59', '23:59:59.5-15:59', '12:00-03:30', '12:00+00:19:32'])")
    }

    @Test func intervals() async throws {
        try await check(
            PostgresInterval.self, "interval",
            values: """
                SELECT unnest(ARRAY['0', '1 year 2 mons 3 days 04:05:06.789', '-1 year -2 mons +3 days -04:05:06',
                    '1 mon -1 day', '-1 day 00:00:00.000001', '178956970 years', '2562047788:00:54.775807'])
                UNION ALL SELECT make_interval(months => g * (g % 3 - 1), days => g * (g % 2), secs => g * 7.001 - 5000)::text
                    FROM generate_series(-1000, 1000) AS g
                """)
    }

    @Test("trap 25: the session's time zone and styles change nothing")
    func settings() async throws {
        try await withConnection { connection in
            let date = Date(timeIntervalSinceReferenceDate: 725_857_445.6)
            let zoned = try #require(PostgresTimestampTZ("2024-01-02 03:04:05.6+00"))
            let plain = try #require(PostgresTimestamp("2024-01-02 03:04:05.6"))
            for zone in ["UTC", "America/St_Johns", "Asia/Kathmandu"] {
                try await connection.execute(
                    script: """
                        SET TimeZone = '\(zone)'; SET DateStyle = 'German'; SET IntervalStyle = 'iso_8601';
                        SET extra_float_digits = -15; SET bytea_output = 'escape'
                        """)
                let query: PostgresQuery = """
                    SELECT '2024-01-02 03:04:05.6Z'::timestamptz, '2024-01-02 03:04:05.6Z'::timestamptz,
                        '2024-01-02 03:04:05.6'::timestamp, '2024-01-02 03:04:05.6'::timestamp, '1 mon 2 days'::interval,
                        \(date)::timestamptz = '2024-01-02 03:04:05.6Z', \(date)::timestamp = '2024-01-02 03:04:05.6',
                        0.1::float8, '\\x00ff'::bytea
                    """
                let row = try #require(try await connection.query(query).collect().first)
                let (a, b, c, d, e, f, g, h, i) = try row.decode(
                    as: (
                        PostgresTimestampTZ, Date, PostgresTimestamp, Date, PostgresInterval, Bool, Bool, Double,
                        [UInt8]
                    ).self)
                #expect(a == zoned)
                #expect(b == date)
                #expect(c == plain)
                #expect(d == date)
                #expect(e == PostgresInterval(months: 1, days: 2))
                #expect(f && g)
                #expect(h == 0.1)
                #expect(i == [0, 255])
            }
        }
    }

    @Test("trap 38: one Swift value in every server type that can hold it")
    func recoding() async throws {
        try await withConnection { connection in
            let number: PostgresQuery = """
                SELECT \(7)::int2 = 7 AND \(7)::int4 = 7 AND \(7)::int8 = 7 AND \(7)::oid = 7 AND \(7)::numeric = 7
                    AND \(7)::float4 = 7 AND \(7)::float8 = 7 AND \(0.1)::numeric = 0.1 AND \(0.5)::float4 = 0.5
                    AND \(Decimal(7))::int4 = 7 AND \(UInt64.max)::numeric = 18446744073709551615
                """
            let text: PostgresQuery = """
                SELECT \("a")::text = 'a' AND \("a")::varchar = 'a' AND \("a")::char(3) = 'a' AND \("a")::name = 'a'
                    AND \("r")::"char" = 'r' AND \("{\"a\": 1}")::jsonb = '{"a":1}' AND \("[1]")::json::text = '[1]'
                    AND \("2024-01-02")::date = '2024-01-02' AND \("127.0.0.1")::inet = '127.0.0.1' AND \("42")::int4 = 42
                    AND \("(1,2)")::point ~= point(1,2) AND \("[1,5)")::int4range = int4range(1, 5)
                """
            let arrays: PostgresQuery = """
                SELECT \([1, 2])::int2[] = '{1,2}' AND \([1, 2])::int8[] = '{1,2}' AND \([1.5])::numeric[] = '{1.5}'
                    AND \(["a", "b\"\\c,{}"])::varchar[] = ARRAY['a', 'b"\\c,{}']::varchar[]
                    AND \(["2024-01-02", nil] as [String?])::date[] = ARRAY['2024-01-02', NULL]::date[]
                    AND \([String]())::inet[] = '{}' AND 2 = ANY(\([1, 2])::int4[])
                """
            for query in [number, text, arrays] {
                for try await isRight in try await connection.query(query, as: Bool.self) { #expect(isRight) }
            }
            let error = await #expect(throws: PostgresError.self) {
                try await connection.query("SELECT \(1)::int4, \(1 << 40)::int4")
            }
            #expect(error?.message.hasPrefix("parameter $2: ") == true)
            for try await one in try await connection.query("SELECT 1", as: Int.self) { #expect(one == 1) }
        }
    }

    private enum Mood: String, PostgresCodable, PostgresArrayElement { case sad, fine }

    @Test("enums and domains, alone and in arrays")
    func userTypes() async throws {
        try await withConnection { connection in
            try await connection.execute(
                script: """
                    CREATE TYPE pg_temp.mood AS ENUM ('sad', 'fine');
                    CREATE DOMAIN pg_temp.price AS numeric(10, 2) CHECK (VALUE >= 0);
                    CREATE DOMAIN pg_temp.tags AS text[];
                    CREATE DOMAIN pg_temp.day AS date;
                    CREATE TEMP TABLE moods (mood pg_temp.mood, moods pg_temp.mood[], price pg_temp.price,
                        prices pg_temp.price[], tags pg_temp.tags, day pg_temp.day)
                    """)
            try await connection.execute(
                """
                INSERT INTO moods VALUES (\(Mood.fine), \([Mood.sad, nil] as [Mood?]), \(Decimal(string: "19.90")),
                    \([1, 2]), \(["a,b"]), \(PostgresDate(year: 2024, month: 2, day: 29)))
                """)
            try await connection.copy(into: "moods", columns: ["mood", "price", "tags"]) { copy in
                try await copy.write(Mood.sad, PostgresNumeric(3), ["c"])
            }
            let rows = try await connection.query(
                "SELECT mood, moods, price, prices::numeric[], tags, day FROM moods ORDER BY price DESC"
            ).collect()
            let first = try #require(rows.first).decode(
                as: (Mood, [Mood?], PostgresNumeric, [PostgresNumeric], [String], PostgresDate).self)
            #expect(first.0 == .fine)
            #expect(first.1 == [.sad, nil])
            #expect(first.2.description == "19.90")
            #expect(first.3.map(\.description) == ["1.00", "2.00"])
            #expect(first.4 == ["a,b"])
            #expect(first.5.description == "2024-02-29")
            #expect(try #require(rows.last).decode("mood", as: Mood.self) == .sad)
            #expect(try #require(rows.last).decode("mood", as: PostgresRawValue.self).bytes == Array("sad".utf8))
        }
    }

    @Test("trap 29: what the server's odd types are read as")
    func oddTypes() async throws {
        try await withConnection { connection in
            // A server may have been made without libxml.
            let xml = try await connection.hasXML() ? "'<a/>'::xml" : "'<a/>'::text"
            let query: PostgresQuery = """
                SELECT 'ab'::char(4), 'x'::"char", ''::"char", 'n'::name, '[5:6]={1,2}'::int4[], '{}'::text[],
                    '{a,NULL}'::text[], pg_sleep(0), 'pg_class'::regclass::oid, 1::oid, \(raw: xml), NULL::int4
                """
            let row = try #require(try await connection.query(query).collect().first)
            let values = try row.decode(
                as: (
                    String, String, String, String, [Int], [String], [String?], String, UInt32, Int, String, Int?
                ).self)
            #expect(values.0 == "ab  ")
            #expect((values.1, values.2, values.3) == ("x", "", "n"))
            #expect(values.4 == [1, 2])
            #expect(values.5.isEmpty)
            #expect(values.6 == ["a", nil])
            #expect((values.7, values.8, values.9, values.10) == ("", 1259, 1, "<a/>"))
            #expect(values.11 == nil)
            let square = try #require(
                try await connection.query("SELECT '{{1,2},{3,4}}'::int4[] AS square").collect().first)
            let error = #expect(throws: PostgresError.self) { try square.decode(as: [Int].self) }
            #expect(error?.column == "square")
        }
    }

    @Test("every type goes through COPY and comes back the same")
    func copy() async throws {
        let uuid = UUID()
        let timestamp = try #require(PostgresTimestamp("2024-01-02 03:04:05.678901"))
        let time = try #require(PostgresTimeTZ("12:34:56.7-03:30"))
        let price = try #require(PostgresNumeric("12345.6700"))
        try await withConnection { connection in
            try await connection.execute(
                script: """
                    CREATE TEMP TABLE everything (
                        a bool, b int2, c int4, d int8, e float4, f float8, g text, h bytea, i uuid, j numeric,
                        k date, l time, m timetz, n timestamp, o timestamptz, p interval, q int4[], r text[], s jsonb, t oid)
                    """)
            try await connection.copy(into: "everything") { copy in
                try await copy.write(
                    true, 1, Int16(-2), Int.min, Float(1.5), -0.0, "naïve 😀", [0, 255] as [UInt8], uuid, price,
                    PostgresDate.negativeInfinity, PostgresTime(hour: 24, minute: 0), time, timestamp,
                    PostgresTimestampTZ(utc: timestamp), PostgresInterval(months: -1, days: 2, microseconds: -3),
                    [1, nil] as [Int?], ["", "\"\\"], "{\"a\":[1]}", UInt32.max)
            }
            let row = try #require(try await connection.query("SELECT * FROM everything").collect().first)
            try row.withDecoder { (decoder) throws(PostgresError) in
                #expect(try decoder.next(Bool.self))
                #expect(try decoder.next(Int.self) == 1)
                #expect(try decoder.next(Int.self) == -2)
                #expect(try decoder.next(Int64.self) == .min)
                #expect(try decoder.next(Double.self) == 1.5)
                #expect(try decoder.next(Double.self).sign == .minus)
                #expect(try decoder.next(String.self) == "naïve 😀")
                #expect(try decoder.next([UInt8].self) == [0, 255])
                #expect(try decoder.next(UUID.self) == uuid)
                #expect(try decoder.next(PostgresNumeric.self).description == "12345.6700")
                #expect(try decoder.next(PostgresDate.self) == .negativeInfinity)
                #expect(try decoder.next(PostgresTime.self).description == "24:00:00")
                #expect(try decoder.next(PostgresTimeTZ.self) == time)
                #expect(try decoder.next(PostgresTimestamp.self) == timestamp)
                #expect(try decoder.next(PostgresTimestampTZ.self).utc == timestamp)
                #expect(try decoder.next(PostgresInterval.self).description == "-1 mons +2 days -00:00:00.000003")
                #expect(try decoder.next([Int?].self) == [1, nil])
                #expect(try decoder.next([String].self) == ["", "\"\\"])
                #expect(try decoder.next(String.self) == "{\"a\": [1]}")
                #expect(try decoder.next(UInt32.self) == .max)
                try decoder.finish()
            }
        }
    }
}
