import PostgresLocks
import PostgresTransport

/// Ends races whose time is up, from outside of their loops.
///
/// One task sleeps for all of them, until the first deadline there is when it goes to sleep: a task and a timer of its
/// own for each would take longer than the rest of connecting does.
final class ConnectWatch: Sendable {
    static let shared = ConnectWatch()

    private struct State {
        var races: [ObjectIdentifier: ConnectRace] = [:]
        /// When the task that sleeps will look; nil: none sleeps.
        var looksAt: Int64?
    }

    private let state = Mutex(State())

    func add(_ race: ConnectRace) {
        guard let end = race.end else { return }
        let mustLook = state.withLock { state in
            state.races[ObjectIdentifier(race)] = race
            if let looksAt = state.looksAt, looksAt <= end { return false }
            state.looksAt = end
            return true
        }
        // It may have ended before it was noted here.
        if race.end == nil { remove(race) }
        if mustLook { Task { await look(at: end) } }
    }

    func remove(_ race: ConnectRace) {
        state.withLock { _ = $0.races.removeValue(forKey: ObjectIdentifier(race)) }
    }

    /// Sleeps until `time`, ends what is due, and goes on while there is something to wait for. An earlier deadline that
    /// comes up meanwhile gets a task of its own, which this one then gives way to.
    private func look(at time: Int64) async {
        var time = time
        while true {
            await sleep(until: time)
            let now = monotonicNanoseconds()
            let isCurrent = state.withLock { state in
                guard state.looksAt == time else { return false }
                state.looksAt = nil
                return true
            }
            guard isCurrent else { return }
            // Deadlines move when a further attempt begins.
            for race in state.withLock({ Array($0.races.values) }) {
                if let end = race.end, end <= now { race.timeOut() }
            }
            let next = state.withLock { state -> Int64? in
                guard let next = state.races.values.compactMap(\.end).min() else { return nil }
                // Begun meanwhile, by another race.
                if let looksAt = state.looksAt, looksAt <= next { return nil }
                state.looksAt = next
                return next
            }
            guard let next else { return }
            time = next
        }
    }

    private func sleep(until time: Int64) async {
        while true {
            let left = time &- monotonicNanoseconds()
            guard left > 0 else { return }
            // A sleep of centuries is none that every system takes.
            try? await Task.sleep(for: .nanoseconds(min(left, 3_600_000_000_000)))
        }
    }
}
