import PostgresLocks

/// Where one operation is: what it waits for, since when, and when it is to be cancelled.
final class Trail: Sendable {
    private struct State {
        var place = "the beginning"
        var step = -1
        var task: Task<Void, Never>?
        var isCancelled = false
        /// Where it was when it was cancelled.
        var cancelledAt: String?
        var isOver = false
    }

    let task: Int
    let operation: Int
    let name: String
    let began = ContinuousClock.now
    private let cancel: Fault?
    private let state = Mutex(State())

    init(task: Int, operation: Int, name: String, cancel: Fault?) {
        self.task = task
        self.operation = operation
        self.name = name
        self.cancel = cancel
    }

    /// Where it was when it was cancelled, if it was and had not ended.
    var cancelledAt: String? { state.withLock { $0.cancelledAt } }

    /// "task 7, operation 12: transfer, at COMMIT for 3.2 seconds"
    var description: String {
        let place = state.withLock { $0.place }
        return
            "task \(task), operation \(operation): \(name), at \(place), \(ContinuousClock.now - began) after its beginning"
    }

    /// The task that can be cancelled.
    func follow(_ task: Task<Void, Never>) {
        let isCancelled = state.withLock { state in
            state.task = task
            return state.isCancelled
        }
        if isCancelled { task.cancel() }
    }

    /// The operation is about to wait, for this.
    func at(_ place: String) {
        let step = state.withLock { state in
            state.place = place
            state.step += 1
            return state.step
        }
        guard let cancel, step == cancel.step else { return }
        if cancel.microseconds == 0 { return cancelNow() }
        Task.detached {
            try? await Task.sleep(for: .microseconds(cancel.microseconds))
            self.cancelNow()
        }
    }

    /// Cancels the operation, unless it has ended.
    func cancelNow() {
        let task = state.withLock { state -> Task<Void, Never>? in
            guard !state.isOver else { return nil }
            if !state.isCancelled { state.cancelledAt = state.place }
            state.isCancelled = true
            return state.task
        }
        task?.cancel()
    }

    func end() {
        state.withLock { state in
            state.isOver = true
            state.task = nil
        }
    }
}
