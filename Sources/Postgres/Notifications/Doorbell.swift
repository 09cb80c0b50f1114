import PostgresLocks
import PostgresTransport

/// Wakes the one task that waits at it. A ring that nobody waits for is kept for who comes next; several are one.
final class Doorbell: Sendable {
    private let state = Mutex<(isRung: Bool, waiter: UnsafeContinuation<Void, Never>?)>((false, nil))

    func ring() {
        let waiter = state.withLock { state in
            if state.waiter == nil { state.isRung = true }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    /// Waits for a ring, or until `deadline`. May return early.
    func wait(until deadline: Int64, on loop: EventLoop) async {
        let timer = deadline == .max ? nil : loop.schedule(at: deadline) { self.ring() }
        await withUnsafeContinuation { waiter in
            let isRung = state.withLock { state in
                if !state.isRung { state.waiter = waiter }
                defer { state.isRung = false }
                return state.isRung
            }
            if isRung { waiter.resume() }
        }
        if let timer { loop.cancel(timer) }
    }
}
