import PostgresLocks
import PostgresTestKit
import Testing

@testable import Postgres

@Suite(.timeLimit(.minutes(3))) struct StatementTests {
    // MARK: Cached statements

    @Test("a statement is parsed once") func parsesOnce() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerPrepare(parameters: [23], columns: [.int4("n")])
            for value in 0..<3 as Range<Int32> { try s.answerExecute([.row(value)]) }
            try s.expectEnd()
        }
        let connection = try await PostgresConnection.connect(to: server)
        for value in 0..<3 as Range<Int32> {
            let read = try await connection.query("SELECT \(value)", as: Int32.self).collect()
            #expect(read == [value])
        }
        await connection.close()
        try await server.finished()
        #expect(server.received.count { $0.kind == "P" } == 1)
    }

    @Test("statements that look alike and are other bytes are two") func comparesBytes() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            for _ in 0..<2 {
                try s.answerPrepare()
                try s.answerExecute()
            }
            try s.expectEnd()
        }
        let connection = try await PostgresConnection.connect(to: server)
        for literal in ["\u{E9}", "e\u{301}"] {
            try await connection.execute(PostgresQuery(raw: "SELECT '\(literal)'"))
        }
        await connection.close()
        try await server.finished()
        #expect(server.received.count { $0.kind == "P" } == 2)
    }

    @Test("a full cache closes what has not been used longest") func closesDisplacedStatements() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            var names: [String] = []
            for _ in 0..<2 {
                let parse = try s.expect("P", "D", "S")[0]
                if case .parse(let name, _, _) = parse { names.append(name) }
                try s.send(.parseComplete, .parameterDescription([]), .noData, .readyForQuery())
                try s.answerExecute()
            }
            // The first again, so that the second is the oldest.
            try s.answerExecute()
            try s.answerPrepare()
            try s.answerExecute()
            try s.expect(.close(.statement(names[1])))
            try s.expect("P", "D", "S")
            try s.send(.closeComplete, .parseComplete, .parameterDescription([]), .noData, .readyForQuery())
            try s.answerExecute()
            try s.expectEnd()
        }
        var configuration = PostgresConfiguration(server)
        configuration.statementCacheSize = 2
        let connection = try await PostgresConnection.connect(configuration)
        for sql in ["A", "B", "A", "C", "D"] { try await connection.execute(PostgresQuery(raw: sql)) }
        await connection.close()
        try await server.finished()
    }

    /// How a server says that a statement must be parsed again.
    private static let staleness: [[(PostgresServerError.Field, String)]] = [
        [
            (.severity, "ERROR"), (.sqlState, "0A000"), (.message, "der Ergebnistyp darf sich nicht ändern"),
            (.routine, "RevalidateCachedQuery"),
        ],
        [(.severity, "ERROR"), (.sqlState, "26000"), (.message, "prepared statement \"egret_1\" does not exist")],
        [
            (.severity, "ERROR"), (.sqlState, "42704"), (.message, "Typ mit OID 16400 existiert nicht"),
            (.routine, "lookup_type_cache"),
        ],
        [(.severity, "ERROR"), (.sqlState, "XX000"), (.message, "cache lookup failed for type 16400")],
    ]

    @Test("trap 31: a stale plan is made anew outside a transaction", arguments: staleness.indices)
    func preparesStaleStatementsAgain(index: Int) async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerPrepare(columns: [.int4("a")])
            try s.answerExecute([.row(1)])
            try s.expect("B", "E", "S")
            try s.send(.errorResponse(Self.staleness[index]), .readyForQuery())
            // A server that has lost a statement may be another one, behind a pooler. This one is not.
            if index == 1 { try s.answerBackendID(4711) }
            try s.answerPrepare(columns: [.int4("a"), .int4("b")])
            try s.answerExecute([.row(1, 2)])
        }
        let connection = try await PostgresConnection.connect(to: server)
        let sql: PostgresQuery = "SELECT * FROM t"
        #expect(try await connection.query(sql).collect().map(\.count) == [1])
        #expect(try await connection.query(sql).collect().map(\.count) == [2])
        try await server.finished()
    }

    @Test("trap 31: but not for ever") func retriesOnce() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            for _ in 0..<2 {
                try s.answerPrepare()
                try s.expect("B", "E", "S")
                try s.send(.errorResponse(Self.staleness[0]), .readyForQuery())
            }
            try s.answerCheck()
        }
        let connection = try await PostgresConnection.connect(to: server)
        let error = try await failure { try await connection.execute("SELECT * FROM t") }
        #expect(error.sqlState == .featureNotSupported)
        await connection.check()
        try await server.finished()
    }

    @Test("trap 31: inside a transaction the error is the caller's, and the next use parses again")
    func staleStatementInATransaction() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerPrepare(columns: [.int4("a")])
            try s.answerExecute([.row(1)])
            try s.answerBackendID(4711)
            try s.answerQuery("BEGIN", tag: "BEGIN", status: "T")
            try s.expect("B", "E", "S")
            try s.send(.errorResponse(Self.staleness[0]), .readyForQuery("E"))
            try s.answerQuery("ROLLBACK", tag: "ROLLBACK")
            try s.answerPrepare(columns: [.int4("a"), .int4("b")])
            try s.answerExecute([.row(1, 2)])
        }
        let connection = try await PostgresConnection.connect(to: server)
        let sql: PostgresQuery = "SELECT * FROM t"
        try await connection.execute(sql)
        let error = try await failure {
            try await connection.withTransaction { tx in try await tx.query(sql).collect().count }
        }
        #expect(error.sqlState == .featureNotSupported)
        #expect(try await connection.query(sql).collect().map(\.count) == [2])
        try await server.finished()
    }

    // MARK: What reaches further than one statement

    @Test(
        "trap 32: after what changes the path or forgets statements, all are parsed again",
        arguments: [
            ("SET search_path = b", "SET"), ("set  Schema 'b'", "SET"), ("RESET ALL", "RESET"), ("SET ROLE bob", "SET"),
            ("SELECT set_config('search_path', 'b', false)", "SELECT 1"), ("DISCARD ALL", "DISCARD ALL"),
            ("deallocate all", "DEALLOCATE ALL"), ("DO $$ BEGIN SET search_path = b; END $$", "DO"),
        ], [true, false])
    func parsesAllAgain(command: (sql: String, tag: String), isScript: Bool) async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerCheck()
            if isScript {
                try s.answerQuery(command.sql, tag: command.tag)
            } else {
                try s.answerPrepare()
                try s.answerExecute(tag: command.tag)
            }
            // The server may be told which are no longer needed.
            let closed = try s.read(until: "P").count { $0.kind == "C" }
            try s.expect("D", "S")
            try s.send(Array(repeating: .closeComplete, count: closed))
            try s.send(
                .parseComplete, .parameterDescription([]), .rowDescription([.int4("check")]), .readyForQuery())
            try s.answerExecute([.row(42)])
        }
        let connection = try await PostgresConnection.connect(to: server)
        await connection.check()
        if isScript {
            try await connection.execute(script: command.sql)
        } else {
            try await connection.execute(PostgresQuery(raw: command.sql))
        }
        await connection.check()
        try await server.finished()
    }

    @Test(
        "what only speaks of such things has no statement parsed again",
        arguments: [
            ("SHOW search_path", "SHOW"), ("SELECT discard, search_path FROM t", "SELECT 3"),
            ("SET work_mem = '4MB'", "SET"), ("UPDATE t SET role = 1", "UPDATE 1"),
        ])
    func keepsStatements(sql: String, tag: String) async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerCheck()
            try s.answerQuery(sql, tag: tag)
            try s.answerExecute([.row(42)])
        }
        let connection = try await PostgresConnection.connect(to: server)
        await connection.check()
        try await connection.execute(script: sql)
        await connection.check()
        try await server.finished()
    }

    @Test("trap 32: a path that the server reports, whoever changed it") func reportedPath() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerCheck()
            try s.expect("B", "E", "S")
            try s.send(
                .bindComplete, .row(42), .commandComplete("SELECT 1"), .parameterStatus("search_path", "b"),
                .readyForQuery())
            try s.expect("C", "P", "D", "S")
            try s.send(
                .closeComplete, .parseComplete, .parameterDescription([]), .rowDescription([.int4("check")]),
                .readyForQuery())
            try s.answerExecute([.row(42)])
        }
        let connection = try await PostgresConnection.connect(to: server)
        for _ in 0..<3 { await connection.check() }
        try await server.finished()
    }

    @Test("trap 32: a path that was set in a transaction is gone with it") func pathOfATransaction() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerQuery("BEGIN", tag: "BEGIN", status: "T")
            try s.answerQuery("SET LOCAL search_path = b", tag: "SET", status: "T")
            try s.answerPrepare(columns: [.int4("check")], status: "T")
            try s.answerExecute([.row(42)], status: "T")
            try s.answerQuery("COMMIT", tag: "COMMIT")
            try s.expect("C", "P", "D", "S")
            try s.send(
                .closeComplete, .parseComplete, .parameterDescription([]), .rowDescription([.int4("check")]),
                .readyForQuery())
            try s.answerExecute([.row(42)])
        }
        let connection = try await PostgresConnection.connect(to: server)
        try await connection.withTransaction { tx in
            try await tx.execute(script: "SET LOCAL search_path = b")
            _ = try await tx.query("SELECT 42", as: Int32.self).collect()
        }
        await connection.check()
        try await server.finished()
    }

    // MARK: Poolers

    private static let poolerSigns: [(SQLState, isParsing: Bool)] = [
        (.invalidSQLStatementName, false), (.duplicatePreparedStatement, true), (.protocolViolation, true),
        (.protocolViolation, false),
    ]

    @Test(
        "trap 33: what a transaction pooler makes of names has statements sent without", arguments: poolerSigns.indices)
    func losesNames(index: Int) async throws {
        let (state, isParsing) = Self.poolerSigns[index]
        let server = try ScriptedServer { s in
            try s.acceptSession()
            if isParsing {
                try s.expect("P", "D", "S")
            } else {
                try s.answerPrepare(parameters: [23], columns: [.int4("n")])
                try s.expect("B", "E", "S")
            }
            try s.send(.error(state, "no such name"), .readyForQuery())
            // Only this one a server says as well: the key tells whose it is.
            if state == .invalidSQLStatementName { try s.answerBackendID(99) }
            let parse = try s.expect("P", "D", "S")[0]
            guard case .parse("", _, _) = parse else { throw Unexpected(message: parse) }
            try s.send(.parseComplete, .parameterDescription([23]), .rowDescription([.int4("n")]), .readyForQuery())
            for value in 7..<9 as Range<Int32> { try s.answerUnnamed([.int4("n")], [.row(value)], types: [23]) }
        }
        var configuration = PostgresConfiguration(server)
        let notices = Mutex<[PostgresServerError]>([])
        configuration.onNotice = { notice in notices.withLock { $0.append(notice) } }
        let connection = try await PostgresConnection.connect(configuration)
        for value in 7..<9 as Range<Int32> {
            #expect(try await connection.query("SELECT \(value)", as: Int32.self).collect() == [value])
        }
        try await server.finished()
        #expect(notices.withLock { $0.map(\.severity) } == ["NOTICE"])
    }

    @Test(
        "trap 33: a transaction is not lost to a name that a pooler's other server does not know",
        arguments: [4711, 99])
    func transactionsWithoutNames(process: Int32) async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerPrepare(parameters: [23], columns: [.int4("n")])
            try s.answerExecute([.row(7)])
            // Asked once: the key tells whose it is.
            try s.answerBackendID(process)
            for _ in 0..<2 {
                try s.answerQuery("BEGIN", tag: "BEGIN", status: "T")
                if process == 4711 {
                    try s.answerExecute([.row(8)], status: "T")
                } else {
                    try s.answerUnnamed([.int4("n")], [.row(8)], types: [23], status: "T")
                }
                try s.answerQuery("COMMIT", tag: "COMMIT")
            }
            // Outside, an error over a name is made good: it may be kept.
            try s.answerExecute([.row(9)])
        }
        let connection = try await PostgresConnection.connect(to: server)
        let same = PostgresStatement("SELECT n FROM t WHERE k = $1")
        #expect(try await connection.query(same(Int32(1)), as: Int32.self).collect() == [7])
        for _ in 0..<2 {
            let inside = try await connection.withTransaction { tx in
                try await tx.query(same(Int32(1)), as: Int32.self).collect()
            }
            #expect(inside == [8])
        }
        #expect(try await connection.query(same(Int32(1)), as: Int32.self).collect() == [9])
        try await server.finished()
    }

    @Test("a mode that was chosen stays") func namedStaysNamed() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerPrepare()
            try s.expect("B", "E", "S")
            try s.send(.error(.invalidSQLStatementName, "gone"), .readyForQuery())
            try s.answerPrepare()
            try s.answerExecute()
            try s.expect("P", "D", "S")
            try s.send(.error(.duplicatePreparedStatement, "there"), .readyForQuery())
            try s.answerCheck()
        }
        var configuration = PostgresConfiguration(server)
        configuration.statementMode = .named
        let connection = try await PostgresConnection.connect(configuration)
        try await connection.execute("A")
        let error = try await failure { try await connection.execute("B") }
        #expect(error.sqlState == .duplicatePreparedStatement)
        await connection.check()
        try await server.finished()
    }

    @Test("trap 38: without names the types go along, and are asked for again when they do not fit")
    func typesGoAlong() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerPrepare(parameters: [23], columns: [.int4("n")])
            try s.answerUnnamed([.int4("n")], [.row(1)], types: [23])
            try s.expect("P", "B", "D", "E", "S")
            try s.send(.error(.undefinedFunction, "operator does not exist: text = integer"), .readyForQuery())
            try s.answerPrepare(parameters: [25], columns: [.int4("n"), .int4("m")])
            // Whatever was described before, the columns are those of this moment.
            try s.answerUnnamed([.int4("n")], [.row(2)], types: [25])
            try s.expect("P", "B", "D", "E", "S")
            try s.send(.error(.undefinedColumn, "gone"), .readyForQuery())
            try s.expect("P", "D", "S")
            try s.send(.error(.undefinedColumn, "gone"), .readyForQuery())
            try s.answerPrepare(columns: [.int4("check")])
            try s.answerUnnamed([.int4("check")], [.row(42)])
        }
        var configuration = PostgresConfiguration(server)
        configuration.statementMode = .unnamed
        let connection = try await PostgresConnection.connect(configuration)
        let find = PostgresStatement("SELECT n FROM t WHERE k = $1")
        #expect(try await connection.query(find(Int32(5)), as: Int32.self).collect() == [1])
        let second = try await connection.query(find("5"))
        #expect(second.columns.count == 1)
        #expect(try await second.decode(as: Int32.self).collect() == [2])
        let error = try await failure { try await connection.execute(find("5")) }
        #expect(error.sqlState == .undefinedColumn)
        await connection.check()
        try await server.finished()
    }

    @Test("a batch without names parses each of its statements") func unnamedBatch() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerPrepare(parameters: [23], columns: [.int4("n")])
            try s.expect("P", "B", "D", "E", "P", "B", "D", "E", "S")
            for value in 1...2 as ClosedRange<Int32> {
                try s.send(
                    .parseComplete, .bindComplete, .rowDescription([.int4("n")]), .row(value),
                    .commandComplete("SELECT 1"))
            }
            try s.send(.readyForQuery())
        }
        var configuration = PostgresConfiguration(server)
        configuration.statementMode = .unnamed
        let connection = try await PostgresConnection.connect(configuration)
        let find = PostgresStatement("SELECT $1")
        var read: [Int32] = []
        for rows in try await connection.batch([find(Int32(1)), find(Int32(2))]) {
            read += try await rows.decode(as: Int32.self).collect()
        }
        #expect(read == [1, 2])
        try await server.finished()
    }

    @Test(
        "trap 33: a batch and a pipeline in a transaction behind what may be a pooler go without names",
        arguments: [true, false])
    func distrustedBatch(isPipeline: Bool) async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerPrepare(parameters: [23], columns: [.int4("n")])
            try s.answerExecute([.row(7)])
            try s.answerBackendID(99)
            try s.answerQuery("BEGIN", tag: "BEGIN", status: "T")
            try s.expect("P", "B", "D", "E", "P", "B", "D", "E", "S")
            for value in 1...2 as ClosedRange<Int32> {
                try s.send(
                    .parseComplete, .bindComplete, .rowDescription([.int4("n")]), .row(value),
                    .commandComplete("SELECT 1"))
            }
            try s.send(.readyForQuery("T"))
            try s.answerQuery("COMMIT", tag: "COMMIT")
        }
        let connection = try await PostgresConnection.connect(to: server)
        let find = PostgresStatement("SELECT $1")
        try await connection.execute(find(Int32(7)))
        let read = try await connection.withTransaction { transaction in
            var read: [Int32] = []
            let queries = [find(Int32(1)), find(Int32(2))]
            if isPipeline {
                for try await rows in try await transaction.pipeline(queries) {
                    read += try await rows.decode(as: Int32.self).collect()
                }
            } else {
                for rows in try await transaction.batch(queries) {
                    read += try await rows.decode(as: Int32.self).collect()
                }
            }
            return read
        }
        #expect(read == [1, 2])
        try await server.finished()
    }

    // MARK: Many at once

    @Test("trap 34: what stands behind a failed statement is answered all the same") func anErrorHitsOneAlone()
        async throws
    {
        let count = 20
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerPrepare(parameters: [23], columns: [.int4("n")])
            try s.answerExecute([.row(-1)])
            // All have come before the first is answered.
            var values: [Int32] = []
            for _ in 0..<count {
                guard case .bind(let bind) = try s.expect("B", "E", "S")[0], let bytes = bind.parameters[0] else {
                    return
                }
                values.append(bytes.reduce(0) { $0 << 8 | Int32($1) })
            }
            for value in values {
                if value % 3 == 0 {
                    try s.send(.error(.divisionByZero, "no"), .readyForQuery())
                } else {
                    try s.send(.bindComplete, .row(value), .commandComplete("SELECT 1"), .readyForQuery())
                }
            }
            try s.answerCheck()
        }
        let connection = try await PostgresConnection.connect(to: server)
        try await connection.execute("SELECT \(Int32(-1))")
        let results = await withTaskGroup(of: (Int32, Result<[Int32], PostgresError>).self) { group in
            for value in 0..<Int32(count) {
                group.addTask {
                    do throws(PostgresError) {
                        return (
                            value, .success(try await connection.query("SELECT \(value)", as: Int32.self).collect())
                        )
                    } catch {
                        return (value, .failure(error))
                    }
                }
            }
            return await group.reduce(into: [Int32: Result<[Int32], PostgresError>]()) { $0[$1.0] = $1.1 }
        }
        for value in 0..<Int32(count) {
            switch results[value] {
            case .success(let values)?:
                #expect(value % 3 != 0)
                #expect(values == [value])
            case .failure(let error)?:
                #expect(value % 3 == 0)
                #expect(error.sqlState == .divisionByZero)
            case nil: Issue.record("no answer to \(value)")
            }
        }
        await connection.check()
        try await server.finished()
    }

    @Test("trap 35: FATAL, twice and with the end behind it, is one error for each who waits") func fatalErrors()
        async throws
    {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerPrepare()
            try s.answerExecute()
            for _ in 0..<3 { try s.expect("B", "E", "S") }
            try s.send(
                .error(.adminShutdown, "terminating", severity: "FATAL"),
                .error(.internalError, "again", severity: "FATAL"))
            s.close()
        }
        let connection = try await PostgresConnection.connect(to: server)
        try await connection.execute("A")
        let errors = await withTaskGroup(of: PostgresError?.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    do throws(PostgresError) {
                        try await connection.execute("A")
                        return nil
                    } catch {
                        return error
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(errors.count == 3)
        for error in errors {
            #expect([.server, .connectionClosed].contains(error?.code))
            #expect(error?.sqlState == .adminShutdown)
        }
        // The one that it ended says so; the others were lost with the connection.
        #expect(errors.count { $0?.code == .server } == 1)
        #expect(!connection.isOpen)
        let later = try await failure { try await connection.execute("A") }
        #expect(later.code == .connectionClosed)
        #expect(later.safeToRetry)
    }

    @Test("trap 35: FATAL ends the session even when the server does not hang up") func fatalWithoutAnEnd() async throws
    {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerPrepare()
            try s.expect("B", "E", "S")
            try s.send(.error(.adminShutdown, "terminating", severity: "FATAL"))
            try s.expectEnd()
        }
        let connection = try await PostgresConnection.connect(to: server)
        let error = try await promptly { try await failure { try await connection.execute("A") } }
        #expect(error.sqlState == .adminShutdown)
        #expect(!connection.isOpen)
        try await server.finished()
    }

    @Test("the server says goodbye while nothing runs") func goodbyeWhileIdle() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.send(.error(.adminShutdown, "terminating", severity: "FATAL"))
            s.close()
        }
        let connection = try await PostgresConnection.connect(to: server)
        try await server.finished()
        let deadline = ContinuousClock.now + .seconds(5)
        while connection.isOpen, ContinuousClock.now < deadline { await Task.yield() }
        let error = try await failure { try await connection.execute("A") }
        #expect(error.code == .connectionClosed)
        #expect(error.sqlState == .adminShutdown)
    }

    // MARK: Scripts

    @Test("trap 40: a script says which of its statements failed") func namesTheFailedStatement() async throws {
        let script = "CREATE TABLE a (); INSERT INTO a DEFAULT VALUES; SELECT 1/0; SELECT 1"
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.expect(.query(script))
            try s.send(
                .commandComplete("CREATE TABLE"), .commandComplete("INSERT 0 1"),
                .error(.divisionByZero, "division by zero"), .readyForQuery())
            try s.answerCheck()
        }
        let connection = try await PostgresConnection.connect(to: server)
        let error = try await failure { try await connection.execute(script: script) }
        #expect(error.sqlState == .divisionByZero)
        #expect(error.message.contains("statement 3"))
        await connection.check()
        try await server.finished()
    }

    @Test("rows of a script are passed over") func scriptsMayReturnRows() async throws {
        let script = "SELECT 1; SELECT; ; INSERT"
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.expect(.query(script))
            try s.send(
                .rowDescription([.init("a"), .init("b")]), .dataRow(texts: ["1", nil]), .dataRow(texts: ["2", "x"]),
                .commandComplete("SELECT 2"), .rowDescription([]), .dataRow([]), .commandComplete("SELECT 1"),
                .notice("by the way"), .commandComplete("INSERT 0 7"), .readyForQuery())
            try s.answerCheck()
        }
        let connection = try await PostgresConnection.connect(to: server)
        let results = try await connection.execute(script: script)
        #expect(results.map(\.tag) == ["SELECT 2", "SELECT 1", "INSERT 0 7"])
        #expect(results.map(\.rowCount) == [2, 1, 7])
        await connection.check()
        try await server.finished()
    }

    @Test("trap 20: an empty statement") func emptyStatement() async throws {
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.answerPrepare()
            try s.expect("B", "E", "S")
            try s.send(.bindComplete, .emptyQueryResponse, .readyForQuery())
            try s.expect(.query("-- nothing"))
            try s.send(.emptyQueryResponse, .readyForQuery())
        }
        let connection = try await PostgresConnection.connect(to: server)
        #expect(try await connection.execute("").tag == "")
        #expect(try await connection.execute(script: "-- nothing") == [])
        try await server.finished()
    }

    // MARK: What comes at any time

    @Test func takesNoticesAndSettingsAnywhere() async throws {
        let anything: [BackendMessage] = [
            .notice("by the way"), .parameterStatus("TimeZone", "Europe/Zurich"),
            .notification(processID: 1, channel: "c", payload: "p"),
        ]
        let server = try ScriptedServer { s in
            try s.acceptSession()
            try s.expect("P", "D", "S")
            let answer: [BackendMessage] = [.parseComplete, .parameterDescription([]), .rowDescription([.int4("n")])]
            try s.send(answer.flatMap { anything + [$0] } + anything + [.readyForQuery()])
            try s.expect("B", "E", "S")
            let rows: [BackendMessage] = [.bindComplete, .row(1), .row(2), .commandComplete("SELECT 2")]
            try s.send(rows.flatMap { anything + [$0] } + anything + [.readyForQuery()] + anything, inPiecesOf: 1)
        }
        var configuration = PostgresConfiguration(server)
        let notices = Mutex<[String]>([])
        let record: @Sendable (PostgresServerError) -> Void = { notice in notices.withLock { $0.append(notice.message) }
        }
        configuration.onNotice = record
        let connection = try await PostgresConnection.connect(configuration)
        let values = try await connection.query("SELECT n", as: Int32.self).collect()
        #expect(values == [1, 2])
        #expect(connection.serverParameters["TimeZone"] == "Europe/Zurich")
        #expect(notices.withLock { $0.count } >= 8)
        try await server.finished()
    }
}
