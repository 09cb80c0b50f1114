import PostgresLocks
import Testing

@testable import PostgresTransport

/// Notes what a loop reports, and lets a test wait for it.
final class Probe: EventHandler {
    private struct State {
        var seen: [Interest] = []
        var flushes = 0
        var waiters: [(count: Int, waiter: CheckedContinuation<Void, Never>)] = []
    }
    private let state = Mutex(State())
    private let onReady: @Sendable (Interest) -> Void

    init(onReady: @escaping @Sendable (Interest) -> Void = { _ in }) { self.onReady = onReady }

    var seen: [Interest] { state.withLock { $0.seen } }
    var flushes: Int { state.withLock { $0.flushes } }

    func ready(_ readiness: Interest) {
        onReady(readiness)
        let woken = state.withLock { state in
            state.seen.append(readiness)
            let count = state.seen.count
            defer { state.waiters.removeAll { $0.count <= count } }
            return state.waiters.filter { $0.count <= count }
        }
        for (_, waiter) in woken { waiter.resume() }
    }

    func flush() { state.withLock { $0.flushes += 1 } }

    /// Waits until `ready` has been called so often.
    func wait(for count: Int) async {
        await withCheckedContinuation { waiter in
            let isThere = state.withLock { state in
                if state.seen.count < count { state.waiters.append((count, waiter)) }
                return state.seen.count >= count
            }
            if isThere { waiter.resume() }
        }
    }
}

/// A number that many threads count up.
final class Counter: Sendable {
    private let value = Atomic<Int>(0)
    var current: Int { value.load(ordering: .relaxed) }
    func add() { value.wrappingAdd(1, ordering: .relaxed) }
}

extension EventLoop {
    /// Runs `body` on the loop and waits for what it returns.
    func run<R: Sendable>(_ body: @escaping @Sendable () throws -> R) async throws -> R {
        try await withCheckedThrowingContinuation { continuation in
            perform { continuation.resume(with: Result { try body() }) }
        }
    }

    /// Waits until the loop has gone round: what was ready before has been handed out.
    func turn() async throws {
        for _ in 0..<2 {
            await withCheckedContinuation { waiter in
                _ = schedule(at: monotonicNanoseconds()) { waiter.resume() }
            }
        }
    }
}
