import Foundation
import Postgres
import PostgresImport
import Testing

@Suite("trap 105: the verification finds what is not the same")
struct ImportVerifyTests {
    static let script = """
        CREATE TABLE p (id INTEGER PRIMARY KEY, name TEXT NOT NULL, city TEXT, at DATETIME, x REAL, n NUMERIC(10,2));
        WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 300)
        INSERT INTO p SELECT i, 'name ' || i || ' ', 'city', '2020-01-01 10:00:00', i * 0.1, i FROM c;
        CREATE TABLE c (id INTEGER PRIMARY KEY, p_id INTEGER REFERENCES p (id)); INSERT INTO c VALUES (1, 1), (2, 300);
        CREATE TABLE keyless (a INTEGER, b TEXT); INSERT INTO keyless VALUES (1, 'x'), (1, 'x'), (2, 'y');
        """

    /// What is done to the target, and what must be found: kind, row, column, source's value, target's value.
    static let damages: [(String, Difference)] = [
        ("DELETE FROM p WHERE id = 77", Difference(kind: .missing, table: "p", row: "id = 77")),
        ("INSERT INTO p (id, name) VALUES (301, 'more')", Difference(kind: .additional, table: "p", row: "id = 301")),
        (
            "UPDATE p SET name = 'name 7x ' WHERE id = 77",
            Difference(
                kind: .changed, table: "p", row: "id = 77", column: "name", source: "\"name 77 \"",
                target: "\"name 7x \"")
        ),
        (
            "UPDATE p SET name = trim(name) WHERE id = 77",
            Difference(
                kind: .changed, table: "p", row: "id = 77", column: "name", source: "\"name 77 \"",
                target: "\"name 77\"")
        ),
        (
            "UPDATE p SET at = at + interval '1 hour' WHERE id = 77",
            Difference(
                kind: .changed, table: "p", row: "id = 77", column: "at", source: "2020-01-01T10:00:00.000000",
                target: "2020-01-01T11:00:00.000000")
        ),
        (
            "UPDATE p SET name = city, city = name WHERE id = 77",
            Difference(
                kind: .changed, table: "p", row: "id = 77", column: "city", source: "\"city\"", target: "\"name 77 \"")
        ),
        (
            "UPDATE p SET x = x::real WHERE id = 77",
            Difference(
                kind: .changed, table: "p", row: "id = 77", column: "x", source: "7.7", target: "7.699999809265137")
        ),
        (
            "UPDATE p SET n = 77.01 WHERE id = 77",
            Difference(kind: .changed, table: "p", row: "id = 77", column: "n", source: "77", target: "77.01")
        ),
        (
            "UPDATE p SET city = NULL WHERE id = 77",
            Difference(kind: .changed, table: "p", row: "id = 77", column: "city", source: "\"city\"", target: "NULL")
        ),
        (
            "UPDATE p SET city = '' WHERE id = 77",
            Difference(kind: .changed, table: "p", row: "id = 77", column: "city", source: "\"city\"", target: "\"\"")
        ),
        (
            "DELETE FROM keyless WHERE ctid = (SELECT max(ctid) FROM keyless WHERE a = 1)",
            Difference(kind: .missing, table: "keyless", row: "row (1, \"x\")")
        ),
        (
            "UPDATE keyless SET b = 'z' WHERE a = 2",
            Difference(kind: .additional, table: "keyless", row: "row (2, \"z\")")
        ),
    ]

    @Test("a difference names table, row, column and both values", arguments: damages)
    func differences(damage: String, wanted: Difference) async throws {
        try await TestServer.withDatabase { database in
            let file = try SourceFile(sqlite: Self.script)
            let source = try SQLiteSource(path: file.path)
            #expect(try await importing(source, into: database).isComplete)
            let verifier = Verifier(source: source, plan: try source.makePlan(), in: database)
            #expect(try await verifier.run().isEqual)

            try await database.run(damage)
            let report = try await verifier.run()
            #expect(!report.isEqual)
            let table = try #require(report.tables.first { $0.table == wanted.table })
            #expect(table.sourceDigest != table.targetDigest)
            #expect(table.differences.contains(wanted), "\(table.differences)")
            #expect(report.tables.allSatisfy { $0.table == wanted.table || $0.isEqual })
            #expect(table.differences.count <= 2, "\(table.differences)")
        }
    }

    static let problems: [(String, String)] = [
        ("ALTER TABLE c DROP CONSTRAINT c_p_id_fkey; DELETE FROM p WHERE id = 300", "point at no row of p"),
        ("ALTER SEQUENCE p_id_seq RESTART WITH 6", "gives 6 next, but 300 is in use"),
        ("DROP TABLE c", "there is no table"), ("ALTER TABLE p DROP COLUMN city", "has no column"),
        ("ALTER TABLE p ALTER COLUMN x TYPE real", "does not load"),
    ]

    @Test("keys, sequences and tables are looked at too", arguments: problems)
    func everyProblem(damage: String, wanted: String) async throws {
        try await TestServer.withDatabase { database in
            let file = try SourceFile(sqlite: Self.script)
            let source = try SQLiteSource(path: file.path)
            _ = try await importing(source, into: database)
            try await database.run(damage)
            let report = try await Verifier(source: source, plan: try source.makePlan(), in: database).run()
            #expect(!report.isEqual)
            #expect(
                report.tables.flatMap(\.problems).contains { $0.contains(wanted) },
                "\(report.tables.flatMap(\.problems))")
        }
    }

    @Test func manyDifferencesAreCutOff() async throws {
        try await TestServer.withDatabase { database in
            let file = try SourceFile(sqlite: Self.script)
            let source = try SQLiteSource(path: file.path)
            _ = try await importing(source, into: database)
            try await database.run("TRUNCATE p CASCADE")
            let report = try await Verifier(source: source, plan: try source.makePlan(), in: database).run()
            #expect(report.tables[0].differences.count == 20)
            #expect(report.tables[0].targetRows == 0)
        }
    }

    @Test func aTypeChangedInTheTargetIsNoDifferenceWhenTheValuesAreTheSame() async throws {
        try await TestServer.withDatabase { database in
            let file = try SourceFile(sqlite: Self.script)
            let source = try SQLiteSource(path: file.path)
            _ = try await importing(source, into: database)
            try await database.run("ALTER TABLE p ALTER COLUMN n TYPE integer, ALTER COLUMN name TYPE varchar(30)")
            #expect(try await Verifier(source: source, plan: try source.makePlan(), in: database).run().isEqual)
        }
    }
}
