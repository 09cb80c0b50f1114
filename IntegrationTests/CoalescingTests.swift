import Foundation
import PostgresORM
import Testing

/// A key whose column takes fewer numbers than its property.
private struct Item: Model, Hashable {
    var id: Int
    var count = 0

    static let schema = Schema(
        "items", Item.init, Column("id", \.id, .primaryKey, .type("integer")), Column("count", \.count))
}

/// A text that the server compares without its blanks.
private struct Code: Model, Hashable {
    var code: String
    var meaning: String

    static let schema = Schema(
        "codes", Code.init, Column("code", \.code, .primaryKey, .type("char(6)")), Column("meaning", \.meaning))
}

private struct Token: Model, Hashable {
    var id: UUID
    var note: String

    static let schema = Schema(
        "tokens", Token.init, Column("id", \.id, .primaryKey), Column("note", \.note))
}

/// A key of a type that is not gathered.
private struct Price: Model, Hashable {
    var amount: PostgresNumeric
    var note: String

    static let schema = Schema(
        "prices", Price.init, Column("amount", \.amount, .primaryKey), Column("note", \.note))
}

@Suite("Reads by key that come together are one statement")
struct CoalescingTests {
    /// A hundred items, of which each has its own number as its count.
    private func withItems(maximumKeys: Int = 500, _ body: (CoalescingPool) async throws -> Void) async throws {
        try await TestServer.withPool { pool in
            try await Item.createTable(in: pool)
            try await Item.insert((1...100).map { Item(id: $0, count: $0) }, in: pool)
            try await body(CoalescingPool(pool, maximumKeys: maximumKeys))
        }
    }

    /// What `body` makes of each of the values, all of them asked for in one turn of the pool's thread.
    private func together<T: Sendable, R: Sendable>(
        _ values: [T], in reads: CoalescingPool, _ body: @escaping @Sendable (T) async -> R
    ) async -> [R] {
        // Children that are made on the thread run there when their parent waits: none is late.
        await Task(executorPreference: reads.pool.taskExecutor) {
            await withTaskGroup(of: (Int, R).self) { group in
                for (place, value) in values.enumerated() {
                    group.addTask(executorPreference: reads.pool.taskExecutor) { (place, await body(value)) }
                }
                var results = [R?](repeating: nil, count: values.count)
                for await (place, result) in group { results[place] = result }
                return results.compactMap(\.self)
            }
        }.value
    }

    private func find<M: Model, Key: PostgresEncodable & Sendable>(
        _: M.Type, _ keys: [Key], in reads: CoalescingPool
    ) async -> [Result<M?, PostgresError>] {
        await together(keys, in: reads) { key in
            do throws(PostgresError) {
                return .success(try await M.find(key, in: reads))
            } catch {
                return .failure(error)
            }
        }
    }

    @Test("one statement for what a turn asks for: rows, the same row twice, and rows that are not there")
    func oneStatement() async throws {
        try await withItems { (reads) async throws in
            let keys = Array(1...60) + [7, 7, 1_000, -1]
            let found = await find(Item.self, keys, in: reads)
            let expected = keys.map { 1...100 ~= $0 ? Item(id: $0, count: $0) : nil }
            #expect(try found.map { try $0.get() } == expected)
            #expect(reads.statistics == CoalescingPool.Statistics(reads: 64, statements: 1, repeated: 0))
            // Narrower keys are the same keys.
            #expect(try await Item.find(Int16(9), in: reads)?.count == 9)
        }
    }

    @Test("no more keys in a statement than asked for")
    func maximum() async throws {
        try await withItems(maximumKeys: 8) { (reads) async throws in
            let found = await find(Item.self, Array(1...60), in: reads)
            #expect(try found.map { try $0.get()?.count } == Array(1...60))
            #expect(reads.statistics == CoalescingPool.Statistics(reads: 60, statements: 8, repeated: 0))
        }
    }

    @Test("a key that does not fit and a row that cannot be read are errors of those who asked for them")
    func errorsOfOne() async throws {
        try await withItems { (reads) async throws in
            let tooLarge = await find(Item.self, [1, 5_000_000_000, 3], in: reads)
            #expect(try tooLarge[0].get()?.count == 1)
            #expect(tooLarge[1].error?.code == .encodingFailed)
            #expect(try tooLarge[2].get()?.count == 3)
            #expect(reads.statistics.repeated == 3)

            try await reads.execute("ALTER TABLE items ALTER count DROP NOT NULL")
            try await reads.execute("UPDATE items SET count = NULL WHERE id = 2")
            let unreadable = await find(Item.self, [1, 2, 3], in: reads)
            #expect(try unreadable[0].get()?.count == 1)
            #expect(unreadable[1].error?.code == .decodingFailed)
            #expect(try unreadable[2].get()?.count == 3)
        }
    }

    @Test("texts are the server's to compare: blanks of char(n), two spellings of one letter")
    func texts() async throws {
        try await TestServer.withPool { pool in
            let reads = CoalescingPool(pool)
            try await Code.createTable(in: pool)
            try await Code(code: "ab", meaning: "two letters").insert(in: pool)
            try await Code(code: "e\u{301}", meaning: "two scalars").insert(in: pool)
            let found = await find(Code.self, ["ab    ", "ab", "\u{E9}", "e\u{301}   ", "zz"], in: reads)
            #expect(
                try found.map { try $0.get()?.meaning }
                    == ["two letters", "two letters", nil, "two scalars", nil])
        }
    }

    @Test("UUIDs are gathered; keys of other types and of two columns are read one by one, and as they are")
    func otherKeys() async throws {
        try await TestServer.withPool { pool in
            let reads = CoalescingPool(pool)
            try await Token.createTable(in: pool)
            try await Price.createTable(in: pool)
            let ids = (0..<20).map { _ in UUID() }
            try await Token.insert(ids.map { Token(id: $0, note: "\($0)") }, in: pool)
            let tokens = await find(Token.self, ids, in: reads)
            #expect(try tokens.map { try $0.get()?.note } == ids.map { "\($0)" })
            #expect(reads.statistics == CoalescingPool.Statistics(reads: 20, statements: 1, repeated: 0))

            try await Price(amount: 2, note: "two").insert(in: pool)
            #expect(try await Price.find(PostgresNumeric(2), in: reads)?.note == "two")
            #expect(
                try await failure { () async throws in try await Token.find(ids[0], ids[1], in: reads) }.code
                    == .invalidUse)
            // No key of its kind: what the server says of it.
            #expect(try await failure { () async throws in try await Token.find(7, in: reads) }.code == .encodingFailed)
            #expect(reads.statistics.reads == 20)
        }
    }

    @Test("a read sees what was committed before it, also while others ask for the same row")
    func readsOwnWrites() async throws {
        try await withItems { (reads) async throws in
            let torn = await together(Array(1...40), in: reads) { (number: Int) -> String? in
                do {
                    for round in 1...10 {
                        try await Item(id: number, count: round).update(in: reads)
                        // Half of them read their neighbour's as well, so that rows are asked for twice.
                        if number % 2 == 0 { _ = try await Item.find(number - 1, in: reads) }
                        let count = try await Item.find(number, in: reads)?.count
                        if count != round { return "item \(number) has \(count ?? -1) after \(round)" }
                    }
                    return nil
                } catch {
                    return "\(error)"
                }
            }
            #expect(torn.compactMap(\.self) == [])
            #expect(reads.statistics.statements < reads.statistics.reads)
        }
    }

    @Test("in a transaction a read is the transaction's own")
    func transaction() async throws {
        try await withItems { (reads) async throws in
            try await reads.withTransaction { transaction in
                try await Item(id: 1, count: -7).update(in: transaction)
                #expect(try await Item.find(1, in: transaction)?.count == -7)
                #expect(try await Item.find(1, in: reads)?.count == 1)
            }
            #expect(reads.statistics.reads == 1)
        }
    }

    @Test("a cancelled read ends at once and takes nothing from the others; a statement nobody wants is stopped")
    func cancellation() async throws {
        try await withItems { (reads) async throws in
            try await reads.withConnection { locker in
                try await locker.execute("BEGIN")
                try await locker.execute("LOCK TABLE items IN ACCESS EXCLUSIVE MODE")
                let executor = reads.pool.taskExecutor
                let tasks = await Task(executorPreference: executor) {
                    (1...3).map { number in
                        Task(executorPreference: executor) { try await Item.find(number, in: reads)?.count }
                    }
                }.value
                #expect(try await eventually { reads.statistics.statements == 1 })
                tasks[1].cancel()
                #expect(try await failure { () async throws in try await tasks[1].value }.code == .cancelled)
                try await locker.execute("ROLLBACK")
                #expect(try await tasks[0].value == 1)
                #expect(try await tasks[2].value == 3)

                try await locker.execute("BEGIN")
                try await locker.execute("LOCK TABLE items IN ACCESS EXCLUSIVE MODE")
                let unwanted = Task(executorPreference: executor) { try await Item.find(1, in: reads) }
                #expect(try await eventually { reads.statistics.statements == 2 })
                unwanted.cancel()
                #expect(try await failure { () async throws in try await unwanted.value }.code == .cancelled)
                #expect(
                    try await eventually {
                        try await locker.value(
                            "SELECT count(*) FROM pg_locks WHERE relation = 'items'::regclass AND NOT granted",
                            as: Int.self) == 0
                    })
                try await locker.execute("ROLLBACK")
            }
            #expect(try await eventually { reads.pool.statistics.leased == 0 })
            try await reads.check()
        }
    }

    @Test("a closed pool is told to everybody who asked")
    func closed() async throws {
        try await withItems { (reads) async throws in
            await reads.pool.close()
            let found = await find(Item.self, Array(1...20), in: reads)
            #expect(found.allSatisfy { $0.error?.code == .poolClosed })
            #expect(reads.statistics == CoalescingPool.Statistics(reads: 20, statements: 1, repeated: 0))
        }
    }
}

extension Result {
    fileprivate var error: Failure? { if case .failure(let error) = self { error } else { nil } }
}
