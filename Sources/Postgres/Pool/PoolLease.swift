import PostgresLocks

/// The right to use a pooled connection; ended once, by whoever is through with it first.
final class PoolLease: Sendable {
    private let onEnd: Mutex<(@Sendable () -> Void)?>

    init(onEnd: @escaping @Sendable () -> Void) { self.onEnd = Mutex(onEnd) }

    deinit { end() }

    /// False once the connection may be somebody else's.
    var isCurrent: Bool { onEnd.withLock { $0 != nil } }

    func end() {
        let action = onEnd.withLock { action in
            defer { action = nil }
            return action
        }
        action?()
    }
}
