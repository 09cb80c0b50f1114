import PostgresLocks

/// Something that happens once: set by one side, waited for by the other, be it a task or a script's thread.
final class Signal: Sendable {
    private let state = Mutex<(isSet: Bool, waiters: [CheckedContinuation<Void, Never>])>((false, []))

    var isSet: Bool { state.withLock { $0.isSet } }

    func set() {
        let waiters = state.withLock { state in
            defer { state = (true, []) }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    func wait() async {
        await withCheckedContinuation { waiter in
            let isSet = state.withLock { state in
                if !state.isSet { state.waiters.append(waiter) }
                return state.isSet
            }
            if isSet { waiter.resume() }
        }
    }
}
