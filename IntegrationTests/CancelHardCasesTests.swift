import Postgres
import PostgresTestKit
import Testing

@Suite(.serialized, .timeLimit(.minutes(5))) struct CancelHardCasesTests {
    @Test(
        "a cancelled task stops the server",
        .needsOwnServerProcess("the process goes on for others, under the name that it had"), arguments: Way.allCases)
    func stopsTheServer(way: Way) async throws {
        let name = uniqueName()
        try await withConnection(TestServer.directConfiguration) { observer in
            try await withConnection(way.configuration.named(name)) { connection in
                for _ in 0..<5 {
                    let task = Task { try await connection.execute("SELECT pg_sleep(100)") }
                    #expect(try await eventually { try await observer.activeBackends(named: name) == 1 })
                    let took = try await time {
                        task.cancel()
                        let error = try await failure { try await task.value }
                        #expect(error.code == .cancelled)
                    }
                    #expect(took < .seconds(30))
                    #expect(try await observer.activeBackends(named: name) == 0)
                    try await connection.check()
                }
            }
        }
    }

    @Test("trap 41: a thousand cancels at random moments never hit the statement behind them", arguments: Way.allCases)
    func randomCancels(way: Way) async throws {
        try await withConnection(way.configuration) { connection in
            var cancelled = 0
            for round in 0..<TestRoute.countOfCancels(334) {
                let task = Task {
                    switch round % 4 {
                    case 0: try await connection.execute("SELECT \(round)::int4")
                    case 1: try await connection.execute("SELECT pg_sleep(0.001)")
                    case 2: try await connection.execute(script: "SELECT 1; SELECT pg_sleep(0.0005); SELECT 2")
                    default:
                        for try await _ in try await connection.query("SELECT generate_series(1, 5000)") {}
                    }
                }
                try await Task.sleep(for: .microseconds(Int.random(in: 0...1500)))
                task.cancel()
                // At once, while the cancel may be on its way: never 57014.
                try await connection.check()
                if case .failure(let error) = await task.result {
                    #expect((error as? PostgresError)?.code == .cancelled)
                    cancelled += 1
                }
            }
            // Some met their statement, or the test tests nothing.
            #expect(cancelled > 0)
        }
    }

    @Test(
        "trap 42: a thousand cancels in a row never open more sessions than the pool has",
        .needsOwnServerProcess("it counts sessions, which are the pooler's")) func cancelsThroughAPool()
        async throws
    {
        let name = uniqueName()
        let options = PostgresPoolOptions(maximumConnections: 4)
        let pool = try PostgresPool(TestServer.configuration.named(name), options: options)
        try await withConnection(TestServer.directConfiguration) { observer in
            let ended = Counter()
            let most = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        for _ in 0..<125 {
                            let task = Task { try await pool.execute("SELECT pg_sleep(10)") }
                            try await Task.sleep(for: .milliseconds(Int.random(in: 0...5)))
                            task.cancel()
                            _ = await task.result
                        }
                        ended.increment()
                        return 0
                    }
                }
                group.addTask {
                    var most = 0
                    while ended.value < 8 {
                        most = max(most, try await observer.backends(named: name))
                        try await Task.sleep(for: .milliseconds(2))
                    }
                    return most
                }
                return try await group.reduce(0, max)
            }
            // Counting found some, or it counts nothing.
            #expect((1...4).contains(most))
            try await pool.check()
            await pool.close()
            #expect(try await eventually { try await observer.backends(named: name) == 0 })
        }
    }

    @Test("a deadline counts while a statement waits for a lock to be parsed, and a COPY to begin") func lockedTables()
        async throws
    {
        try await TestServer.withDatabase { configuration in
            try await withConnection(configuration) { holder in
                try await holder.execute("CREATE TABLE t (n int)")
                try await holder.execute(script: "BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE")
                try await withConnection(configuration) { connection in
                    let took = try await time {
                        let parsing = try await failure {
                            try await connection.execute("SELECT * FROM t", timeout: .milliseconds(200))
                        }
                        #expect(parsing.code == .timeout)
                        let copy = Task {
                            try await connection.copy(into: "t", format: .text) { try await $0.write("1\n") }
                        }
                        try await Task.sleep(for: .milliseconds(100))
                        copy.cancel()
                        let copying = try await failure { try await copy.value }
                        #expect(copying.code == .cancelled)
                        let typed = Task { try await connection.copy(into: "t") { try await $0.write(Int32(1)) } }
                        try await Task.sleep(for: .milliseconds(100))
                        typed.cancel()
                        let error = try await failure { try await typed.value }
                        #expect(error.code == .cancelled)
                    }
                    #expect(took < .seconds(30))
                    try await connection.check()
                    try await holder.execute(script: "ROLLBACK")
                    #expect(try await connection.copy(into: "t") { try await $0.write(Int32(1)) } == 1)
                }
            }
        }
    }

    @Test("a COPY cancelled behind another task's statement ends before it begins; others go on") func queuedCopy()
        async throws
    {
        try await TestServer.withDatabase { configuration in
            try await withConnection(configuration) { holder in
                try await holder.execute(script: "CREATE TABLE held (n int); CREATE TABLE t (n int)")
                try await holder.execute(script: "BEGIN; LOCK TABLE held IN ACCESS EXCLUSIVE MODE")
                try await withConnection(configuration) { connection in
                    let slow = Task { try await connection.execute(script: "SELECT * FROM held") }
                    try await Task.sleep(for: .milliseconds(100))
                    // There is no `missing`: the server refuses it, and has no use for the end of its data.
                    for table in ["t", "missing"] {
                        let copy = Task {
                            try await connection.copy(into: .init(table), format: .text) { try await $0.write("1\n") }
                        }
                        try await Task.sleep(for: .milliseconds(100))
                        copy.cancel()
                        #expect(try await failure { try await copy.value }.code == .cancelled)
                    }
                    let next = Task { try await connection.value("SELECT 42", as: Int.self) }
                    try await Task.sleep(for: .milliseconds(100))
                    try await holder.execute(script: "ROLLBACK")
                    _ = try await slow.value
                    #expect(try await next.value == 42)
                    #expect(try await connection.value("SELECT count(*) FROM t", as: Int.self) == 0)
                }
            }
        }
    }

    @Test("the deadline of a configuration holds for every statement") func configuredDeadline() async throws {
        var configuration = try TestServer.configuration
        configuration.queryTimeout = .seconds(4)
        try await withConnection(configuration) { connection in
            let error = try await failure { try await connection.execute("SELECT pg_sleep(100)") }
            #expect(error.code == .timeout)
            let script = try await failure { try await connection.execute(script: "SELECT 1; SELECT pg_sleep(100)") }
            #expect(script.code == .timeout)
            // A statement may be given more, and a slow reader of rows has no more than the rest of it.
            try await connection.execute("SELECT pg_sleep(4.5)", timeout: .seconds(60))
            let slow = try await failure {
                var count = 0
                for try await _ in try await connection.query("SELECT generate_series(1, 100000000)") {
                    count += 1
                    if count % 20_000 == 0 { try await Task.sleep(for: .milliseconds(100)) }
                }
            }
            #expect(slow.code == .timeout)
            try await connection.check()
        }
    }

    @Test("a reader slower than the server, which never has to wait, is cancelled too") func cancelledSlowReader()
        async throws
    {
        try await withConnection(TestServer.configuration) { connection in
            let task = Task {
                for try await number in try await connection.query("SELECT generate_series(1, 100000000)", as: Int.self)
                {
                    if number == 1000 { withUnsafeCurrentTask { $0?.cancel() } }
                    // Long enough for the server to fill what there is to fill.
                    if number % 1000 == 0 { work(for: .milliseconds(20)) }
                    // More than one batch has.
                    if number == 200_000 { return }
                }
            }
            let error = try await failure { try await task.value }
            #expect(error.code == .cancelled)
            try await connection.check()
        }
    }

    @Test("cancelling the reader of rows") func cancelledReader() async throws {
        try await withConnection(TestServer.configuration) { connection in
            let hasBegun = Signal()
            let task = Task {
                var count = 0
                for try await _ in try await connection.query("SELECT generate_series(1, 100000000)") {
                    count += 1
                    if count == 1000 { hasBegun.set() }
                }
                return count
            }
            await hasBegun.wait()
            let took = try await time {
                task.cancel()
                let error = try await failure { try await task.value }
                #expect(error.code == .cancelled)
            }
            #expect(took < .seconds(60))
            try await connection.check()
        }
    }
}

/// Keeps the thread, as CPU-heavy work between two rows does.
private func work(for duration: Duration) {
    let end = ContinuousClock.now + duration
    while ContinuousClock.now < end {}
}
