import Testing

@testable import Postgres

@Suite struct ScriptStatementsTests {
    /// The statements' texts up to the next one.
    private func parts(_ script: String) -> [String] {
        let statements = ScriptStatements(script)
        let scalars = Array(script.unicodeScalars)
        let starts = statements.starts.map(\.character) + [scalars.count]
        return zip(starts, starts.dropFirst()).map { start, end in
            var text = String.UnicodeScalarView()
            text.append(contentsOf: scalars[start..<end])
            return String(String(text).filter { $0 != "\n" })
        }
    }

    @Test(
        "trap 39: what looks like an end, in strings, comments, dollar quotes and bodies, is none",
        arguments: [
            "SELECT 'a;b', 'it''s; this'", "SELECT E'a\\';b'", "SELECT \"a;\"\"b\"", "SELECT $$a;$1;b$$",
            "SELECT $tag$ $$;$$ $1; $ta$ $tag$", "SELECT 1 /* a; /* b; */ c; */ + 2", "SELECT 1 -- a; b",
            "CREATE RULE r AS ON INSERT TO t DO ALSO (SELECT 1; SELECT 2)", "SELECT a$b;c$b".replacing(";", with: ""),
            "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END",
            "SELECT $1 + $2", "SELECT 'unfinished; string", "SELECT $a$ unfinished;", "SELECT 1 /* unfinished;",
            "SELECT U&'d;a'", "SELECT ARRAY[1, 2]", "SELECT 'a\\'", "SELECT café_ü",
        ])
    func one(statement: String) {
        #expect(parts(statement) == [statement])
        guard !statement.contains("unfinished"), !statement.contains("--") else { return }
        #expect(parts("\(statement); \(statement)").count == 2)
        #expect(parts(" ;; /* none */ ; \(statement);\n-- the end;\n").count == 1)
    }

    @Test func linesAndPlaces() {
        let statements = ScriptStatements("-- a\nSELECT 1;\n\n  SELECT\n 2; SELECT 3;")
        #expect(statements.starts.map(\.line) == [2, 4, 5])
        #expect(statements.number(at: 0) == nil)
        #expect(statements.number(at: 6) == 1)
        #expect(statements.number(at: 27) == 2)
        #expect(statements.number(at: 1_000) == 3)
        #expect(ScriptStatements("").starts.isEmpty)
    }
}
