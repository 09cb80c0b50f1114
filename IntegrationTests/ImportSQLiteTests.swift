import Foundation
import Postgres
import PostgresImport
import PostgresTestKit
import Testing

@Suite struct ImportSQLiteTests {
    static let shop = """
        CREATE TABLE Artist (ArtistId INTEGER NOT NULL, Name NVARCHAR(120), CONSTRAINT PK_Artist PRIMARY KEY (ArtistId));
        INSERT INTO Artist VALUES (1, 'AC/DC'), (7, 'Motörhead'), (9, NULL);
        CREATE TABLE Employee (EmployeeId INTEGER PRIMARY KEY, ReportsTo INTEGER REFERENCES Employee (EmployeeId),
            BirthDate DATETIME, Active BOOLEAN DEFAULT 1);
        INSERT INTO Employee VALUES (1, NULL, '1962-02-18 00:00:00', 1), (2, 1, '1958-12-08 00:00:00', 0);
        CREATE TABLE Track (TrackId INTEGER PRIMARY KEY, Name TEXT NOT NULL, ArtistId INTEGER REFERENCES Artist,
            UnitPrice NUMERIC(10,2) NOT NULL, Bytes INTEGER);
        INSERT INTO Track VALUES (1, 'One ', 1, 0.99, 11170334), (2, 'Two', 7, 1.1, NULL), (3, '', 1, 2, 3);
        CREATE INDEX IFK_TrackArtistId ON Track (ArtistId);
        CREATE TABLE PlaylistTrack (PlaylistId INTEGER NOT NULL, TrackId INTEGER NOT NULL REFERENCES Track,
            CONSTRAINT PK_PlaylistTrack PRIMARY KEY (PlaylistId, TrackId));
        INSERT INTO PlaylistTrack VALUES (1, 1), (1, 2), (2, 1);
        """

    @Test func tablesKeysIndexesAndTypesArrive() async throws {
        try await TestServer.withDatabase { database in
            let report = try await importing(sqlite: Self.shop, into: database)
            #expect(report.isComplete)
            #expect(report.rowCount == 11)
            #expect(
                report.verification?.tables.allSatisfy { $0.sourceDigest == $0.targetDigest && $0.samples > 0 } == true)
            let types = try await database.text(
                """
                SELECT string_agg(format_type(atttypid, atttypmod), ', ' ORDER BY attnum) FROM pg_attribute
                WHERE attrelid = '"Track"'::regclass AND attnum > 0
                """)
            #expect(types == "bigint, text, bigint, numeric(10,2), bigint")
            let birth = try await database.text(#"SELECT "BirthDate" FROM "Employee" WHERE "EmployeeId" = 2"#)
            #expect(birth == "1958-12-08 00:00:00")
            let price = try await database.text(#"SELECT "UnitPrice" FROM "Track" WHERE "TrackId" = 2"#)
            #expect(price == "1.10")
            let constraints = try await database.text(
                "SELECT string_agg(contype::text || ' ' || conrelid::regclass, ', ' ORDER BY conrelid::regclass::text, contype) FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'"
            )
            #expect(
                constraints
                    == #"p "Artist", f "Employee", p "Employee", f "PlaylistTrack", p "PlaylistTrack", f "Track", p "Track""#
            )
            #expect(
                try await database.text(#"SELECT count(*) FROM pg_indexes WHERE indexname = 'IFK_TrackArtistId'"#)
                    == "1")
            #expect(try await database.text("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'egret%'") == "0")
            #expect(try await database.text(#"SELECT "Active" FROM "Employee" WHERE "EmployeeId" = 2"#) == "false")
        }
    }

    @Test("trap 96: sequences go on behind the largest key") func sequences() async throws {
        try await TestServer.withDatabase { database in
            _ = try await importing(
                sqlite: """
                    CREATE TABLE used (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO used VALUES (41, 'a'), (-3, 'b');
                    CREATE TABLE empty (id INTEGER PRIMARY KEY, v TEXT);
                    CREATE TABLE remembered (id INTEGER PRIMARY KEY AUTOINCREMENT, v TEXT);
                    INSERT INTO remembered VALUES (99, 'x'); DELETE FROM remembered;
                    CREATE TABLE negative (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO negative VALUES (-5, 'x');
                    """, into: database)
            for (table, next) in [("used", "42"), ("empty", "1"), ("remembered", "100"), ("negative", "1")] {
                try await database.run("INSERT INTO \(table) (v) VALUES ('new')")
                #expect(try await database.text("SELECT id FROM \(table) WHERE v = 'new'") == next, "\(table)")
            }
        }
    }

    @Test("every type with awkward values comes out as it went in") func awkwardValues() async throws {
        let report = try await TestServer.withDatabase { database in
            try await importing(
                sqlite: """
                    CREATE TABLE v (id INTEGER PRIMARY KEY, i BIGINT, r REAL, n NUMERIC, m NUMERIC(20,4), t TEXT, vc VARCHAR(4),
                        b BLOB, f BOOLEAN, d DATE, ts DATETIME, tz TIMESTAMP, ms DATETIME, jd DATETIME, tod TIME, u UUID, j JSON,
                        mixed INTEGER, none);
                    INSERT INTO v VALUES
                    (1, 9223372036854775807, 1e308, 12345678901234567, 1234567890123456.789, 'tab\t"quote" \\ back', 'äöüß', x'00ff00',
                        1, '0001-01-01', '1969-12-31 23:59:59.999999', '2020-06-01T10:00:00+05:30', 1647950409737, 2459661.5, '23:59:59.999999',
                        '6BA7B810-9DAD-11D1-80B4-00C04FD430C8', '{"b":[1,2.50,{"x":null}],"a":"\\u00e9"}', 1, 1),
                    (2, -9223372036854775808, -0.0, 0.000001, -0.5, '', '', x'', 0, '9999-12-31', '0001-01-01 00:00:00',
                        '1969-12-31T23:59:59Z', -1, 2440587.5, '00:00:00', '00000000-0000-0000-0000-000000000000', '1e2', 'text', 'one'),
                    (3, 0, 9e999, 1e300, 0, 'line\r\nfeed ' || char(10) || char(128512), '1234', randomblob(5000), NULL, '2024-02-29',
                        '2024-02-29', '2024-02-29T12:34:56.123456-11:00', 0, 2451544.75, '12:00:00', NULL, '"x"', 2.5, x'00'),
                    (4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
                    INSERT INTO v (id, t) VALUES (5, replace(hex(zeroblob(200000)), '0', 'ab'));
                    """, into: database)
        }
        #expect(report.isComplete, "\(report.verification?.tables.first?.differences ?? [])")
        #expect(report.verification?.tables.first?.samples == 5)
    }

    @Test("trap 87: circles, orphans and deferred keys") func foreignKeys() async throws {
        try await TestServer.withDatabase { database in
            let report = try await importing(
                sqlite: """
                    CREATE TABLE a (id INTEGER PRIMARY KEY, b_id INTEGER REFERENCES b (id) ON DELETE CASCADE);
                    CREATE TABLE b (id INTEGER PRIMARY KEY, a_id INTEGER REFERENCES a (id) DEFERRABLE INITIALLY DEFERRED);
                    INSERT INTO a VALUES (1, 1); INSERT INTO b VALUES (1, 1);
                    CREATE TABLE lost (id INTEGER PRIMARY KEY, a_id INTEGER REFERENCES a (id)); INSERT INTO lost VALUES (1, 77), (2, 1);
                    """, into: database)
            #expect(report.isComplete)
            let keys = try await database.text(
                "SELECT string_agg(conname || ' ' || convalidated || ' ' || condeferred || ' ' || confdeltype::text, ', ' ORDER BY conname) FROM pg_constraint WHERE contype = 'f'"
            )
            #expect(keys == "a_b_id_fkey true false c, b_a_id_fkey true true a, lost_a_id_fkey false false a")
            await #expect(throws: PostgresError.self) { try await database.run("INSERT INTO lost VALUES (3, 78)") }
        }
    }

    @Test func tablesWithRowsAreNotTouchedUnlessAsked() async throws {
        try await TestServer.withDatabase { database in
            let script = "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO t VALUES (1, 'new');"
            try await database.run("CREATE TABLE t (id int, old text); INSERT INTO t VALUES (5, 'old')")
            let error = await #expect(throws: ImportError.self) { try await importing(sqlite: script, into: database) }
            #expect(error?.code == .targetConflict)
            #expect(try await database.text("SELECT old FROM t") == "old")

            var elsewhere = ImportOptions()
            elsewhere.schema = "Other schema"
            #expect(try await importing(sqlite: script, into: database, elsewhere).isComplete)
            #expect(try await database.text(#"SELECT v FROM "Other schema".t"#) == "new")

            var replacing = ImportOptions()
            replacing.replacesTables = true
            #expect(try await importing(sqlite: script, into: database, replacing).isComplete)
            #expect(try await importing(sqlite: script, into: database, replacing).isComplete)
            #expect(try await database.text("SELECT v FROM t") == "new")

            try await database.run("CREATE VIEW depends AS SELECT * FROM t")
            let blocked = await #expect(throws: ImportError.self) {
                try await importing(sqlite: script, into: database, replacing)
            }
            #expect(blocked?.message.contains("cannot be replaced") == true)
        }
    }

    @Test("trap 102: a table that exists and is empty is filled as it is, its triggers silent") func existingTable()
        async throws
    {
        try await TestServer.withDatabase { database in
            try await database.run(
                """
                CREATE TABLE t (id serial PRIMARY KEY, v varchar(10), updated_at timestamptz NOT NULL DEFAULT now(), extra text DEFAULT 'x');
                CREATE FUNCTION touch() RETURNS trigger AS $$ BEGIN NEW.updated_at := now(); RETURN NEW; END $$ LANGUAGE plpgsql;
                CREATE TRIGGER touch BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION touch();
                """)
            let report = try await importing(
                sqlite:
                    "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT, updated_at DATETIME); INSERT INTO t VALUES (3, 'a', '2001-02-03 04:05:06');",
                into: database)
            #expect(report.isComplete)
            #expect(
                try await database.text("SELECT updated_at AT TIME ZONE 'UTC' || extra FROM t")
                    == "2001-02-03 04:05:06x")
            try await database.run("INSERT INTO t (v) VALUES ('b')")
            #expect(try await database.text("SELECT max(id) FROM t") == "4")
        }
    }

    @Test func namesTakenByOtherIndexesAreAvoided() async throws {
        try await TestServer.withDatabase { database in
            try await database.run(
                "CREATE TABLE other (a int); CREATE INDEX t_pkey ON other (a); CREATE INDEX i ON other (a)")
            let report = try await importing(
                sqlite: "CREATE TABLE t (id INTEGER PRIMARY KEY, v); CREATE INDEX i ON t (v);", into: database)
            #expect(report.isComplete)
            #expect(try await database.text("SELECT count(*) FROM pg_indexes WHERE tablename = 't'") == "2")
        }
    }

    @Test func aPlanChangedByHandIsFollowed() async throws {
        try await TestServer.withDatabase { database in
            let report = try await importing(
                sqlite:
                    "CREATE TABLE Old (a INTEGER, b TEXT, c TEXT); INSERT INTO Old VALUES (1, '12', 'x'), (2, '2.5e3', 'y');",
                into: database
            ) { plan in
                plan.tables[0].target = "new"
                plan.tables[0].columns[0].target = "number"
                plan.tables[0].columns[1].type = .integer
                plan.tables[0].columns.remove(at: 2)
            }
            #expect(report.isComplete)
            #expect(try await database.text("SELECT sum(b) FROM new") == "2512")
            #expect(
                try await database.text(
                    "SELECT count(*) FROM pg_attribute WHERE attrelid = 'new'::regclass AND attnum > 0") == "2")
        }
    }
}
