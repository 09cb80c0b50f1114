import Foundation
import PostgresLocks

/// Looks after operations: cancels those that have taken long, and reports those that do not end then.
final class Watchdog: Sendable {
    private struct State {
        var trails: [Int: Trail] = [:]
        var isStopped = false
    }

    /// When an operation is cancelled: some have no deadline of their own, such as COPY.
    static let patience = Duration.seconds(6)
    /// When an operation hangs: what it may take to connect, to be refused, and to give up, many times over.
    static let limit = Duration.seconds(60)

    private let state = Mutex(State())

    /// Calls `bark` with every operation that is on its way when one hangs.
    init(_ bark: @escaping @Sendable ([String]) -> Void) {
        Thread.detachNewThread { [weak self] in
            while let self, let stuck = self.look() {
                if !stuck.isEmpty { bark(stuck) }
                Thread.sleep(forTimeInterval: 0.1)
            }
        }
    }

    func begin(_ trail: Trail) { state.withLock { $0.trails[trail.operation] = trail } }

    func end(_ trail: Trail) {
        trail.end()
        state.withLock { $0.trails[trail.operation] = nil }
    }

    func stop() { state.withLock { $0.isStopped = true } }

    /// Nil at the end.
    private func look() -> [String]? {
        let (trails, isStopped) = state.withLock { (Array($0.trails.values), $0.isStopped) }
        if isStopped { return nil }
        let now = ContinuousClock.now
        for trail in trails where now - trail.began > Self.patience { trail.cancelNow() }
        let hangs = trails.contains { now - $0.began > Self.limit }
        return hangs ? trails.sorted { $0.began < $1.began }.map(\.description) : []
    }
}
