import Foundation
import Testing

@testable import PostgresImport

@Suite("Plans of SQLite files")
struct SQLitePlanTests {
    @Test("trap 90: keys of every kind") func keys() throws {
        let plan = try SQLiteFixture(
            """
            CREATE TABLE rowid_alias (id INTEGER PRIMARY KEY, v);
            CREATE TABLE named (id INTEGER NOT NULL, CONSTRAINT pk PRIMARY KEY (id));
            CREATE TABLE composite (b TEXT, a INTEGER, PRIMARY KEY (a, b)) WITHOUT ROWID;
            CREATE TABLE counted (id INTEGER PRIMARY KEY AUTOINCREMENT, v);
            INSERT INTO counted VALUES (41, 'x'); DELETE FROM counted;
            CREATE TABLE none (v TEXT);
            CREATE TABLE int_key (id INT PRIMARY KEY);
            CREATE TABLE text_key (id TEXT PRIMARY KEY); INSERT INTO text_key VALUES (NULL), ('a');
            CREATE TABLE strict_table (id INTEGER PRIMARY KEY, a ANY, t TEXT NOT NULL) STRICT;
            """
        ).plan()
        let tables = Dictionary(uniqueKeysWithValues: plan.tables.map { ($0.source, $0) })
        #expect(tables["rowid_alias"]?.columns[0].isIdentity == true)
        #expect(tables["named"]?.columns[0].isIdentity == true)
        #expect(tables["composite"]?.primaryKey?.columns == ["a", "b"])
        #expect(tables["composite"]?.columns.allSatisfy { !$0.isNullable } == true)
        #expect(tables["counted"]?.columns[0].identityNext == 42)
        #expect(tables["counted"]?.rowCount == 0)
        #expect(tables["none"]?.primaryKey == nil)
        #expect(tables["int_key"]?.columns[0].isIdentity == false)
        #expect(tables["int_key"]?.primaryKey?.columns == ["id"])
        // SQLite's keys may hold NULL.
        #expect(tables["text_key"]?.primaryKey == nil)
        #expect(tables["text_key"]?.unique.count == 1)
        #expect(tables["strict_table"]?.columns[2].isNullable == false)
    }

    @Test func indexesUniqueDescendingPartialAndNot() throws {
        let plan = try SQLiteFixture(
            """
            CREATE TABLE t (a INTEGER, b TEXT COLLATE NOCASE, c TEXT, deleted_at DATETIME, d BOOLEAN, UNIQUE (a, c));
            CREATE INDEX i1 ON t (a DESC, c);
            CREATE UNIQUE INDEX i2 ON t (b);
            CREATE INDEX i3 ON t (a) WHERE deleted_at IS NULL AND d = 1;
            CREATE INDEX i4 ON t (lower(c));
            CREATE INDEX i5 ON t (a) WHERE length(c) > 3;
            CREATE UNIQUE INDEX i6 ON t (c COLLATE RTRIM);
            """
        ).plan()
        let table = try #require(plan.tables.first)
        #expect(table.unique.map(\.columns) == [["a", "c"]])
        let indexes = Dictionary(uniqueKeysWithValues: table.indexes.map { ($0.name, $0) })
        #expect(indexes["i1"]?.columns.map(\.isDescending) == [true, false])
        #expect(indexes["i2"]?.isUnique == true)
        #expect(indexes["i2"]?.columns.first?.ignoresCase == true)
        #expect(indexes["i3"]?.condition == #""deleted_at" IS NULL AND "d" = true"#)
        #expect(Set(plan.skipped.map(\.name)) == ["t.i4", "t.i5", "t.i6"])
        #expect(plan.skipped.allSatisfy { !$0.reason.isEmpty })
    }

    @Test("trap 87: foreign keys in circles, to oneself, to nothing") func foreignKeys() throws {
        let plan = try SQLiteFixture(
            """
            CREATE TABLE a (id INTEGER PRIMARY KEY, b_id REFERENCES b ON DELETE CASCADE);
            CREATE TABLE b (id INTEGER PRIMARY KEY, a_id INTEGER REFERENCES a (id) ON UPDATE SET NULL);
            CREATE TABLE tree (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES tree (id));
            CREATE TABLE orphan (id INTEGER PRIMARY KEY, tree_id INTEGER REFERENCES tree (id), x REFERENCES nowhere (id),
                y TEXT REFERENCES a (b_id));
            INSERT INTO orphan VALUES (1, 99, NULL, NULL);
            CREATE TABLE pair (x INTEGER, y INTEGER, PRIMARY KEY (x, y));
            CREATE TABLE uses_pair (x INTEGER, y INTEGER,
                FOREIGN KEY (x, y) REFERENCES pair DEFERRABLE INITIALLY DEFERRED);
            """
        ).plan()
        let tables = Dictionary(uniqueKeysWithValues: plan.tables.map { ($0.source, $0) })
        #expect(tables["a"]?.foreignKeys.first?.onDelete == "CASCADE")
        // A column without type and values takes its parent's type.
        #expect(tables["a"]?.columns[1].type == .bigint)
        #expect(tables["b"]?.foreignKeys.first?.onUpdate == "SET NULL")
        #expect(tables["tree"]?.foreignKeys.first?.targetTable == "tree")
        #expect(tables["orphan"]?.foreignKeys.map(\.orphans) == [1])
        #expect(tables["uses_pair"]?.foreignKeys.first?.targetColumns == ["x", "y"])
        #expect(tables["uses_pair"]?.foreignKeys.first?.isDeferred == true)
        #expect(plan.skipped.filter { $0.kind == "foreign key" }.count == 2)
    }

    @Test func viewsTriggersGeneratedColumnsAndChecksAreReported() throws {
        let plan = try SQLiteFixture(
            """
            CREATE TABLE t (a INTEGER CHECK (a > 0), b INTEGER GENERATED ALWAYS AS (a * 2) STORED, c AS (a + 1));
            INSERT INTO t (a) VALUES (5);
            CREATE VIEW v AS SELECT 1;
            CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END;
            CREATE VIRTUAL TABLE search USING fts5(body);
            """
        ).plan()
        #expect(plan.tables.map(\.source) == ["t"])
        #expect(plan.tables[0].columns.map(\.type.sql) == ["bigint", "bigint", "bigint"])
        #expect(plan.tables[0].columns[1].notes.contains { $0.contains("generated") })
        #expect(plan.tables[0].notes.contains { $0.contains("CHECK") })
        #expect(Set(plan.skipped.map(\.kind)) == ["view", "trigger", "virtual table"])
    }

    @Test func awkwardNamesAreKeptOrReplaced() throws {
        let plan = try SQLiteFixture(
            """
            CREATE TABLE "select 'x'" ("from" INTEGER, "Größe" TEXT, ctid INTEGER, "" TEXT);
            CREATE TABLE [with space] ([a b] INTEGER);
            """
        ).plan()
        #expect(plan.tables.map(\.target) == ["select 'x'", "with space"])
        #expect(plan.tables[0].columns.map(\.target) == ["from", "Größe", "ctid_", "column_4"])
    }

    @Test("trap 92: names that are one after 63 bytes are refused before anything is done") func clash() throws {
        let stem = String(repeating: "n", count: 63)
        let fixture = try SQLiteFixture("CREATE TABLE \(stem)1 (a); CREATE TABLE \(stem)2 (a);")
        let source = try SQLiteSource(path: fixture.path)
        var plan = try source.makePlan()
        let error = #expect(throws: ImportError.self) { try source.check(plan) }
        #expect(error?.code == .nameClash)
        plan.tables[1].target = "other"
        try source.check(plan)

        let columns = try SQLiteFixture("CREATE TABLE t (\(stem)1, \(stem)2);")
        let other = try SQLiteSource(path: columns.path)
        #expect(throws: ImportError.self) { try other.check(try other.makePlan()) }
    }

    @Test("trap 91: text that PostgreSQL cannot store is named") func invalidText() throws {
        let fixture = try SQLiteFixture(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO t VALUES (1, 'ok'), (7, CAST(x'61ff' AS TEXT));"
        )
        let source = try SQLiteSource(path: fixture.path)
        var plan = try source.makePlan()
        #expect(plan.tables[0].columns[1].notes.contains { $0.contains("id = 7") })
        func read() throws -> [[CanonicalCell]] {
            let reader = try source.makeReader(for: plan.tables[0])
            var rows: [[CanonicalCell]] = []
            while try reader.next() {
                var row = CanonicalRow()
                try reader.appendCanonical(to: &row)
                rows.append(row.cells())
            }
            return rows
        }
        let error = #expect(throws: ImportError.self) { try read() }
        #expect(error?.table == "t")
        #expect(error?.row == "row id = 7")
        #expect(error?.column == "v")
        plan.tables[0].columns[1].unfit = .null
        #expect(try read()[1][1].bytes == nil)
        plan.tables[0].columns[1].unfit = .replace
        #expect(try read()[1][1].bytes == Array("a\u{FFFD}".utf8))
        plan.tables[0].columns[1].type = .bytea
        #expect(try read()[1][1].bytes == [0x61, 0xFF])
    }

    @Test func numericKeysThatHoldIntegersMatchIntegerOnes() throws {
        let plan = try SQLiteFixture(
            """
            CREATE TABLE actor (actor_id NUMERIC NOT NULL PRIMARY KEY); INSERT INTO actor VALUES (1), (2);
            CREATE TABLE film_actor (actor_id INT REFERENCES actor, price NUMERIC); INSERT INTO film_actor VALUES (1, 5);
            CREATE TABLE detail (actor_id INTEGER PRIMARY KEY REFERENCES actor);
            """
        ).plan()
        #expect(plan.tables.map { $0.columns[0].type.sql } == ["bigint", "bigint", "bigint"])
        #expect(plan.tables[1].columns[1].type.sql == "numeric")
        #expect(plan.tables[1].foreignKeys.count == 1)
        #expect(plan.tables[2].columns[0].isIdentity == false)
    }

    @Test func coreDataCountsFrom2001() throws {
        let fixture = try SQLiteFixture(
            """
            CREATE TABLE Z_PRIMARYKEY (Z_ENT INTEGER PRIMARY KEY); CREATE TABLE Z_METADATA (Z_VERSION INTEGER PRIMARY KEY);
            CREATE TABLE ZNOTE (Z_PK INTEGER PRIMARY KEY, ZCREATED TIMESTAMP);
            INSERT INTO ZNOTE VALUES (1, 600000000.5), (2, -1);
            """)
        let source = try SQLiteSource(path: fixture.path)
        let table = try #require(try source.makePlan().tables.first { $0.source == "ZNOTE" })
        #expect(table.columns[1].epoch == .secondsSince2001)
        let reader = try source.makeReader(for: table)
        var instants: [String] = []
        while try reader.next() {
            var row = CanonicalRow()
            try reader.appendCanonical(to: &row)
            instants.append(row.cells()[1].shown(as: .timestamptz))
        }
        #expect(instants == ["2020-01-06T10:40:00.500000Z", "2000-12-31T23:59:59.000000Z"])
    }

    @Test func filesInUTF16AreReadAsTheRest() throws {
        let fixture = try SQLiteFixture(
            "PRAGMA encoding = 'UTF-16'; CREATE TABLE t (v TEXT); INSERT INTO t VALUES ('é😀');")
        let source = try SQLiteSource(path: fixture.path)
        let reader = try source.makeReader(for: try #require(try source.makePlan().tables.first))
        #expect(try reader.next())
        #expect(try canonical { try reader.appendCanonical(to: &$0) } == "é😀")
    }

    @Test func plansGoThroughJSON() throws {
        let plan = try SQLiteFixture(
            """
            CREATE TABLE p (id INTEGER PRIMARY KEY, at DATETIME DEFAULT CURRENT_TIMESTAMP, n NUMERIC(10,2) DEFAULT 1.5);
            CREATE TABLE c (p_id INTEGER REFERENCES p, v TEXT UNIQUE); CREATE INDEX i ON c (v) WHERE v IS NOT NULL;
            """
        ).plan()
        #expect(try ImportPlan(json: plan.json()) == plan)
    }

    @Test(
        "plans that make no sense are refused",
        arguments: [
            ("{", "plan cannot be read"),
            (#"{"version":2,"source":{"kind":"sqlite","path":"","bytes":0},"tables":[]}"#, "version 2"),
            (
                #"{"source":{"kind":"sqlite","path":"","bytes":0},"tables":[{"source":"t","columns":[{"source":"a","type":"money"}]}]}"#,
                "money is no type"
            ),
        ])
    func brokenPlans(json: String, words: String) {
        let error = #expect(throws: ImportError.self) { try ImportPlan(json: json) }
        #expect(error?.message.contains(words) == true)
    }

    @Test func plansAreCheckedAgainstTheSource() throws {
        let fixture = try SQLiteFixture("CREATE TABLE t (a INTEGER PRIMARY KEY);")
        let source = try SQLiteSource(path: fixture.path)
        let plan = try source.makePlan()
        for change: (inout ImportPlan) -> Void in [
            { $0.tables[0].source = "u" }, { $0.tables[0].columns[0].source = "b" },
            { $0.tables[0].primaryKey?.columns = ["z"] }, { $0.tables[0].documentColumn = "data" },
            {
                $0.tables[0].foreignKeys = [
                    ForeignKeyPlan(name: "f", columns: ["a"], targetTable: "x", targetColumns: ["a"])
                ]
            },
        ] {
            var changed = plan
            change(&changed)
            #expect(throws: ImportError.self) { try source.check(changed) }
        }
    }
}

@Suite("Files that are no SQLite databases, and ones that are but only just")
struct SQLiteFileTests {
    @Test func whatIsNoneIsRefusedClearly() throws {
        let text = try TemporaryFile("a.sqlite", text: "id,name\n1,x\n")
        let empty = try TemporaryFile("b.sqlite", text: "")
        let cut = try TemporaryFile(
            "c.sqlite", bytes: Array("SQLite format 3\u{0}".utf8) + [UInt8](repeating: 7, count: 600))
        for path in [text.path, empty.path, cut.path, "/nowhere/at/all.sqlite", NSTemporaryDirectory()] {
            let error = #expect(throws: ImportError.self) { try SQLiteSource(path: path) }
            #expect(error?.message.isEmpty == false)
        }
        #expect(throws: ImportError.self) { try openImportSource(path: text.path) }
    }

    @Test func aFileWithItsLogBesideItIsReadWithTheLog() throws {
        let fixture = try SQLiteFixture(
            "PRAGMA journal_mode = WAL; CREATE TABLE t (a); INSERT INTO t VALUES (1), (2), (3);")
        #expect(FileManager.default.fileExists(atPath: fixture.path + "-wal"))
        #expect(try fixture.plan().rowCount == 3)
        // A copy of the pair, without the shared memory of a running program.
        let copy = TemporaryFile("copy.sqlite")
        for suffix in ["", "-wal"] {
            try FileManager.default.copyItem(atPath: fixture.path + suffix, toPath: copy.path + suffix)
        }
        #expect(try SQLiteSource(path: copy.path).makePlan().rowCount == 3)
    }

    @Test func theSourceIsNeverChanged() throws {
        let fixture = try SQLiteFixture("CREATE TABLE t (a); INSERT INTO t VALUES (1);")
        fixture.close()
        let before = try Data(contentsOf: URL(fileURLWithPath: fixture.path))
        _ = try fixture.plan()
        #expect(try Data(contentsOf: URL(fileURLWithPath: fixture.path)) == before)
    }

    @Test func theKindIsTakenFromTheContent() throws {
        let fixture = try SQLiteFixture("CREATE TABLE t (a);")
        let json = try TemporaryFile("x.txt", text: "\u{FEFF}\n {\"_id\": 1}")
        #expect(try openImportSource(path: fixture.path).description.kind == .sqlite)
        #expect(try openImportSource(path: json.path).description.kind == .mongo)
    }
}
