import PostgresLocks

/// What is to be done once a transaction is committed, in the order in which it was asked for.
final class TransactionHooks: Sendable {
    private let actions = Mutex<[@Sendable () async -> Void]>([])

    func add(_ action: @escaping @Sendable () async -> Void) {
        actions.withLock { $0.append(action) }
    }

    /// A savepoint was released: what it asked for is the business of the transaction around it.
    func add(contentsOf inner: TransactionHooks) {
        let more = inner.takeAll()
        if !more.isEmpty { actions.withLock { $0 += more } }
    }

    /// Does all of it, one after the other.
    func run() async {
        for action in takeAll() { await action() }
    }

    private func takeAll() -> [@Sendable () async -> Void] {
        actions.withLock { actions in
            defer { actions = [] }
            return actions
        }
    }
}
