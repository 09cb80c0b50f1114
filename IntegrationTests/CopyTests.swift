import Postgres
import Testing

@Suite struct CopyTests {
    @Test func rowsGoInAndOutInBinary() async throws {
        try await TestServer.withPool { pool in
            try await pool.execute("CREATE TABLE t (id int8, name text, score float8, tags text[], note text)")
            let count = try await pool.copy(into: "t", columns: ["id", "name", "score", "tags"]) { copy in
                for number in 0..<10_000 {
                    try await copy.write(number, "name \(number)", Double(number) / 3, ["a", nil, "\(number)"])
                }
            }
            #expect(count == 10_000)
            try await pool.withConnection { connection in
                var number = 0
                let rows = try await connection.copy(from: .query("SELECT * FROM t ORDER BY id"))
                let values = rows.decode(as: (Int, String, Double, [String?], String?).self)
                for try await (id, name, score, tags, note) in values {
                    #expect(id == number && name == "name \(number)" && score == Double(number) / 3)
                    #expect(tags == ["a", nil, "\(number)"] && note == nil)
                    number += 1
                }
                #expect(number == 10_000)
                #expect(try await connection.copy(from: .table("t", columns: ["id"])).collect().count == 10_000)
            }
        }
    }

    @Test("trap 63: text and CSV bytes, special characters and all")
    func bytesGoInAndOut() async throws {
        try await TestServer.withPool { pool in
            try await pool.execute("CREATE TABLE t (a text, b text)")
            let csv = "a,b\n\"x, \"\"y\"\"\",\"two\nlines\"\n,\"\"\n\\.x,é\n"
            let rows = try await pool.copy(into: "t", format: .csv(header: true)) { copy in
                for byte in csv.utf8 { try await copy.write([byte]) }
            }
            #expect(rows == 3)
            let read = try await pool.query("SELECT a, b FROM t", as: (String?, String?).self).collect()
            #expect(read[0] == ("x, \"y\"", "two\nlines"))
            #expect(read[1] == (nil, ""))
            #expect(read[2] == ("\\.x", "é"))
            try await pool.withConnection { connection in
                var text: [UInt8] = []
                for try await piece in try await connection.copy(from: .table("t"), format: .text) { text += piece }
                #expect(String(decoding: text, as: UTF8.self) == "x, \"y\"\ttwo\\nlines\n\\N\t\n\\\\.x\té\n")
                text = []
                let out = try await connection.copy(from: .table("t"), format: .csv(header: true))
                for try await piece in out { text += piece }
                #expect(String(decoding: text, as: UTF8.self).hasPrefix("a,b\n\"x, \"\"y\"\"\",\"two\nlines\"\n"))
            }
        }
    }

    @Test("trap 66: names with quotes, capitals, spaces and schemas")
    func namesAreQuoted() async throws {
        try await TestServer.withPool { pool in
            try await pool.execute(
                script: #"CREATE SCHEMA "S s"; CREATE TABLE "S s"."a""b" ("select" int, "C""c" int)"#)
            let table = PostgresIdentifier(schema: "S s", "a\"b")
            #expect(try await pool.copy(into: table, columns: ["C\"c", "select"]) { try await $0.write(1, 2) } == 1)
            let rows = try await pool.query(#"SELECT "select", "C""c" FROM "S s"."a""b""#, as: (Int, Int).self)
                .collect()
            #expect(rows.count == 1 && rows[0] == (2, 1))
        }
    }

    @Test("trap 27: a value that cannot be stored names its row and its column") func aWrongValueNamesItsRow()
        async throws
    {
        try await TestServer.withPool { pool in
            try await pool.execute("CREATE TABLE t (id int, data jsonb)")
            let good: JSONValue = ["a": 1]
            let bad: JSONValue = ["a": ["b\0"]]
            for wrong in [1, 3, 700] {
                let error = try await failure {
                    try await pool.copy(into: "t") { copy in
                        for number in 1...1000 { try await copy.write(number, number == wrong ? bad : good) }
                    }
                }
                #expect(error.row == wrong && error.column == "data")
                #expect("\(error)".contains("(row \(wrong), column data)"))
                let fewer = try await failure {
                    try await pool.copy(into: "t") { copy in
                        for number in 1...1000 {
                            if number == wrong {
                                try await copy.write(number)
                            } else {
                                try await copy.write(number, good)
                            }
                        }
                    }
                }
                #expect(fewer.row == wrong && fewer.column == nil)
            }
        }
    }

    @Test("trap 64: a value that does not fit names its column, and nothing is kept")
    func aWrongValueNamesItsColumn() async throws {
        try await TestServer.withPool { pool in
            try await pool.execute("CREATE TABLE t (id int2, at date)")
            for (id, columns) in [(70_000, "id"), (1, "at")] {
                let error = await #expect(throws: PostgresError.self) {
                    try await pool.copy(into: "t") { copy in
                        try await copy.write(1, PostgresDate?.none)
                        if columns == "id" { try await copy.write(id, PostgresDate?.none) }
                        try await copy.write(id, 3.5)
                    }
                }
                #expect(error?.code == .encodingFailed)
                #expect(error?.column == columns)
            }
            #expect(try await pool.query("SELECT count(*) FROM t", as: Int.self).collect() == [0])
        }
    }

    @Test(
        "traps 61, 67: the server's refusal comes while rows are being written, and nothing is kept",
        .notBehindPgpool("it passes an error on only when all of a COPY's data has come"))
    func refusalEndsTheWriting() async throws {
        try await TestServer.withPool(PostgresPoolOptions(maximumConnections: 1)) { pool in
            try await pool.execute("CREATE TABLE t (id int PRIMARY KEY, filler text)")
            let written = Counter()
            await #expect(throws: PostgresError.self) {
                try await pool.copy(into: "t") { copy in
                    for number in 0..<1_000_000 {
                        try await copy.write(number == 5000 ? 1 : number, "some text that takes a little room")
                        written.increment()
                    }
                }
            }
            #expect(written.value < 1_000_000)
            #expect(try await pool.query("SELECT count(*) FROM t", as: Int.self).collect() == [0])
            #expect(pool.statistics.connects == 1)
        }
    }

    @Test("trap 62: cancelled between rows, or while the server does not take them, COPY leaves the connection usable")
    func cancellationEndsTheCopy() async throws {
        try await TestServer.withPool(PostgresPoolOptions(maximumConnections: 2)) { pool in
            try await pool.execute("CREATE TABLE t (id int, filler text)")
            for isBlocked in [false, true] {
                let began = Counter()
                let task = Task {
                    try await pool.withConnection { connection in
                        // A lock that somebody else holds keeps the server from taking any row.
                        if isBlocked { try await connection.execute("SET lock_timeout = 0") }
                        try await connection.copy(into: "t") { copy in
                            began.increment()
                            for number in 0..<100_000_000 { try await copy.write(number, "some text") }
                        }
                    }
                }
                #expect(try await eventually { began.value > 0 })
                try await Task.sleep(for: .milliseconds(50))
                task.cancel()
                let error = await #expect(throws: PostgresError.self) { try await task.value }
                #expect(error?.code == .cancelled)
                #expect(try await pool.query("SELECT count(*) FROM t", as: Int.self).collect() == [0])
            }
            #expect(pool.statistics.connects <= 2)
        }
    }

    @Test(
        "trap 60: the server ends the session in the middle of COPY",
        .needsOwnServerProcess("it ends its process, by its number"),
        .notBehindPgpool("it says late, and in words of its own, that a session has ended"))
    func theServerGoesAway() async throws {
        try await TestServer.withPool(PostgresPoolOptions(maximumConnections: 2)) { pool in
            try await pool.execute("CREATE TABLE t (id int)")
            let error = await #expect(throws: PostgresError.self) {
                try await pool.withConnection { connection in
                    try await connection.copy(into: "t") { copy in
                        for number in 0..<100_000_000 {
                            try await copy.write(number)
                            if number == 100_000 {
                                try await TestServer.terminate(try #require(connection.serverProcessID))
                            }
                        }
                    }
                }
            }
            #expect(error?.code == .connectionClosed || error?.sqlState == .adminShutdown)
            #expect(try await pool.query("SELECT count(*) FROM t", as: Int.self).collect() == [0])
        }
    }

    @Test("trap 65: rows are read no faster than they are used, and leaving early has the server stop")
    func slowReaders() async throws {
        try await PostgresConnection.withConnection(try TestServer.configuration) { connection in
            var count = 0
            let rows = try await connection.copy(
                from: .query("SELECT generate_series(1, 10000000), repeat('x', 1000)"))
            for try await _ in rows {
                count += 1
                if count == 10 { break }
            }
        }
        try await PostgresConnection.withConnection(try TestServer.configuration) { connection in
            let statement: PostgresQuery = """
                SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'COPY (SELECT generate_series(1, 10000000)%'
                """
            var running = 1
            for _ in 0..<1000 where running > 0 {
                running = try await connection.query(statement, as: Int.self).first() ?? 0
                if running > 0 { try await Task.sleep(for: .milliseconds(5)) }
            }
            #expect(running == 0)
        }
    }
}
