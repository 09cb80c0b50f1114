import Testing

@testable import PostgresTransport

@Suite(.timeLimit(.minutes(1))) struct EventLoopGroupTests {
    /// Loops that end with the test.
    private func withGroup(of count: Int, _ body: (EventLoopGroup) async throws -> Void) async throws {
        let group = EventLoopGroup(try (0..<count).map { _ in try EventLoop() })
        defer { for loop in group.loops { loop.stop() } }
        try await body(group)
    }

    /// Suspends the task that runs, and has the loop resume it.
    private func suspend(until loop: EventLoop) async {
        await withUnsafeContinuation { waiter in
            // Later, so that the task has suspended: from the loop's own thread it would be called at once.
            _ = loop.schedule(at: monotonicNanoseconds() + 1_000_000) { waiter.resume() }
        }
    }

    @Test("a task goes on where it was resumed") func staysWhereItIsResumed() async throws {
        try await withGroup(of: 3) { group in
            #expect(group.currentPlace == nil)
            let places = await Task(executorPreference: group.executor) {
                var places: [Int?] = []
                for next in [2, 0, 0, 1, 2] {
                    await suspend(until: group.loops[next])
                    await Task.yield()
                    places.append(group.currentPlace)
                }
                return places
            }.value
            #expect(places == [2, 0, 0, 1, 2])
        }
    }

    @Test("tasks from outside begin on each loop in turn; those made on a loop begin there") func begin() async throws {
        try await withGroup(of: 2) { group in
            var counts = [0, 0]
            for _ in 0..<10 {
                let places = await Task(executorPreference: group.executor) {
                    let own = group.currentPlace
                    let child = await Task(executorPreference: group.executor) { group.currentPlace }.value
                    return (own, child)
                }.value
                #expect(places.0 == places.1)
                if let own = places.0 { counts[own] += 1 }
            }
            #expect(counts == [5, 5])
        }
    }

    @Test("the executor of a single loop is the loop, so that its own tasks need not change") func single() async throws
    {
        try await withGroup(of: 1) { group in
            #expect(group.executor as? EventLoop === group.loops[0])
            #expect(group.loop() === group.loops[0])
        }
    }
}
