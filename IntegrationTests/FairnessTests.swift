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

    /// Counted in turns of others, not in time: a machine that is busy makes all of them slow. One of them may be slower
    /// still, where the system has a server's process ready to run and does not run it for half a second; one in a
    /// hundred turns at most. In a queue that is not one, most tasks wait for as long as there are others.
    @Test("trap 53: of 200 tasks over 10 connections, each has its turn in each round", arguments: Way.allCases)
    func takesTurns(way: Way) async throws {
        let tasks = 200
        try await TestServer.withPool(
            PostgresPoolOptions(maximumConnections: 10, minimumConnections: 10, acquireTimeout: .seconds(120))
        ) { pool in
            try await pool.warmUp(timeout: .seconds(60))
            let turns = Turns(until: 6000)
            try await withThrowingTaskGroup { group in
                for _ in 0..<tasks {
                    group.addTask {
                        while !turns.areOver {
                            let asked = turns.count
                            switch way {
                            case .query: _ = try await pool.query("SELECT 1", as: Int.self).first()
                            case .lease:
                                _ = try await pool.withConnection {
                                    try await $0.query("SELECT 1", as: Int.self).first()
                                }
                            }
                            turns.add(after: asked)
                        }
                    }
                }
                try await group.waitForAll()
            }
            // Everybody else once, or twice where two connections were not equally fast.
            let waits = turns.waits.sorted()
            let (usual, longest) = (waits[waits.count / 2], waits[waits.count * 99 / 100])
            #expect(longest <= 2 * tasks, "half of them waited for \(usual) others, one in a hundred for \(longest)")
        }
    }
}

/// For how many turns of others each turn has waited.
private final class Turns: Sendable {
    private let state = Mutex<[Int]>([])
    private let limit: Int

    init(until limit: Int) { self.limit = limit }

    var count: Int { state.withLock { $0.count } }
    var areOver: Bool { count >= limit }
    var waits: [Int] { state.withLock { $0 } }

    /// One that was asked for when there had been `asked` of them.
    func add(after asked: Int) {
        state.withLock { $0.append($0.count - asked) }
    }
}
