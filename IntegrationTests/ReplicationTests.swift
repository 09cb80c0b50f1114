import Foundation
import Postgres
import PostgresLocks
import PostgresTestKit
import Testing

/// A server that sends its changes, for all of these tests.
private enum LogicalServer {
    private static let started = Result {
        try TemporaryServer(
            TemporaryServer.Options(settings: [
                "wal_level": "logical", "max_wal_senders": "20", "max_replication_slots": "40",
                "max_prepared_transactions": "10", "logical_decoding_work_mem": "64kB",
            ]))
    }

    /// Runs `body` with a pool on a database of its own that has a table `orders` and a publication `shop`.
    static func with(
        _ body: (PostgresPool, PostgresConfiguration) async throws -> Void
    ) async throws {
        var configuration = try started.get().configuration
        configuration.cancelTimeout = .seconds(30)
        configuration.connectTimeout = .seconds(30)
        try await TemporaryDatabase.with(on: configuration) { configuration in
            let pool = try PostgresPool(configuration)
            do {
                try await pool.execute(
                    script: """
                        CREATE TABLE orders (id int PRIMARY KEY, note text, total numeric(10, 2), at timestamptz);
                        CREATE TABLE other (id int);
                        CREATE PUBLICATION shop FOR TABLE orders;
                        """)
                try await body(pool, configuration)
                try await dropSlots(in: pool)
                await pool.close()
            } catch {
                try? await dropSlots(in: pool)
                await pool.close()
                throw error
            }
        }
    }

    /// A database with slots cannot be dropped.
    private static func dropSlots(in pool: PostgresPool) async throws {
        try await waitUntil {
            try await pool.execute(
                """
                SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots
                WHERE database = current_database() AND active
                """)
            try await pool.execute(
                """
                SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots
                WHERE database = current_database() AND NOT active
                """)
            return try await pool.query(
                "SELECT count(*) FROM pg_replication_slots WHERE database = current_database()", as: Int.self
            ).first() == 0
        }
    }
}

private func waitUntil(_ body: () async throws -> Bool) async throws {
    try #require(try await eventually(body), "it has not come about")
}

/// What tests note down while a stream is read.
private final class Notes<Value: Sendable>: Sendable {
    private let list = Mutex<[Value]>([])
    func add(_ value: Value) { list.withLock { $0.append(value) } }
    var all: [Value] { list.withLock { $0 } }
}

extension PostgresReplicationStream {
    /// The next transaction; an error when the stream ends.
    fileprivate func next() async throws -> PostgresReplicatedTransaction {
        var iterator = makeAsyncIterator()
        return try #require(try await iterator.next(), "the stream has ended")
    }

    /// The id of each row that the next transactions insert, acknowledged.
    fileprivate func nextIDs(_ count: Int, acknowledging: Bool = true) async throws -> [Int] {
        var ids: [Int] = []
        while ids.count < count {
            let transaction = try await next()
            for try await case .insert(let row) in transaction.changes { ids.append(try row.decode("id")) }
            if acknowledging { transaction.acknowledge() }
        }
        return ids
    }
}

@Suite(.timeLimit(.minutes(5))) struct ReplicationTests {
    @Test func slots() async throws {
        try await LogicalServer.with { pool, configuration in
            let connection = try await PostgresReplicationConnection.connect(configuration)
            let identity = try await connection.identifySystem()
            #expect(identity.database == configuration.database)
            #expect(identity.timeline == 1 && identity.position > .zero && !identity.systemID.isEmpty)

            let slot = try await connection.createSlot("slots_kept")
            #expect(slot.name == "slots_kept" && slot.consistentPoint > .zero && slot.snapshotName == nil)
            let again = await #expect(throws: PostgresError.self) { try await connection.createSlot("slots_kept") }
            #expect(again?.sqlState == .duplicateObject)
            try await connection.createSlot("slots_temporary", options: .init(isTemporary: true))
            try await connection.dropSlot("slots_kept", waiting: true)
            let missing = await #expect(throws: PostgresError.self) { try await connection.dropSlot("slots_kept") }
            #expect(missing?.sqlState == .undefinedObject)
            // The connection is usable after errors.
            #expect(try await connection.query("SHOW wal_level") == [["logical"]])
            await connection.close()
            try await waitUntil {
                try await pool.query(
                    "SELECT count(*) FROM pg_replication_slots WHERE slot_name LIKE 'slots%'", as: Int.self
                )
                .first() == 0
            }
        }
    }

    @Test func changesWithTheirValues() async throws {
        try await LogicalServer.with { pool, configuration in
            let connection = try await PostgresReplicationConnection.connect(configuration)
            try await connection.createSlot("changes", options: .init(isTemporary: true))
            let stream = try await connection.startReplication(
                slot: "changes", publications: ["shop"], options: .init(messages: true))
            let total = try #require(PostgresNumeric("12.50"))
            let at = try #require(PostgresTimestampTZ("2024-02-29 12:00:00+00"))
            let large = (0..<4000).map { "\($0 &* 7919)" }.joined()
            try await pool.execute(
                "INSERT INTO orders VALUES (1, \(large), \(total), \(at)), (2, NULL, NULL, NULL)")
            try await pool.execute("UPDATE orders SET total = 13 WHERE id = 1")
            try await pool.execute("UPDATE orders SET id = 3 WHERE id = 2")
            try await pool.execute("DELETE FROM orders WHERE id = 3")
            try await pool.execute("ALTER TABLE orders REPLICA IDENTITY FULL")
            try await pool.withTransaction { tx in
                try await tx.execute("INSERT INTO other VALUES (1)")
                try await tx.execute("UPDATE orders SET note = 'short'")
                try await tx.execute("SELECT pg_logical_emit_message(true, 'app', 'hello')")
                try await tx.execute("TRUNCATE orders RESTART IDENTITY CASCADE")
            }

            var transaction = try await stream.next()
            var changes = try await transaction.changes.collect()
            #expect(changes.count == 2)
            guard case .insert(let first) = changes.first, case .insert(let second) = changes.last else {
                Issue.record("not two inserts: \(changes)")
                return
            }
            #expect(first.table.description == "public.orders")
            #expect(
                try first.decode(as: (Int, String, PostgresNumeric, PostgresTimestampTZ).self)
                    == (1, large, total, at))
            #expect(try second.decode("note", as: String?.self) == nil)
            #expect(transaction.end.map { $0 > transaction.position } == true)
            transaction.acknowledge()

            transaction = try await stream.next()
            changes = try await transaction.changes.collect()
            guard case .update(nil, let updated)? = changes.first else {
                Issue.record("not an update: \(changes)")
                return
            }
            #expect(try updated.isUnchanged("note"))
            #expect(try updated.decode("total", as: PostgresNumeric.self) == PostgresNumeric("13.00"))

            transaction = try await stream.next()
            guard case .update(let key?, _)? = try await transaction.changes.collect().first else {
                Issue.record("not an update of the key")
                return
            }
            #expect(key.isKeyOnly)
            #expect(try key.decode("id", as: Int.self) == 2)

            transaction = try await stream.next()
            guard case .delete(let deleted)? = try await transaction.changes.collect().first else {
                Issue.record("not a delete")
                return
            }
            #expect(try deleted.decode("id", as: Int.self) == 3)

            transaction = try await stream.next()
            changes = try await transaction.changes.collect()
            #expect(changes.count == 3)
            guard case .update(let old?, let new) = changes[0], case .message(let message) = changes[1],
                case .truncate(let tables, let options) = changes[2]
            else {
                Issue.record("not what was done: \(changes)")
                return
            }
            #expect(!old.isKeyOnly)
            #expect(try old.decode("note", as: String.self) == large)
            #expect(try new.decode("note", as: String.self) == "short")
            #expect(message.prefix == "app" && message.content == Array("hello".utf8) && message.isTransactional)
            #expect(tables.map(\.name) == ["orders"] && options == [.cascade, .restartIdentity])
            transaction.acknowledge()
            #expect(stream.confirmedPosition >= transaction.position)

            // The connection can do something else after the stream.
            await #expect(throws: PostgresError.self) { try await connection.query("SHOW wal_level") }
            await stream.stop()
            #expect(try await connection.query("SHOW wal_level") == [["logical"]])
            await connection.close()
        }
    }

    @Test("what was acknowledged does not come again, what was not does", arguments: [true, false])
    func resuming(withPosition: Bool) async throws {
        try await LogicalServer.with { pool, configuration in
            let slot = withPosition ? "resume_from" : "resume_slot"
            var connection = try await PostgresReplicationConnection.connect(configuration)
            try await connection.createSlot(slot)
            for id in 1...6 { try await pool.execute("INSERT INTO orders (id) VALUES (\(id))") }
            var stream = try await connection.startReplication(slot: slot, publications: ["shop"])
            #expect(try await stream.nextIDs(2) == [1, 2])
            #expect(try await stream.nextIDs(2, acknowledging: false) == [3, 4])
            let position = stream.confirmedPosition
            // With a position of our own, the server need not have heard of it.
            if withPosition { await connection.close() } else { await stream.stop() }
            connection = try await PostgresReplicationConnection.connect(configuration)
            stream = try await Self.start(connection, slot, from: withPosition ? position : .zero)
            #expect(try await stream.nextIDs(4) == [3, 4, 5, 6])
            await stream.stop()
            await connection.close()
        }
    }

    /// Waits until the server has noticed that the reader before is gone.
    private static func start(
        _ connection: PostgresReplicationConnection, _ slot: String, from position: PostgresLSN
    ) async throws -> PostgresReplicationStream {
        var stream: PostgresReplicationStream?
        try await waitUntil {
            do {
                stream = try await connection.startReplication(slot: slot, publications: ["shop"], from: position)
            } catch let error as PostgresError where error.sqlState == .objectInUse {
                return false
            }
            return true
        }
        return try #require(stream)
    }

    @Test("a reader slower than wal_sender_timeout, in the middle of a large transaction, is not thrown out")
    func slowReader() async throws {
        try await LogicalServer.with { pool, configuration in
            var patient = configuration
            patient.parameters["wal_sender_timeout"] = "8s"
            let connection = try await PostgresReplicationConnection.connect(patient)
            try await connection.createSlot("slow", options: .init(isTemporary: true))
            let stream = try await connection.startReplication(slot: "slow", publications: ["shop"])
            try await pool.execute(
                "INSERT INTO orders (id, note) SELECT n, repeat(n::text, 50) FROM generate_series(1, 100000) n")
            let transaction = try await stream.next()
            var count = 0
            for try await _ in transaction.changes {
                count += 1
                // Reading is paused by now: the server cannot be answered, only told.
                if count == 1 { try await Task.sleep(for: .seconds(20)) }
            }
            #expect(count == 100_000)
            transaction.acknowledge()
            try await pool.execute("INSERT INTO orders (id) VALUES (0)")
            #expect(try await stream.nextIDs(1) == [0])
            await stream.stop()
            #expect(connection.isOpen)
            await connection.close()
        }
    }

    @Test func changesNotReadArePassedOver() async throws {
        try await LogicalServer.with { pool, configuration in
            let connection = try await PostgresReplicationConnection.connect(configuration)
            try await connection.createSlot("skip", options: .init(isTemporary: true))
            let stream = try await connection.startReplication(slot: "skip", publications: ["shop"])
            try await pool.execute("INSERT INTO orders (id) SELECT generate_series(1, 5000)")
            try await pool.execute("INSERT INTO other VALUES (1)")
            try await pool.execute("INSERT INTO orders (id) VALUES (0)")
            let first = try await stream.next()
            first.acknowledge()
            let second = try await stream.next()
            #expect(try await second.changes.collect().count == 1)
            #expect(first.end.map { stream.confirmedPosition >= $0 } == true)
            #expect(second.end.map { stream.confirmedPosition < $0 } == true)
            var late = first.changes.makeAsyncIterator()
            #expect(try await late.next() == nil)
            await stream.stop()
            await connection.close()
        }
    }

    @Test("a slot whose tables nobody changes moves on all the same")
    func idleSlot() async throws {
        try await LogicalServer.with { pool, configuration in
            let connection = try await PostgresReplicationConnection.connect(configuration)
            try await connection.createSlot("idle", options: .init(isTemporary: true))
            let stream = try await connection.startReplication(
                slot: "idle", publications: ["shop"], options: .init(statusInterval: .milliseconds(100)))
            try await pool.execute("INSERT INTO orders (id) VALUES (1)")
            #expect(try await stream.nextIDs(1) == [1])
            let waiting = Task { try await stream.nextIDs(1) }
            try await pool.execute("INSERT INTO other SELECT generate_series(1, 1000)")
            let written = try #require(
                try await pool.query("SELECT pg_current_wal_lsn()", as: PostgresLSN.self).first())
            try await waitUntil {
                try await pool.query(
                    "SELECT confirmed_flush_lsn FROM pg_replication_slots WHERE slot_name = 'idle'",
                    as: PostgresLSN.self
                ).first().map { $0 >= written } == true
            }
            try await pool.execute("INSERT INTO orders (id) VALUES (2)")
            #expect(try await waiting.value == [2])
            await stream.stop()
            await connection.close()
        }
    }

    @Test func cancellingTheReader() async throws {
        try await LogicalServer.with { pool, configuration in
            let connection = try await PostgresReplicationConnection.connect(configuration)
            try await connection.createSlot("cancel", options: .init(isTemporary: true))
            let stream = try await connection.startReplication(slot: "cancel", publications: ["shop"])
            let reader = Task { try await stream.nextIDs(1) }
            try await Task.sleep(for: .milliseconds(50))
            // Two readers would take each other's changes.
            let second = await #expect(throws: PostgresError.self) { try await stream.nextIDs(1) }
            #expect(second?.code == .invalidUse)
            reader.cancel()
            let error = await #expect(throws: PostgresError.self) { try await reader.value }
            #expect(error?.code == .cancelled)
            // The stream is as it was.
            try await pool.execute("INSERT INTO orders (id) VALUES (1)")
            #expect(try await stream.nextIDs(1) == [1])
            await stream.stop()
            #expect(try await connection.query("SHOW wal_level") == [["logical"]])
            await connection.close()
        }
    }

    @Test("follow: connections lost in between lose nothing and double nothing that was acknowledged")
    func following() async throws {
        try await LogicalServer.with { pool, configuration in
            let connection = try await PostgresReplicationConnection.connect(configuration)
            try await connection.createSlot("follow")
            await connection.close()
            let done = Notes<Int>()
            let count = 300
            let follower = Task {
                try await PostgresReplicationConnection.follow(configuration, slot: "follow", publications: ["shop"]) {
                    tx in
                    var ids: [Int] = []
                    for try await case .insert(let row) in tx.changes { ids.append(try row.decode("id")) }
                    for id in ids { done.add(id) }
                }
            }
            for id in 1...count {
                try await pool.execute("INSERT INTO orders (id) VALUES (\(id))")
                if id % 60 == 0 {
                    try await waitUntil { done.all.count >= id / 2 }
                    try await pool.execute(
                        """
                        SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots
                        WHERE slot_name = 'follow' AND active
                        """)
                }
            }
            try await waitUntil { done.all.count >= count }
            try await Task.sleep(for: .milliseconds(300))
            #expect(done.all == Array(1...count))
            follower.cancel()
            let error = await #expect(throws: PostgresError.self) { try await follower.value }
            #expect(error?.code == .cancelled)

            struct Stop: Error {}
            try await pool.execute("INSERT INTO orders (id) VALUES (0)")
            await #expect(throws: Stop.self) {
                try await PostgresReplicationConnection.follow(configuration, slot: "follow", publications: ["shop"]) {
                    _ in
                    throw Stop()
                }
            }
            let missing = await #expect(throws: PostgresError.self) {
                try await PostgresReplicationConnection.follow(configuration, slot: "no_such", publications: ["shop"]) {
                    _ in
                }
            }
            #expect(missing?.sqlState == .undefinedObject)
        }
    }

    @Test("transactions in progress come in chunks, and may be rolled back")
    func transactionsInProgress() async throws {
        try await LogicalServer.with { pool, configuration in
            let connection = try await PostgresReplicationConnection.connect(configuration)
            try await connection.createSlot("chunks", options: .init(isTemporary: true))
            let stream = try await connection.startReplication(
                slot: "chunks", publications: ["shop"], options: .init(streaming: .on))
            await #expect(throws: PostgresError.self) { try await stream.next() }
            let hasBegun = Signal()
            let writer = Task {
                struct Undo: Error {}
                try? await pool.withTransaction { tx in
                    try await tx.execute("INSERT INTO orders (id) SELECT generate_series(1, 20000)")
                    // A server from 18 on passes over what has been rolled back already.
                    await hasBegun.wait()
                    throw Undo()
                }
                try await pool.execute("INSERT INTO orders (id) SELECT generate_series(1, 20000)")
            }
            var rows: [UInt32: Int] = [:]
            var aborted = 0
            for try await message in stream.messages {
                if case .change(.insert, let transaction?) = message {
                    rows[transaction, default: 0] += 1
                    hasBegun.set()
                }
                if case .streamAbort(let transaction, let part) = message, transaction == part {
                    rows[transaction] = nil
                    aborted += 1
                }
                if case .streamCommit(let commit, let transaction) = message {
                    #expect(rows == [transaction: 20_000])
                    stream.acknowledge(commit.end)
                    break
                }
            }
            #expect(aborted == 1)
            try await writer.value
            await stream.stop()
            await connection.close()
        }
    }

    @Test func twoPhaseCommit() async throws {
        try await LogicalServer.with { pool, configuration in
            let connection = try await PostgresReplicationConnection.connect(configuration)
            try await connection.createSlot("two_phase", options: .init(isTemporary: true, twoPhase: true))
            let stream = try await connection.startReplication(
                slot: "two_phase", publications: ["shop"], options: .init(twoPhase: true))
            try await pool.withConnection { connection in
                for (name, end) in [("kept", "COMMIT"), ("undone", "ROLLBACK")] {
                    try await connection.execute(script: "BEGIN")
                    try await connection.execute("INSERT INTO orders (id) VALUES (\(name.count))")
                    try await connection.execute(script: "PREPARE TRANSACTION '\(name)'")
                    try await connection.execute(script: "\(end) PREPARED '\(name)'")
                }
            }
            var kinds: [String] = []
            for try await message in stream.messages {
                switch message {
                case .beginPrepare(let prepared): kinds.append("begin \(prepared.name)")
                case .change: kinds.append("change")
                case .prepare(let prepared): kinds.append("prepare \(prepared.name)")
                case .commitPrepared(let prepared): kinds.append("commit \(prepared.name)")
                case .rollbackPrepared(let prepared, _): kinds.append("rollback \(prepared.name)")
                default: break
                }
                if let end = message.end { stream.acknowledge(end) }
                if case .rollbackPrepared = message { break }
            }
            #expect(
                kinds == [
                    "begin kept", "change", "prepare kept", "commit kept", "begin undone", "change", "prepare undone",
                    "rollback undone",
                ])
            await stream.stop()
            await connection.close()
        }
    }

    @Test("a copy of a table, and from then on every change: nothing twice, nothing missing")
    func snapshotThenChanges() async throws {
        try await LogicalServer.with { pool, configuration in
            try await pool.execute("INSERT INTO orders (id) SELECT generate_series(1, 100)")
            let connection = try await PostgresReplicationConnection.connect(configuration)
            let slot = try await connection.createSlot("snapshot", options: .init(isTemporary: true, snapshot: .export))
            let name = try #require(slot.snapshotName)
            try await pool.execute("INSERT INTO orders (id) VALUES (101)")
            let copied = try await pool.withTransaction(isolation: .repeatableRead, readOnly: true) { tx in
                try await tx.execute("SET TRANSACTION SNAPSHOT '\(raw: name)'")
                return try await tx.query("SELECT id FROM orders ORDER BY id", as: Int.self).collect()
            }
            #expect(copied == Array(1...100))
            let stream = try await connection.startReplication(
                slot: "snapshot", publications: ["shop"], from: slot.consistentPoint)
            #expect(try await stream.nextIDs(1) == [101])
            await stream.stop()
            await connection.close()
        }
    }

    @Test(.notBehindPgpool("it closes a replication connection without a word")) func serversThatDoNotReplicate()
        async throws
    {
        var configuration = try TestServer.configuration
        configuration.connectTimeout = .seconds(30)
        do {
            let connection = try await PostgresReplicationConnection.connect(configuration)
            let error = await #expect(throws: PostgresError.self) {
                try await connection.createSlot("no", options: .init(isTemporary: true))
            }
            #expect(error?.sqlState == .objectNotInPrerequisiteState)
            #expect(error?.advice?.contains("wal_level") == true)
            await connection.close()
        } catch {
            // max_wal_senders is 0 on servers that are made for tests.
            #expect(error.server != nil)
        }
    }
}
