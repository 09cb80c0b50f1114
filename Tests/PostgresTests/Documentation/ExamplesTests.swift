import Foundation
import Postgres
import PostgresTestKit
import Testing

/// The examples do what the articles say.
@Suite struct ExamplesTests {
    private static let tables = """
        CREATE TABLE messages (id int, body text);
        INSERT INTO messages SELECT n, 'message ' || n FROM generate_series(1, 100) n;
        CREATE TABLE sessions (expires_at timestamptz);
        INSERT INTO sessions VALUES (now() - interval '1 day'), (now() + interval '1 day');
        CREATE TYPE status AS ENUM ('draft', 'sent', 'paid');
        CREATE TABLE invoices (
            id int, customer int, total numeric, status status, created_at timestamptz DEFAULT now());
        INSERT INTO invoices VALUES (1, 7, 10.5, 'draft'), (2, 7, 2, 'paid'), (3, 8, 1, 'paid');
        CREATE SCHEMA billing;
        CREATE TABLE billing.invoices (id int);
        CREATE TABLE accounts (id int PRIMARY KEY, balance numeric);
        INSERT INTO accounts VALUES (1, 10), (2, 20);
        CREATE TABLE seats (id int, booked_by text);
        INSERT INTO seats VALUES (1, NULL);
        CREATE TABLE orders (id int, remark text);
        CREATE TABLE vouchers (code text PRIMARY KEY);
        CREATE TABLE transfers (id uuid PRIMARY KEY, amount numeric);
        CREATE TABLE events (id int, at timestamptz, data jsonb);
        CREATE TABLE hits (path text);
        CREATE VIEW slow_report AS SELECT 'a' AS name, 1.5 AS sum FROM pg_sleep(60);
        CREATE TABLE profiles (id int, data jsonb);
        CREATE TABLE temperatures (degrees real);
        CREATE TABLE jobs (id int);
        CREATE TABLE stock (order_id int, reserved int);
        CREATE MATERIALIZED VIEW totals AS SELECT count(*) FROM invoices;
        """

    /// Runs `body` on the server DATABASE_URL names, else on one of its own, in a database with the articles' tables.
    private func withExamples(_ body: (PostgresPool, PostgresConfiguration) async throws -> Void) async throws {
        let given = ProcessInfo.processInfo.environment["DATABASE_URL"] ?? ""
        let server = given.isEmpty ? try await TemporaryServer.start() : nil
        defer { server?.stop() }
        let configuration = try server?.configuration ?? PostgresConfiguration(given)
        try await TemporaryDatabase.with(on: configuration) { configuration in
            let pool = try PostgresPool(configuration)
            do {
                try await QueryingExamples.script(in: pool)
                try await pool.execute(script: Self.tables)
                try await body(pool, configuration)
                await pool.close()
            } catch {
                await pool.close()
                throw error
            }
        }
    }

    @Test func configurations() throws {
        #expect(try ConnectingExamples.url().tls.mode == .verifyFull)
        #expect(ConnectingExamples.code(password: "secret").parameters["search_path"] == "billing, public")
    }

    @Test("every example runs against a server, and does what is said of it")
    func onAServer() async throws {
        try await withExamples { pool, configuration in
            try await ConnectingExamples.oneConnection(configuration)
            await ConnectingExamples.failure(configuration)
            try await copying(pool)
            try await querying(pool)
            try await transactions(pool)
            try await values(pool)
            try await locking(pool)
            try await listening(pool, configuration)
            try await cancelling(pool)
            try await clusters(configuration)
            try await pooling(pool)
        }
    }

    private func copying(_ pool: PostgresPool) async throws {
        let event = CopyingExamples.Event(id: 1, at: Date(timeIntervalSince1970: 0), data: ["a": 1])
        #expect(try await CopyingExamples.rowsIn([event, event], to: pool) == 2)
        #expect(try await CopyingExamples.sequence([event], to: pool) == 1)
        let file = FileManager.default.temporaryDirectory.appendingPathComponent(
            "egret-\(UInt64.random(in: 0 ... .max))")
        try Data("id;name\n7;Finch\n".utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        #expect(try await CopyingExamples.file(file.path, to: pool) == 1)
        try await pool.execute("DELETE FROM users WHERE id = 7")
        try await CopyingExamples.cells([[.number(3), .missing, .json(["a": 1])]], to: pool)
        let error = await #expect(throws: PostgresError.self) {
            try await CopyingExamples.cells([[.number(.max), .missing, .missing]], to: pool)
        }
        #expect(error?.code == .encodingFailed && error?.column == "id")
        try await pool.execute("DELETE FROM events WHERE at IS NULL")
        try await CopyingExamples.rowsOut(of: pool)

        let users = [CopyingExamples.User(id: 1, name: "Ada \"the first\""), CopyingExamples.User(id: 2, name: "Wren")]
        #expect(try await CopyingExamples.csvIn(users, to: pool) == 2)
        let output = Pipe()
        try await CopyingExamples.csvOut(of: pool, to: output.fileHandleForWriting)
        try output.fileHandleForWriting.close()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        #expect(text.hasPrefix("id,name,email,age,city\n1,\"Ada \"\"the first\"\"\","))
    }

    private func querying(_ pool: PostgresPool) async throws {
        try await ConnectingExamples.rename(1, to: "Ada", in: pool)
        try await pool.withTransaction { tx in try await ConnectingExamples.rename(1, to: "Grace", in: tx) }
        try await QueryingExamples.parameters(in: pool, age: 18, cities: ["Bergen", "Oslo"])
        #expect(try await QueryingExamples.names(in: pool) == 0)
        let invoices = try await QueryingExamples.parts(
            in: pool, customer: 7, since: Date(timeIntervalSince1970: 0), newestFirst: false)
        #expect(invoices.map(\.1) == [10.5, 2])
        #expect(try await QueryingExamples.structs(in: pool).map(\.name) == ["Grace", "Wren"])
        try await QueryingExamples.cells(in: pool)
        try await QueryingExamples.leavingEarly(in: pool, word: "17")
        #expect(try await QueryingExamples.results(in: pool) == 1)
        let changes = [QueryingExamples.Change(id: 1, name: "Ada"), QueryingExamples.Change(id: 9, name: "nobody")]
        #expect(try await QueryingExamples.batch(in: pool, changes: changes) == 1)
        try await QueryingExamples.pipeline(in: pool, ids: [1, 2, 9])
        try await QueryingExamples.batches(in: pool, pages: [changes, changes, changes])
        #expect(try await QueryingExamples.named(in: pool, city: "Bergen", age: 1).isEmpty)
        try await QueryingExamples.eachOfABatch(in: pool, changes: changes)
        #expect(try await QueryingExamples.decodable(in: pool).first?.fullName == "Ada")
        try await QueryingExamples.cursors(in: pool)
        #expect(try await pool.query("SELECT body FROM messages WHERE id = 1", as: String.self).first() == "MESSAGE 1")
        _ = try await QueryingExamples.plans(in: pool, city: "Bergen")
        for id in 3...4 { try await QueryingExamples.errors(in: pool, id: id, name: "Owl", email: "owl@example.com") }
        #expect(try await QueryingExamples.structs(in: pool).count == 3)
        // What the article says of a placeholder whose type the server cannot tell.
        let error = await #expect(throws: PostgresError.self) { try await pool.query("SELECT \(1)") }
        #expect(error?.code == .encodingFailed)
        #expect(try await pool.query("SELECT \(1)::int", as: Int.self).collect() == [1])
    }

    private func transactions(_ pool: PostgresPool) async throws {
        try await TransactionsExamples.transfer(in: pool, amount: 2.5, from: 1, to: 2)
        #expect(try await TransactionsExamples.report(in: pool) == (2, 30))
        try await TransactionsExamples.booking(in: pool, customer: "Ada")
        await #expect(throws: TransactionsExamples.SoldOut.self) {
            try await TransactionsExamples.booking(in: pool, customer: "Wren")
        }
        for order in 1...2 { try await TransactionsExamples.savepoint(in: pool, order: order, voucher: "spring") }
        let remarks = try await pool.query("SELECT remark FROM orders ORDER BY id", as: String?.self).collect()
        #expect(remarks == [nil, "voucher used before"])
        try await TransactionsExamples.unknownOutcome(in: pool, transfer: UUID(), amount: 1, from: 1)
        try await CancellationExamples.serverDeadline(in: pool, account: 1)
        let caught = await #expect(throws: PostgresError.self) {
            try await pool.withTransaction { tx in _ = try? await tx.execute("SELECT 1/0") }
        }
        #expect(caught?.code == .rolledBack)
    }

    private func locking(_ pool: PostgresPool) async throws {
        try await TransactionsExamples.transactionLock(in: pool, amount: 1, from: 1)
        #expect(try await TransactionsExamples.sessionLock(in: pool) == true)
        let confirmed = Signal()
        try await TransactionsExamples.afterCommit(in: pool, order: 3) { _ in confirmed.set() }
        #expect(confirmed.isSet)
        // A server allows none unless it is told to.
        let limit = try await pool.query("SELECT current_setting('max_prepared_transactions')", as: String.self).first()
        if limit == "0" {
            let error = await #expect(throws: PostgresError.self) {
                try await TransactionsExamples.twoPhases(orders: pool, stock: pool, order: 4)
            }
            #expect(error?.sqlState == .objectNotInPrerequisiteState)
        }
    }

    private func listening(_ pool: PostgresPool, _ configuration: PostgresConfiguration) async throws {
        let notes = try await pool.listen("jobs")
        let loops = [
            Task { try await ListeningExamples.listening(to: pool) },
            Task { try await ListeningExamples.gaps(in: pool, work: { _ in }, lookForWork: {}) },
        ]
        try await ListeningExamples.sending(in: pool, job: 7)
        var iterator = notes.makeAsyncIterator()
        #expect(await iterator.next()?.payload == "7")
        for loop in loops {
            loop.cancel()
            _ = await loop.result
        }
        try await ListeningExamples.keepAlive(configuration).close()
        try await ListeningExamples.direct().close()
    }

    private func values(_ pool: PostgresPool) async throws {
        #expect(try await ValuesExamples.null(in: pool, id: 3) == [nil, nil, "owl@example.com"])
        try await ValuesExamples.json(in: pool, id: 1, profile: ValuesExamples.Profile(name: "Ada", tags: ["a"]))
        #expect(try await ValuesExamples.customers(in: pool) == [ValuesExamples.CustomerID(rawValue: 7)])
        try await pool.execute("INSERT INTO temperatures VALUES (\(ValuesExamples.Celsius(degrees: 36.5)))")
        let read = try await pool.query("SELECT degrees FROM temperatures", as: ValuesExamples.Celsius.self).first()
        #expect(read?.degrees == 36.5)
        // Text is read by the server as whatever it wants.
        #expect(try await pool.query("SELECT date '2024-03-01' - \("2024-02-28")::date", as: Int.self).collect() == [2])
    }

    private func cancelling(_ pool: PostgresPool) async throws {
        switch await CancellationExamples.cancelling(in: pool) {
        case .success: Issue.record("a report that takes a minute was not cancelled")
        case .failure(let error): #expect((error as? PostgresError)?.code == .cancelled)
        }
        let error = await #expect(throws: PostgresError.self) { try await CancellationExamples.deadline(in: pool) }
        #expect(error?.code == .timeout)
    }

    private func clusters(_ configuration: PostgresConfiguration) async throws {
        let cluster = try PostgresCluster(configuration)
        try await cluster.execute("CREATE TABLE notes (body text)")
        #expect(try await ClustersExamples.reading(in: cluster) == 0)
        #expect(try await ClustersExamples.readingOnesOwn(in: cluster, id: 1, name: "Ada") == "Ada")
        ClustersExamples.members(of: cluster)
        await cluster.close()
    }

    private func pooling(_ pool: PostgresPool) async throws {
        try await pool.execute("ALTER TABLE users ADD seen_at timestamptz")
        try await PoolingExamples.connection(of: pool, ids: [1, 2])
        try await PoolingExamples.taskExecutor(of: pool, requests: [.init(path: "/"), .init(path: "/a")])
        #expect(try await pool.query("SELECT count(*) FROM hits", as: Int.self).collect() == [2])
        PoolingExamples.statistics(of: pool)
        await PoolingExamples.closing(pool)
        let error = await #expect(throws: PostgresError.self) { try await pool.execute("SELECT 1") }
        #expect(error?.code == .poolClosed)
    }
}
