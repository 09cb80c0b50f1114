import Foundation
import Postgres
import Testing

@Suite(.timeLimit(.minutes(2))) struct CopyOptionsTests {
    private static func bytes(
        of source: PostgresCopySource, _ format: PostgresCopyFormat, from pool: PostgresPool
    ) async throws -> [UInt8] {
        try await pool.withConnection { connection in
            var bytes: [UInt8] = []
            for try await piece in try await connection.copy(from: source, format: format) { bytes += piece }
            return bytes
        }
    }

    @Test("trap 63: delimiters, NULLs and quotes of every kind come back as they went")
    func formats() async throws {
        try await TestServer.withPool { pool in
            try await pool.execute(script: "CREATE TABLE t (id int, name text, note text)")
            let name = "it's; \"quoted\", \\ and\ta tab\nand a line"
            let insert = PostgresStatement("INSERT INTO t VALUES ($1, $2, $3)")
            try await pool.batch([insert(1, name, String?.none), insert(2, "", ""), insert(3, "NULL", "\\N")])
            for format in [
                PostgresCopyFormat.text, .text(delimiter: "|", null: "nothing"), .csv, .csv(header: true),
                .csv(header: .match, delimiter: ";", null: "\\N", quote: "'", escape: "\\"),
            ] {
                let bytes = try await Self.bytes(of: .table("t"), format, from: pool)
                if let null = format.null {
                    #expect(String(decoding: bytes, as: UTF8.self).contains("\(format.delimiter ?? ",")\(null)\n"))
                }
                try await pool.execute(script: "DROP TABLE IF EXISTS u; CREATE TABLE u (LIKE t)")
                let stream = AsyncStream<[UInt8]> { stream in
                    // In the smallest pieces there are.
                    for byte in bytes { stream.yield([byte]) }
                    stream.finish()
                }
                #expect(try await pool.copy(bytes: stream, into: "u", format: format) == 3)
                let differences = try await pool.value(
                    "SELECT count(*) FROM ((TABLE t EXCEPT TABLE u) UNION ALL (TABLE u EXCEPT TABLE t)) d", as: Int.self
                )
                #expect(differences == 0)
            }
        }
    }

    @Test("trap 63: quoting that is forced, NULL that is or is not") func forcing() async throws {
        try await TestServer.withPool { pool in
            try await pool.execute(script: "CREATE TABLE t (a text, \"B c\" text)")
            var format = PostgresCopyFormat.csv
            format.forceNull = .columns(["a"])
            format.forceNotNull = .columns(["B c"])
            try await pool.copy(into: "t", format: format) { try await $0.write("\"\",\n") }
            #expect(try await pool.value("SELECT count(*) FROM t WHERE a IS NULL AND \"B c\" = ''", as: Int.self) == 1)
            var out = PostgresCopyFormat.csv
            out.forceQuote = .all
            try await pool.execute("UPDATE t SET a = 'x'")
            let bytes = try await Self.bytes(of: .table("t"), out, from: pool)
            #expect(String(decoding: bytes, as: UTF8.self) == "\"x\",\"\"\n")
        }
    }

    @Test("trap 63: other encodings, and a header that must match") func encodings() async throws {
        try await TestServer.withPool { pool in
            try await pool.execute(script: "CREATE TABLE t (name text)")
            try await pool.copy(into: "t", format: .csv(encoding: "LATIN1")) { try await $0.write([0xE4, 0x0A]) }
            #expect(try await pool.value("SELECT name FROM t", as: String.self) == "ä")
            let bytes = try await Self.bytes(of: .table("t"), .csv(encoding: "LATIN1"), from: pool)
            #expect(bytes == [0xE4, 0x0A])
            let version = try await pool.value("SELECT current_setting('server_version_num')::int", as: Int.self)
            guard version >= 150_000 else { return }
            let error = try await failure {
                try await pool.copy(into: "t", format: .csv(header: .match)) { try await $0.write("title\nx\n") }
            }
            #expect(error.sqlState == .badCopyFileFormat)
        }
    }

    @Test("rows that cannot be read are left out where the server can do that, and refused by name where not")
    func leavingOut() async throws {
        try await TestServer.withPool { pool in
            try await pool.execute(script: "CREATE TABLE t (id int)")
            let version = try await pool.value("SELECT current_setting('server_version_num')::int", as: Int.self)
            var format = PostgresCopyFormat.csv
            format.onError = .ignore
            func load(_ format: PostgresCopyFormat) async throws -> Int {
                try await pool.copy(into: "t", format: format) { try await $0.write("1\nx\n3\ny\n") }
            }
            if version >= 170_000 {
                format.logVerbosity = .verbose
                #expect(try await load(format) == 2)
            } else {
                let error = try await failure { try await load(format) }
                #expect(error.code == .invalidUse && error.message.contains("onError"))
            }
            if version >= 180_000 {
                format.rejectLimit = 1
                let error = try await failure { try await load(format) }
                #expect(error.sqlState == .invalidTextRepresentation)
            }
            try await pool.check()
        }
    }

    @Test("defaults, conditions and frozen rows") func conditions() async throws {
        try await TestServer.withPool { pool in
            try await pool.execute(script: "CREATE TABLE t (id int, n int DEFAULT 7)")
            let kept = try await pool.copy(into: "t", columns: ["id"], where: "id > 5") { copy in
                for id in 1...10 { try await copy.write(id) }
            }
            #expect(kept == 5)
            #expect(try await pool.value("SELECT sum(n) FROM t", as: Int.self) == 35)
            let frozen = try await pool.withTransaction { tx in
                try await tx.execute(script: "CREATE TABLE f (id int)")
                return try await tx.copy(into: "f", isFrozen: true) { copy in
                    for id in 1...10 { try await copy.write(id) }
                }
            }
            #expect(frozen == 10)
            let error = try await failure { try await pool.copy(into: "f", isFrozen: true) { try await $0.write(1) } }
            #expect(error.code == .server)
            try await pool.check()
        }
    }

    @Test("files, both ways") func files() async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(uniqueName("egret"))
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let path = directory.appendingPathComponent("rows.csv").path
        try await TestServer.withPool { pool in
            try await pool.execute(
                script: """
                    CREATE TABLE t AS SELECT n AS id, repeat('x', n % 100) AS name FROM generate_series(1, 20000) n;
                    CREATE TABLE u (LIKE t)
                    """)
            let size = try await pool.copy(from: .table("t"), format: .csv(header: true), toFile: path)
            #expect(try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int == size)
            #expect(try await pool.copy(file: path, into: "u", format: .csv(header: true)) == 20_000)
            #expect(try await pool.value("SELECT count(*) FROM (TABLE t EXCEPT TABLE u) d", as: Int.self) == 0)
            // What fails leaves the older file, and nothing else.
            let error = try await failure {
                try await pool.copy(
                    from: .query("SELECT 1 / (5000 - n) FROM generate_series(1, 10000) n"), format: .csv, toFile: path)
            }
            #expect(error.sqlState == .divisionByZero)
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["rows.csv"])
            let missing = try await failure { try await pool.copy(file: path + ".no", into: "u", format: .csv) }
            #expect(missing.code == .invalidUse && missing.message.contains("rows.csv.no"))
            try await pool.check()
        }
    }

    @Test("sequences of values, async or not") func sequences() async throws {
        try await TestServer.withPool { pool in
            try await pool.execute(script: "CREATE TABLE t (id int, name text)")
            let stream = AsyncStream<Int> { stream in
                for id in 0..<1_000 { stream.yield(id) }
                stream.finish()
            }
            let first = try await pool.copy(stream, into: "t") { (id, row) throws(PostgresError) in
                try row.append(id)
                try row.append("name \(id)")
            }
            let second = try await pool.copy(1_000..<2_000, into: "t") { (id, row) throws(PostgresError) in
                try row.append(id)
                try row.append(String?.none)
            }
            #expect(first == 1_000 && second == 1_000)
            #expect(try await pool.value("SELECT sum(id) FROM t WHERE name IS NULL", as: Int.self) == 1_499_500)
        }
    }

    @Test(
        "trap 60: a connection lost in the middle says how many rows had been written",
        .notBehindPgpool("it says late, and in words of its own, that a session has ended")) func lostConnection()
        async throws
    {
        try await TestServer.withPool { pool in
            try await pool.execute(script: "CREATE TABLE t (id int, name text)")
            let error = try await failure {
                try await pool.copy(into: "t") { copy in
                    for id in 0..<100_000_000 {
                        if id == 1_000 {
                            let backend = try await pool.value(
                                "SELECT pid FROM pg_stat_progress_copy WHERE relid = 't'::regclass", as: Int.self)
                            try await TestServer.terminate(backend)
                        }
                        try await copy.write(id, "some text")
                    }
                }
            }
            #expect(error.code == .connectionClosed || error.server?.isFatal == true)
            let count = error.message.split(separator: " ").compactMap { Int($0) }.last
            #expect((count ?? 0) >= 1_000)
            #expect(try await pool.value("SELECT count(*) FROM t", as: Int.self) == 0)
        }
    }

    @Test("trap 66: reserved words, quotes and schemas", arguments: ["select", "a\"b", "Mixed Case", "a.b", "ä 'x'"])
    func names(name: String) async throws {
        try await TestServer.withPool { pool in
            let table = PostgresIdentifier(schema: name, name)
            try await pool.execute("CREATE SCHEMA \(identifier: name)")
            try await pool.execute("CREATE TABLE \(identifier: table) (\(identifier: name) int)")
            #expect(try await pool.copy(into: table, columns: [name]) { try await $0.write(7) } == 1)
            let text = try await Self.bytes(of: .table(table, columns: [name]), .csv(header: true), from: pool)
            #expect(text.suffix(3) == Array("\n7\n".utf8))
            var format = PostgresCopyFormat.csv
            format.forceNull = .columns([name])
            try await pool.copy(into: table, columns: [name], format: format) { try await $0.write("\"\"\n") }
            #expect(try await pool.value("SELECT count(*) FROM \(identifier: table)", as: Int.self) == 2)
        }
    }
}
