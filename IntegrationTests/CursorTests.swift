import Postgres
import Testing

@Suite(.timeLimit(.minutes(2))) struct CursorTests {
    @Test("rows come so many at a time, and statements run between them") func fetches() async throws {
        try await TestServer.withPool { pool in
            let total = try await pool.withTransaction { tx in
                try await tx.withCursor("SELECT generate_series(1, \(2_500)::int)", fetchSize: 1_000) { cursor in
                    #expect(cursor.columns.map(\.name) == ["generate_series"])
                    var sum = 0
                    for try await row in cursor {
                        let number = try row.decode(0, as: Int.self)
                        if number % 1_000 == 0 { sum += try await tx.value("SELECT \(number)::int") }
                    }
                    #expect(cursor.isExhausted)
                    #expect(try await cursor.fetch().collect().isEmpty)
                    return sum
                }
            }
            #expect(total == 3_000)
        }
    }

    @Test("trap 37: a cursor that is left early leaves nothing running, and the transaction goes on") func leavesEarly()
        async throws
    {
        try await TestServer.withPool { pool in
            try await pool.withTransaction { tx in
                let sum = try await tx.withCursor("SELECT generate_series(1, 100000000)", fetchSize: 10) { cursor in
                    var sum = 0
                    for try await row in cursor {
                        sum += try row.decode(0, as: Int.self)
                        if sum > 60 { break }
                    }
                    return sum
                }
                #expect(sum == 66)
                let open = try await tx.value("SELECT count(*) FROM pg_cursors WHERE name LIKE 'egret%'", as: Int.self)
                #expect(open == 0)
                // Dropped without being closed.
                _ = try await tx.cursor("SELECT 1").fetch(1).collect()
                let left = try await tx.value("SELECT count(*) FROM pg_cursors WHERE name LIKE 'egret%'", as: Int.self)
                #expect(left == 0)
            }
        }
    }

    @Test("forth and back, from the end and to a place") func scrolls() async throws {
        try await TestServer.withPool { pool in
            try await pool.withTransaction { tx in
                let cursor = try await tx.scrollCursor("SELECT n, 'row ' || n FROM generate_series(1, \(100)::int) n")
                func numbers(_ direction: PostgresScrollCursor.Direction) async throws -> [Int] {
                    try await cursor.fetch(direction).decode(as: (Int, String).self).collect().map(\.0)
                }
                #expect(try await numbers(.next) == [1])
                #expect(try await numbers(.forward(3)) == [2, 3, 4])
                #expect(try await numbers(.backward(2)) == [3, 2])
                #expect(try await numbers(.absolute(50)) == [50])
                #expect(try await numbers(.absolute(-1)) == [100])
                #expect(try await numbers(.relative(-9)) == [91])
                #expect(try await numbers(.first) == [1])
                #expect(try await numbers(.prior).isEmpty)
                #expect(try await cursor.move(.forwardAll) == 100)
                #expect(try await numbers(.backwardAll).count == 100)
                #expect(try await numbers(.last) == [100])
                try await cursor.close()
                #expect(try await tx.value("SELECT count(*) FROM pg_cursors WHERE is_scrollable", as: Int.self) == 0)
            }
        }
    }

    @Test("a held cursor outlives its transaction, and no other does") func lifetimes() async throws {
        try await TestServer.withDatabase { configuration in
            try await withConnection(configuration) { connection in
                let (held, portal) = try await connection.withTransaction { tx in
                    (
                        try await tx.scrollCursor("SELECT generate_series(1, 3)", isHeld: true),
                        try await tx.cursor("SELECT generate_series(1, 3)", fetchSize: 1)
                    )
                }
                #expect(try await held.fetch(.last).decode(as: Int.self).first() == 3)
                let outside = try await failure { try await portal.fetch() }
                #expect(outside.code == .invalidUse)
                let gone = try await failure {
                    try await connection.withTransaction { _ in try await portal.fetch().collect().count }
                }
                #expect(gone.sqlState?.rawValue == "34000")
                try await held.close()
                let none = try await failure { try await connection.cursor("SELECT 1") }
                #expect(none.code == .invalidUse)
                try await connection.check()
            }
        }
    }
}
