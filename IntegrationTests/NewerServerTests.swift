import Foundation
import Postgres
import Testing

/// What newer servers have, where the server is one.
@Suite(.timeLimit(.minutes(2))) struct NewerServerTests {
    @Test("from 18 on: generated columns that are not stored are read as any other, and not written")
    func virtualColumns() async throws {
        try await TestServer.withConnection { connection in
            guard try await connection.serverVersion() >= 180_000 else { return }
            try await connection.execute("CREATE TABLE t (n int, twice int GENERATED ALWAYS AS (n * 2), name text)")
            try await connection.copy(into: "t", columns: ["n", "name"]) { copy in
                for n in 1...3 { try await copy.write(n, "row \(n)") }
            }
            let rows = try await connection.query("SELECT * FROM t ORDER BY n", as: (Int, Int, String).self).collect()
            #expect(rows.map(\.1) == [2, 4, 6] && rows.map(\.2) == ["row 1", "row 2", "row 3"])
            let copying = try await failure { try await connection.copy(into: "t") { try await $0.write(1, 2, "") } }
            #expect(copying.code == .invalidUse && copying.advice != nil)
            let error = try await failure { try await connection.execute("INSERT INTO t (twice) VALUES (1)") }
            #expect(error.sqlState?.rawValue == "428C9")
        }
    }

    @Test("from 18 on: what was and what is, UUIDs in order of time, and keys over time")
    func returningAndTime() async throws {
        try await TestServer.withConnection { connection in
            guard try await connection.serverVersion() >= 180_000 else { return }
            try await connection.execute(script: "CREATE TABLE t (n int); INSERT INTO t VALUES (1)")
            let changed = try await connection.query(
                "UPDATE t SET n = n + \(41) RETURNING old.n, new.n", as: (Int, Int).self
            ).first()
            #expect(changed?.0 == 1 && changed?.1 == 42)
            let uuid: UUID = try await connection.value("SELECT uuidv7()")
            #expect(uuid.uuid.6 >> 4 == 7)
            try await connection.execute(
                script: "CREATE TABLE rent (room int4range, at daterange, PRIMARY KEY (room, at WITHOUT OVERLAPS))")
            let book = PostgresStatement("INSERT INTO rent VALUES (int4range($1, $1, '[]'), daterange($2, $3))")
            let days = try ["2026-01-01", "2026-01-05", "2026-01-10"].map { try #require(PostgresDate($0)) }
            try await connection.execute(book(Int32(1), days[0], days[1]))
            try await connection.execute(book(Int32(1), days[1], days[2]))
            let overlap = try await failure { try await connection.execute(book(Int32(1), days[0], days[2])) }
            #expect(overlap.sqlState == .exclusionViolation)
            #expect(overlap.server?.constraintName == "rent_pkey")
        }
    }
}
