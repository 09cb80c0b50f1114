import Foundation
import Postgres
import PostgresLocks
import Testing

/// Many tasks over few connections: who has waited longest is next.
@Suite(.timeLimit(.minutes(5))) struct FairnessTests {
    enum Way: String, CaseIterable, CustomTestStringConvertible {
        case query, lease

        var testDescription: String { rawValue }
    }

    /// A machine that is busy makes all of them slow, but not one of them slower: each has one turn in each round.
    @Test("trap 53: 200 tasks over 10 connections have as many turns, each of them", arguments: Way.allCases)
    func shares(way: Way) async throws {
        let tasks = 200
        try await TestServer.withPool(
            PostgresPoolOptions(maximumConnections: 10, minimumConnections: 10, acquireTimeout: .seconds(120))
        ) { pool in
            try await pool.warmUp(timeout: .seconds(60))
            let turns = Turns(of: tasks, until: 6000)
            try await withThrowingTaskGroup { group in
                for task in 0..<tasks {
                    group.addTask {
                        while !turns.isOver {
                            switch way {
                            case .query: _ = try await pool.query("SELECT 1", as: Int.self).first()
                            case .lease:
                                _ = try await pool.withConnection {
                                    try await $0.query("SELECT 1", as: Int.self).first()
                                }
                            }
                            turns.add(to: task)
                        }
                    }
                }
                try await group.waitForAll()
            }
            let counts = turns.counts
            let (least, most) = (counts.min() ?? 0, counts.max() ?? 0)
            #expect(least * 2 + 4 >= most, "between \(least) and \(most) turns of \(counts.reduce(0, +))")
        }
    }
}

/// How many turns each task has had.
private final class Turns: Sendable {
    private let state: Mutex<(counts: [Int], sum: Int)>
    private let limit: Int

    init(of tasks: Int, until limit: Int) {
        state = Mutex((Array(repeating: 0, count: tasks), 0))
        self.limit = limit
    }

    var counts: [Int] { state.withLock { $0.counts } }
    var isOver: Bool { state.withLock { $0.sum >= limit } }

    func add(to task: Int) {
        state.withLock { state in
            state.counts[task] += 1
            state.sum += 1
        }
    }
}
