import Postgres
import PostgresTestKit
import Testing

@Suite(.serialized, .timeLimit(.minutes(5))) struct CopyHardCasesTests {
    /// A connection to a database with the table `t`.
    private func withTable(
        _ columns: String = "n int NOT NULL, name text", _ body: @Sendable (PostgresConnection) async throws -> Void
    ) async throws {
        try await TestServer.withDatabase { configuration in
            try await PostgresConnection.withConnection(configuration) { connection in
                try await connection.execute("CREATE TABLE t (\(raw: columns))")
                try await body(connection)
            }
        }
    }

    private func count(_ connection: PostgresConnection) async throws -> Int {
        try await connection.value("SELECT count(*) FROM t")
    }

    @Test("rows of too few and too many values") func wrongNumberOfValues() async throws {
        try await withTable { connection in
            let tooFew = try await failure { try await connection.copy(into: "t") { try await $0.write(Int32(1)) } }
            #expect(tooFew.code == .invalidUse)
            let tooMany = try await failure {
                try await connection.copy(into: "t") { try await $0.write(Int32(1), "a", "b") }
            }
            #expect(tooMany.code == .invalidUse)
            // A row that failed leaves nothing behind: the writer may go on.
            let taken = try await connection.copy(into: "t") { copy in
                try await copy.write(Int32(1), "one")
                _ = try? await copy.write(Int32(2))
                _ = try? await copy.write("two", "two")
                try await copy.write(Int32(3), String?.none)
                #expect(copy.rowCount == 2)
            }
            #expect(taken == 2)
            #expect(try await self.count(connection) == 2)
        }
    }

    @Test("the server's own checks name the column and the line") func serverChecks() async throws {
        try await withTable("n int NOT NULL, small varchar(3)") { connection in
            let null = try await failure {
                try await connection.copy(into: "t") { try await $0.write(Int32?.none, "a") }
            }
            #expect(null.sqlState == .notNullViolation)
            #expect(null.server?.columnName == "n")
            let long = try await failure {
                try await connection.copy(into: "t") { try await $0.write(Int32(1), "abcd") }
            }
            #expect(long.sqlState == .stringDataRightTruncation)
            #expect(long.server?.context?.contains("column small") == true)
            let text = try await failure {
                try await connection.copy(into: "t", format: .text) { try await $0.write("1\ta\nx\tb\n") }
            }
            #expect(text.sqlState == .invalidTextRepresentation)
            #expect(text.server?.context?.contains("line 2") == true)
            #expect(try await self.count(connection) == 0)
        }
    }

    @Test("generated columns are not written; named columns may come in any order") func chosenColumns() async throws {
        try await withTable("a int, b int GENERATED ALWAYS AS (a * 2) STORED, c text DEFAULT 'd'") { connection in
            let error = try await failure { try await connection.copy(into: "t") { try await $0.write(Int32(1)) } }
            #expect(error.code == .invalidUse)
            #expect(error.advice != nil)
            try await connection.copy(into: "t", columns: ["c", "a"]) { copy in
                #expect(copy.columns.map(\.name) == ["c", "a"])
                try await copy.write("x", Int32(1))
            }
            try await connection.copy(into: "t", columns: ["a"]) { try await $0.write(Int32(2)) }
            let rows = try await connection.query("SELECT a, b, c FROM t ORDER BY a", as: (Int32, Int32, String).self)
                .collect()
            #expect(rows.map { "\($0)" } == ["(1, 2, \"x\")", "(2, 4, \"d\")"])
            let missing = try await failure {
                try await connection.copy(into: "t", columns: ["z"]) { try await $0.write(Int32(2)) }
            }
            #expect(missing.sqlState?.rawValue == "42703")
            let none = try await failure { try await connection.copy(into: "missing") { _ in } }
            #expect(none.sqlState == .undefinedTable)
            try await connection.check()
        }
    }

    @Test("no rows at all") func emptyCopies() async throws {
        try await withTable { connection in
            #expect(try await connection.copy(into: "t") { _ in } == 0)
            #expect(try await connection.copy(into: "t", format: .csv()) { _ in } == 0)
            #expect(try await connection.copy(from: .table("t")).collect().isEmpty)
            var pieces = 0
            for try await _ in try await connection.copy(from: .table("t"), format: .text) { pieces += 1 }
            #expect(pieces == 0)
            try await connection.check()
        }
    }

    @Test("trap 67: a COPY in a transaction goes with it") func inATransaction() async throws {
        struct Stop: Error {}
        try await withTable { connection in
            await #expect(throws: Stop.self) {
                try await connection.withTransaction { tx in
                    try await tx.copy(into: "t") { copy in
                        for n in 0..<Int32(10_000) { try await copy.write(n, "x") }
                    }
                    throw Stop()
                }
            }
            #expect(try await self.count(connection) == 0)
            // A COPY that fails inside fails the transaction, a savepoint keeps the rest.
            try await connection.withTransaction { tx in
                try await tx.copy(into: "t") { try await $0.write(Int32(1), "kept") }
                await #expect(throws: Stop.self) {
                    try await tx.withTransaction { inner in
                        try await inner.copy(into: "t") { copy in
                            for n in 0..<Int32(10_000) { try await copy.write(n, "x") }
                            throw Stop()
                        }
                    }
                }
            }
            #expect(try await self.count(connection) == 1)
        }
    }

    @Test(
        "trap 61: the server's error arrives while the writer is far from its end",
        .notBehindPgpool("it passes an error on only when all of a COPY's data has come"),
        arguments: Way.allCases)
    func errorAtRowN(way: Way) async throws {
        let table = uniqueName()
        try await TestServer.withConnection(way) { connection in
            try await connection.execute("CREATE TEMPORARY TABLE \(identifier: table) (n int PRIMARY KEY)")
            let error = try await failure {
                try await connection.copy(into: PostgresIdentifier(table)) { copy in
                    for n in 0..<Int32.max {
                        try await copy.write(n == 20_000 ? 99 : n)
                        if n > 50_000_000 { throw PostgresError(.invalidUse, "the writer was never told") }
                    }
                }
            }
            #expect(error.sqlState == .uniqueViolation)
            #expect(error.server?.context?.contains("line 20001") == true)
            #expect(try await connection.value("SELECT count(*) FROM \(identifier: table)", as: Int.self) == 0)
            try await connection.check()
        }
    }

    @Test("other connections are served while a COPY is written") func isFair() async throws {
        try await TestServer.withPool { pool in
            try await pool.execute("CREATE TABLE t (n int)")
            let copy = Task {
                try await pool.copy(into: "t") { copy in
                    // Ends only when it is told to: who waited for its end would wait for ever.
                    for n in 0..<Int32.max { try await copy.write(n) }
                }
            }
            for _ in 0..<20 {
                try await pool.check()
                try await Task.sleep(for: .milliseconds(2))
            }
            copy.cancel()
            let error = try await failure { try await copy.value }
            #expect(error.code == .cancelled)
        }
    }

    @Test("several values larger than what is sent at a time") func largeRows() async throws {
        try await withTable("n int, data bytea") { connection in
            let data = [UInt8](repeating: 7, count: 5_000_000)
            let taken = try await connection.copy(into: "t") { copy in
                for n in 0..<Int32(6) { try await copy.write(n, data) }
            }
            #expect(taken == 6)
            let lengths = try await connection.query("SELECT DISTINCT length(data) FROM t", as: Int32.self).collect()
            #expect(lengths == [5_000_000])
            var count = 0
            for try await (_, back) in try await connection.copy(from: .table("t")).decode(as: (Int32, [UInt8]).self) {
                #expect(back == data)
                count += 1
            }
            #expect(count == 6)
        }
    }

    @Test("other tasks' statements beside COPYs of the same connection", arguments: Way.allCases)
    func statementsBesideCopies(way: Way) async throws {
        try await withConnection(way.configuration) { connection in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<8 {
                    group.addTask {
                        for turn in 0..<20 {
                            let number = task * 1000 + turn
                            if (task + turn) % 2 == 0 {
                                let source = PostgresCopySource.query("SELECT generate_series(1, \(number)) AS n")
                                var count = 0
                                for try await _ in try await connection.copy(from: source) { count += 1 }
                                #expect(count == number)
                            } else {
                                #expect(try await connection.value("SELECT \(number)::int8", as: Int.self) == number)
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            try await connection.check()
        }
    }
}
