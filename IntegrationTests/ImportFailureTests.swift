import Foundation
import Postgres
import PostgresImport
import PostgresLocks
import PostgresTestKit
import Testing

@Suite struct ImportFailureTests {
    static let script = """
        CREATE TABLE good (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO good VALUES (1, 'a');
        CREATE TABLE bad (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO bad VALUES (1, '1'), (8, 'secret');
        """

    static func makeUnfit(_ plan: inout ImportPlan) { plan.tables[1].columns[1].type = .bigint }

    @Test func aValueThatDoesNotFitIsNamedAndNothingStays() async throws {
        try await TestServer.withDatabase { database in
            let error = await #expect(throws: ImportError.self) {
                try await importing(sqlite: Self.script, into: database, change: Self.makeUnfit)
            }
            #expect(error?.code == .unfitValue)
            #expect(error?.table == "bad")
            #expect(error?.row == "row id = 8")
            #expect(error?.column == "v")
            #expect(error.map { "\($0)" }?.contains("secret") == false)
            let leftovers = try await database.leftovers()
            #expect(leftovers == "")
        }
    }

    @Test func aKeyThatOccursTwiceIsNamed() async throws {
        try await TestServer.withDatabase { database in
            let file = try SourceFile(text: #"{"_id":"a","n":1}{"_id":"b"}{"_id":"a","n":2}"#)
            let error = await #expect(throws: ImportError.self) {
                try await importing(try MongoSource(path: file.path), into: database)
            }
            #expect(error?.message.contains("(id)=(a)") == true)
            let leftovers = try await database.leftovers()
            #expect(leftovers == "")
        }
    }

    @Test func unfitValuesMayBecomeNull() async throws {
        try await TestServer.withDatabase { database in
            let report = try await importing(sqlite: Self.script, into: database) { plan in
                Self.makeUnfit(&plan)
                plan.tables[1].columns[1].unfit = .null
            }
            #expect(report.isComplete)
            #expect(try await database.text("SELECT count(*) FROM bad WHERE v IS NULL") == "1")
        }
    }

    @Test func whatWasLoadedIsKeptWhenAsked() async throws {
        try await TestServer.withDatabase { database in
            var options = ImportOptions()
            options.keepsPartial = true
            let report = try await importing(sqlite: Self.script, into: database, options, change: Self.makeUnfit)
            #expect(!report.isComplete)
            #expect(report.tables.map { $0.failure == nil } == [true, false])
            #expect(report.verification?.tables.map(\.table) == ["good"])
            #expect(try await database.text("SELECT v FROM good") == "a")
            #expect(try await database.text("SELECT to_regclass('bad') IS NULL") == "true")
            #expect(try await database.text("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'egret%'") == "0")
        }
    }

    @Test func namesThatClashAreRefusedBeforeAnythingIsDone() async throws {
        try await TestServer.withDatabase { database in
            let stem = String(repeating: "n", count: 63)
            let error = await #expect(throws: ImportError.self) {
                try await importing(sqlite: "CREATE TABLE \(stem)1 (a); CREATE TABLE \(stem)2 (a);", into: database)
            }
            #expect(error?.code == .nameClash)
            let leftovers = try await database.leftovers()
            #expect(leftovers == "")
        }
    }

    @Test func cancellingLeavesNothing() async throws {
        try await TestServer.withDatabase { database in
            let file = try SourceFile(sqlite: Self.manyRows(300_000))
            let path = file.path
            let (began, continuation) = AsyncStream.makeStream(of: Void.self)
            let task = Task {
                defer { continuation.finish() }
                let source = try SQLiteSource(path: path)
                let plan = try source.makePlan()
                return try await Importer(source, plan: plan, into: database).run { progress in
                    if progress.rows > 0 { continuation.finish() }
                }
            }
            for await _ in began {}
            task.cancel()
            await #expect(throws: (any Error).self) { _ = try await task.value }
            let leftovers = try await database.leftovers()
            #expect(leftovers == "")
        }
    }

    @Test func aServerThatDiesDuringCopyLeavesNothingBehind() async throws {
        let server = try await TemporaryServer.start()
        defer { server.stop() }
        let configuration = server.configuration
        let file = try SourceFile(sqlite: Self.manyRows(300_000))
        let source = try SQLiteSource(path: file.path)
        let plan = try source.makePlan()
        let hasDied = Mutex(false)
        let clock = ContinuousClock()
        let start = clock.now
        await #expect(throws: (any Error).self) {
            _ = try await Importer(source, plan: plan, into: configuration).run { progress in
                let isFirst = hasDied.withLock { died in
                    defer { died = died || progress.rows > 20_000 }
                    return !died && progress.rows > 20_000
                }
                if isFirst { try? server.interrupt() }
            }
        }
        #expect(clock.now - start < .seconds(300))
        try server.resume()
        // The next import removes what this one could not.
        let next = try await importing(sqlite: "CREATE TABLE t (a); INSERT INTO t VALUES (1);", into: configuration)
        #expect(next.isComplete)
        #expect(try await configuration.leftovers() == "public.t")
    }

    static func manyRows(_ count: Int) -> String {
        """
        CREATE TABLE many (id INTEGER PRIMARY KEY, v TEXT, x REAL);
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(count))
        INSERT INTO many SELECT i, 'row number ' || i, i * 0.5 FROM n;
        """
    }
}
