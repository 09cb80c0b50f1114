import PostgresLocks
import PostgresTestKit
import Testing

@testable import Postgres

@Suite(.serialized, .timeLimit(.minutes(5))) struct QueryTests {
    // MARK: Answers of every kind

    @Test(arguments: Way.allCases) func answersOfEveryKind(way: Way) async throws {
        try await TestServer.withConnection(way) { connection in
            let table = PostgresIdentifier(uniqueName())
            try await connection.execute("CREATE TEMPORARY TABLE \(identifier: table) (id int PRIMARY KEY, name text)")
            let inserted = try await connection.execute(
                "INSERT INTO \(identifier: table) VALUES (\(1), \("one")), (\(2), \(String?.none))")
            #expect(inserted.tag == "INSERT 0 2")
            #expect(inserted.rowCount == 2)
            let rows = try await connection.query("SELECT id, name FROM \(identifier: table) ORDER BY id")
            #expect(rows.columns.map(\.name) == ["id", "name"])
            let values = try await rows.decode(as: (Int32, String?).self).collect()
            #expect(values.map(\.0) == [1, 2])
            #expect(values.map(\.1) == ["one", nil])
            let returned = try await connection.query(
                "DELETE FROM \(identifier: table) WHERE id = \(1) RETURNING name", as: String.self
            ).collect()
            #expect(returned == ["one"])
            #expect(try await connection.execute("SELECT 1 WHERE false").rowCount == 0)
            #expect(try await connection.execute("SET search_path = public").rowCount == nil)
            #expect(try await connection.execute("SHOW search_path").tag == "SHOW")
        }
    }

    @Test("trap 20: rows of no columns, statements of no text, rows of 1,600 columns") func strangeStatements()
        async throws
    {
        try await withConnection(TestServer.configuration) { connection in
            let rows: [PostgresRow] = try await connection.query("SELECT FROM generate_series(1, 3)").collect()
            #expect(rows.map(\.count) == [0, 0, 0])
            for empty in ["", ";", "  ", "-- a comment", "/* a /* nested */ comment */"] {
                #expect(try await connection.execute(PostgresQuery(raw: empty)).tag == "")
                #expect(try await connection.execute(script: empty) == [])
            }
            let list = (1...1600).map { "\($0) AS c\($0)" }.joined(separator: ",")
            let wide = try await connection.query(PostgresQuery(raw: "SELECT \(list)")).collect()
            #expect(wide.first?.count == 1600)
            #expect(try wide.first?.decode(1599, as: Int32.self) == 1600)
            #expect(try wide.first?.decode("c800", as: Int32.self) == 800)
            try await connection.check()
        }
    }

    @Test("trap 36: 65,535 parameters, and not one more") func mostParameters() async throws {
        try await withConnection(TestServer.configuration) { connection in
            var query = PostgresQuery(raw: "SELECT cardinality(ARRAY[")
            for n in 0..<65_535 as Range<Int32> {
                if n > 0 { query.append(raw: ",") }
                query.append(value: n)
                if n == 0 { query.append(raw: "::int4") }
            }
            var tooMany = query
            query.append(raw: "])")
            #expect(try await connection.value(query, as: Int32.self) == 65_535)
            tooMany.append(raw: ",")
            tooMany.append(value: Int32(0))
            tooMany.append(raw: "])")
            let error = try await failure { [tooMany] in try await connection.execute(tooMany) }
            #expect(error.code == .invalidUse)
            try await connection.check()
        }
    }

    @Test("trap 19: large values both ways", arguments: Way.allCases) func largeValues(way: Way) async throws {
        try await withConnection(way.configuration) { connection in
            let bytes = [UInt8](repeating: 0xAB, count: 40_000_000)
            let (length, back) = try #require(
                try await connection.query("SELECT length(\(bytes)::bytea), \(bytes)::bytea", as: (Int32, [UInt8]).self)
                    .first())
            #expect(length == 40_000_000)
            #expect(back == bytes)
            try await connection.check()
        }
    }

    @Test("trap 38: the numbers of values and placeholders differ") func wrongNumberOfParameters() async throws {
        try await withConnection(TestServer.configuration) { connection in
            var query = PostgresQuery(raw: "SELECT $1::int, $2::int")
            query.append(raw: "")
            let tooFew = try await failure { [query] in try await connection.execute(query) }
            #expect(tooFew.code == .invalidUse)
            try await connection.check()
        }
    }

    // MARK: Streams

    @Test("trap 65: a slow reader of many rows takes little memory", arguments: Way.allCases)
    func backPressure(way: Way) async throws {
        try await withConnection(way.configuration) { connection in
            let rows = try await connection.query("SELECT n, repeat('x', 200) FROM generate_series(1, 2000000) AS n")
            var count = 0
            var isInOrder = true
            for try await (n, _) in rows.decode(as: (Int32, String).self) {
                count += 1
                isInOrder = isInOrder && n == Int32(count)
                if count % 400_000 == 1 {
                    // Long enough for the server to send much, if it were let.
                    try await Task.sleep(for: .milliseconds(100))
                    let (waiting, unread) = connection.session.change { state, _ in
                        (state.requests.first?.bufferedBytes ?? 0, state.inbound.count)
                    }
                    // 440 MB of rows in all.
                    #expect(waiting + unread < 4_000_000)
                }
            }
            #expect(count == 2_000_000 && isInOrder)
            try await connection.check()
        }
    }

    @Test("trap 37: leaving the loop early stops the server", arguments: Way.allCases) func earlyExit(way: Way)
        async throws
    {
        let name = uniqueName()
        try await withConnection(TestServer.directConfiguration) { observer in
            try await withConnection(way.configuration.named(name)) { connection in
                let took = try await time {
                    for round in 1...5 {
                        var count = 0
                        for try await n in try await connection.query(
                            // In the list of columns it gives its rows as it goes, in FROM all at its end.
                            "SELECT generate_series(1, 100000000)", as: Int.self)
                        {
                            count += 1
                            #expect(n == count)
                            if count == 10 * round { break }
                        }
                        #expect(try await eventually { try await observer.activeBackends(named: name) == 0 })
                        try await connection.check()
                    }
                }
                // The rows would take minutes.
                #expect(took < .seconds(60))
            }
        }
    }

    @Test("statements on a connection whose rows are being read", arguments: Way.allCases)
    func nestedQueries(way: Way) async throws {
        try await withConnection(way.configuration) { connection in
            var outer = 0
            var isInOrder = true
            for try await n in try await connection.query("SELECT n FROM generate_series(1, 200000) AS n", as: Int.self)
            {
                outer += 1
                isInOrder = isInOrder && n == outer
                if n % 20_000 == 1 {
                    var inner = 0
                    for try await m in try await connection.query(
                        "SELECT m FROM generate_series(1, 50000) AS m WHERE m > \(0)", as: Int.self)
                    {
                        inner += 1
                        isInOrder = isInOrder && m == inner
                    }
                    #expect(inner == 50_000)
                    try await connection.check()
                }
            }
            #expect(outer == 200_000 && isInOrder)
        }
    }

    @Test("many tasks on one connection, each with its own answers", arguments: Way.allCases)
    func manyTasks(way: Way) async throws {
        try await withConnection(way.configuration) { connection in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<100 {
                    group.addTask {
                        for turn in 0..<20 {
                            let number = task * 1000 + turn
                            switch turn % 4 {
                            case 0:
                                let error = try await failure {
                                    try await connection.execute("SELECT \(number)::int8 / 0")
                                }
                                #expect(error.sqlState == .divisionByZero)
                            case 1:
                                let values = try await connection.query(
                                    "SELECT n FROM generate_series(\(number)::int8, \(number + 500)) AS n", as: Int.self
                                ).collect()
                                #expect(values == Array(number...(number + 500)))
                            default:
                                #expect(try await connection.value("SELECT \(number)::int8", as: Int.self) == number)
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test("statements of one task run in their order") func order() async throws {
        try await TestServer.withConnection { connection in
            try await connection.execute("CREATE TEMPORARY SEQUENCE s")
            let values = try await withThrowingTaskGroup(of: [Int].self) { group in
                for _ in 0..<10 {
                    group.addTask {
                        var values: [Int] = []
                        for _ in 0..<50 { values.append(try await connection.value("SELECT nextval('s')")) }
                        return values
                    }
                }
                return try await group.reduce(into: [[Int]]()) { $0.append($1) }
            }
            for list in values { #expect(list == list.sorted()) }
            #expect(values.joined().sorted() == Array(1...500))
        }
    }

    // MARK: Scripts and batches

    @Test("trap 39: function bodies in a script") func scripts() async throws {
        try await TestServer.withConnection { connection in
            let results = try await connection.execute(
                script: """
                    CREATE TEMPORARY TABLE t (n int); -- a comment; with a semicolon
                    CREATE FUNCTION pg_temp.f(a int) RETURNS int LANGUAGE plpgsql AS $body$
                    BEGIN
                        INSERT INTO t VALUES (a); RETURN $1 + 1;
                    END;
                    $body$;
                    DO $$ BEGIN PERFORM pg_temp.f(7); END $$;
                    INSERT INTO t VALUES (1), (2);
                    SELECT n, 'a;b' FROM t;
                    """)
            #expect(results.map(\.tag) == ["CREATE TABLE", "CREATE FUNCTION", "DO", "INSERT 0 2", "SELECT 3"])
            #expect(try await connection.value("SELECT pg_temp.f(\(41))", as: Int32.self) == 42)
        }
    }

    @Test("trap 40: an error in a script undoes all of it, and says where") func failingScript() async throws {
        try await TestServer.withConnection { connection in
            try await connection.execute("CREATE TEMPORARY TABLE t (n int)")
            let error = try await failure {
                try await connection.execute(
                    script: "INSERT INTO t VALUES (1); INSERT INTO t VALUES (2); SELECT 1/0; INSERT INTO t VALUES (3)")
            }
            #expect(error.sqlState == .divisionByZero)
            #expect(error.message.contains("statement 3"))
            #expect(try await connection.value("SELECT count(*) FROM t", as: Int.self) == 0)
            let syntax = try await failure { try await connection.execute(script: "SELECT 1; SELEC 2") }
            #expect(syntax.server?.position == 11)
            // Nothing was run, so nothing was counted.
            #expect(syntax.message.contains("statement 2"))
        }
    }

    @Test("trap 34: a batch is all or nothing, and its error is the first") func batches() async throws {
        try await TestServer.withConnection { connection in
            try await connection.execute("CREATE TEMPORARY TABLE t (n int PRIMARY KEY)")
            let results = try await connection.batch((1...500).map { "INSERT INTO t VALUES (\($0)) RETURNING n" })
            #expect(results.count == 500)
            #expect(try await results[499].decode(as: Int32.self).collect() == [500 as Int32])
            let error = try await failure {
                try await connection.batch([
                    "INSERT INTO t VALUES (1001)", "INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (1002)",
                ])
            }
            #expect(error.sqlState == .uniqueViolation)
            #expect(try await connection.value("SELECT count(*) FROM t", as: Int.self) == 500)
            let unparsed = try await failure {
                try await connection.batch(["INSERT INTO t VALUES (1003)", "SELEC", "INSERT INTO t VALUES (1004)"])
            }
            #expect(unparsed.sqlState?.errorClass == "42")
            #expect(try await connection.value("SELECT count(*) FROM t", as: Int.self) == 500)
        }
    }

    @Test("a pipeline's answers are those of its statements, whatever their size", arguments: Way.allCases)
    func pipeline(way: Way) async throws {
        try await withConnection(way.configuration) { connection in
            let repeated = PostgresStatement("SELECT $1::int, repeat('x', 1000) FROM generate_series(1, $2)")
            let sizes: [Int32] = (0..<300).map { [0, 1, 7, 400, 3000][$0 % 5] }
            let queries = sizes.enumerated().map { repeated(Int32($0), $1) }
            var number = 0
            for try await rows in try await connection.pipeline(queries) {
                let read = try await rows.decode(as: (Int32, String).self).collect()
                #expect(read.count == Int(sizes[number]))
                #expect(read.allSatisfy { $0.0 == number && $0.1.utf8.count == 1000 })
                number += 1
            }
            #expect(number == 300)
            try await connection.check()
        }
    }

    @Test("a pipeline is one transaction, and an error ends it") func failedPipeline() async throws {
        try await TestServer.withConnection { connection in
            try await connection.execute("CREATE TEMPORARY TABLE t (n int PRIMARY KEY)")
            let insert = PostgresStatement("INSERT INTO t VALUES ($1)")
            let numbers: [Int32] = [1, 2, 3, 1, 4]
            let pipeline = try await connection.pipeline(numbers.map { insert($0) })
            var done = 0
            let error = try await failure { for try await _ in pipeline { done += 1 } }
            #expect(error.sqlState == .uniqueViolation && done == 3)
            #expect(try await connection.value("SELECT count(*) FROM t", as: Int.self) == 0)
            try await connection.withTransaction { transaction in
                for try await rows in try await transaction.pipeline(numbers.prefix(3).map { insert($0) }) {
                    #expect(rows.commandResult?.rowCount == 1)
                }
            }
            #expect(try await connection.value("SELECT count(*) FROM t", as: Int.self) == 3)
        }
    }

    // MARK: Errors

    @Test func errorsCarryEveryField() async throws {
        try await TestServer.withDatabase { configuration in
            try await withConnection(configuration) { connection in
                try await connection.execute(
                    script: """
                        CREATE TABLE users (id int PRIMARY KEY, email text CONSTRAINT one_email UNIQUE NOT NULL);
                        INSERT INTO users VALUES (1, 'bob@example.com')
                        """)
                let unique = try await failure {
                    try await connection.execute("INSERT INTO users VALUES (2, \("bob@example.com"))")
                }
                #expect(unique.code == .server)
                #expect(unique.sqlState == .uniqueViolation)
                #expect(unique.server?.constraintName == "one_email")
                #expect(unique.server?.tableName == "users")
                #expect(unique.server?.schemaName == "public")
                #expect(unique.server?.detail?.contains("bob@example.com") == true)
                #expect(unique.server?.routine != nil)
                #expect(unique.sql == "INSERT INTO users VALUES (2, $1)")
                #expect(!unique.description.contains("bob@example.com"))

                let null = try await failure { try await connection.execute("INSERT INTO users VALUES (3, NULL)") }
                #expect(null.sqlState == .notNullViolation)
                #expect(null.server?.columnName == "email")

                let syntax = try await failure { try await connection.execute("SELECT * FORM users") }
                #expect(syntax.server?.position == 10)

                let raised = try await failure {
                    try await connection.execute(
                        script: """
                            DO $$ BEGIN
                                RAISE EXCEPTION 'stop' USING ERRCODE = 'P1234', HINT = 'go', DETAIL = 'why', DATATYPE = 'a', COLUMN = 'b';
                            END $$
                            """)
                }
                #expect(raised.sqlState == SQLState(rawValue: "P1234"))
                #expect(raised.server?.hint == "go")
                #expect(raised.server?.detail == "why")
                #expect(raised.server?.dataTypeName == "a")
                #expect(raised.server?.columnName == "b")
                #expect(raised.server?.context?.contains("PL/pgSQL") == true)

                do {
                    try await connection.execute("SELECT * FROM missing")
                    Issue.record("a table that is not there was read")
                } catch SQLState.undefinedTable {
                    try await connection.check()
                }
            }
        }
    }

    @Test func noticesAreHandedOver() async throws {
        let notices = Mutex<[PostgresServerError]>([])
        let record: @Sendable (PostgresServerError) -> Void = { notice in notices.withLock { $0.append(notice) } }
        var configuration = try TestServer.configuration
        configuration.onNotice = record
        try await withConnection(configuration) { connection in
            try await connection.execute(
                script: "DO $$ BEGIN RAISE WARNING 'careful'; RAISE NOTICE 'by the way'; END $$")
        }
        #expect(notices.withLock { $0.map(\.message) } == ["careful", "by the way"])
        #expect(notices.withLock { $0.map(\.severity) } == ["WARNING", "NOTICE"])
    }

    // MARK: Statements that age

    @Test(
        "trap 31: a table that changes under a parsed statement",
        .needsOwnServerProcess("its last error is about a name in a transaction, and none is used there"))
    func changedTable() async throws {
        try await TestServer.withDatabase { configuration in
            try await withConnection(configuration) { connection in
                try await connection.execute(script: "CREATE TABLE t (a int); INSERT INTO t VALUES (1)")
                let all: PostgresQuery = "SELECT * FROM t"
                #expect(try await connection.query(all).collect().map(\.count) == [1])
                try await connection.execute("ALTER TABLE t ADD COLUMN b text")
                #expect(try await connection.query(all).collect().map(\.count) == [2])
                try await connection.execute("ALTER TABLE t ALTER COLUMN a TYPE bigint")
                #expect(try await connection.query(all).collect().first?.columns.first?.type == .int8)
                // Inside a transaction the error is the caller's, who runs the whole again.
                try await connection.execute("ALTER TABLE t DROP COLUMN b")
                let error = try await failure {
                    try await connection.withTransaction { tx in try await tx.query(all).collect() }
                }
                #expect(error.sqlState == .featureNotSupported)
                let count = try await connection.withTransaction { tx in try await tx.query(all).collect().map(\.count)
                }
                #expect(count == [1])
            }
        }
    }

    @Test("trap 31: a change that one connection of a pool meets, the others know of") func changedTableInAPool()
        async throws
    {
        try await TestServer.withPool(PostgresPoolOptions(maximumConnections: 4)) { pool in
            try await pool.execute(script: "CREATE TABLE t (a int); INSERT INTO t VALUES (1)")
            let all: PostgresQuery = "SELECT * FROM t"
            // All connections at once, so that each has the statement.
            func onEach(_ body: @escaping @Sendable (PostgresConnection) async throws -> Void) async throws {
                let arrived = Counter()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<4 {
                        group.addTask {
                            try await pool.withConnection { connection in
                                try await body(connection)
                                arrived.increment()
                                _ = try await eventually { arrived.value == 4 }
                            }
                        }
                    }
                    try await group.waitForAll()
                }
            }
            try await onEach { connection in
                let counts = try await connection.query(all).collect().map(\.count)
                #expect(counts == [1])
            }
            try await pool.execute("ALTER TABLE t ADD COLUMN b text")
            #expect(try await pool.query(all).collect().map(\.count) == [2])
            // Inside a transaction a stale plan would be an error.
            try await onEach { connection in
                let counts = try await connection.withTransaction { tx in
                    try await tx.query(all).collect().map(\.count)
                }
                #expect(counts == [2])
            }
        }
    }

    @Test("trap 32: a path that is set, in a transaction or not, is followed by what was parsed before")
    func changedPath() async throws {
        try await TestServer.withDatabase { configuration in
            try await withConnection(configuration) { connection in
                try await connection.execute(
                    script: "CREATE SCHEMA a; CREATE SCHEMA b; CREATE TABLE a.t (k int); CREATE TABLE b.t (k text)")
                let add = PostgresStatement("INSERT INTO t VALUES ($1) RETURNING k")
                try await connection.execute("SET search_path = a")
                #expect(try await connection.query(add(1), as: Int.self).first() == 1)
                try await connection.execute("SET search_path = b")
                #expect(try await connection.query(add("one"), as: String.self).first() == "one")
                let inside = try await connection.withTransaction { tx in
                    try await tx.execute("SELECT set_config('search_path', 'a', true)")
                    return try await tx.query(add(2), as: Int.self).first()
                }
                #expect(inside == 2)
                #expect(try await connection.query(add("two"), as: String.self).first() == "two")
            }
        }
    }

    @Test("trap 32: statements that the session has forgotten", arguments: ["DISCARD ALL", "DEALLOCATE ALL"])
    func forgottenStatements(command: String) async throws {
        try await TestServer.withConnection { connection in
            for _ in 0..<3 {
                try await connection.check()
                try await connection.execute(script: command)
            }
            try await connection.check()
        }
    }

    @Test("more statements than are kept parsed") func manyStatements() async throws {
        try await TestServer.withConnection(set: { $0.statementCacheSize = 8 }) { connection in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<8 {
                    group.addTask {
                        for turn in 0..<25 {
                            let number = (task * 7 + turn) % 40
                            let query = PostgresQuery(raw: "SELECT \(number)::int4")
                            let answer = try await connection.value(query, as: Int32.self)
                            #expect(answer == Int32(number))
                        }
                    }
                }
                try await group.waitForAll()
            }
            let kept: Int = try await connection.value("SELECT count(*) FROM pg_prepared_statements")
            // Those displaced are closed with the next one that is parsed.
            #expect(kept <= 8 + 8)
        }
    }
}
