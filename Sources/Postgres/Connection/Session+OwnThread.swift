import PostgresTransport
import PostgresWire

/// A task that works on the session's own thread for a while: `withConnection` and `withTransaction`.
///
/// The session watches that task, one at a time, for as long as its work takes: a cancellation is heard then without a
/// handler of each query's own, which would cost a tenth of a small query, and so the task may wait for its answers in
/// place (`EventLoop.takeTurns`).
extension Session {
    /// Runs `body` on the loop's thread.
    func withOwnThread<R: Sendable>(_ body: @Sendable () async throws -> R) async throws -> R {
        if isWatchingThisTask { return try await body() }
        return try await withTaskExecutorPreference(loop) {
            guard watchThisTask() else { return try await body() }
            defer { stopWatching() }
            return try await withTaskCancellationHandler(operation: body) { self.watchedTaskWasCancelled() }
        }
    }

    /// It is the watched task that runs now, and on the loop's thread.
    var isWatchingThisTask: Bool {
        guard loop.isCurrent, let watchedTask else { return false }
        return watchedTask == TaskIdentity.current
    }

    /// False where another task is watched already, which may be this one's parent.
    private func watchThisTask() -> Bool {
        guard loop.isCurrent, watchedTask == nil else { return false }
        watchedTask = TaskIdentity.current
        return watchedTask != nil
    }

    private func stopWatching() {
        assert(loop.isCurrent, "the task did not come back to the thread")
        watchedTask = nil
        change { state, _ in state.isWatchedTaskCancelled = false }
    }

    /// On whatever thread cancels the task.
    private func watchedTaskWasCancelled() {
        let request = change { state, _ in
            // Nothing is sent from now on, until its work is over.
            state.isWatchedTaskCancelled = true
            return state.requests.awaitedInPlace
        }
        if let request { abandon(request, Self.cancelled) }
    }
}

/// Which task it is, among those that live.
struct TaskIdentity: Equatable, Sendable {
    private let address: UInt

    /// Nil outside of tasks.
    static var current: TaskIdentity? {
        withUnsafeCurrentTask { task in
            // The task's address, or 0. Compared as `UnsafeCurrentTask`s, whose layout the compiler does not know, it would
            // take ten times as long.
            let address = withUnsafeBytes(of: task) { $0.loadUnaligned(as: UInt.self) }
            return address == 0 ? nil : TaskIdentity(address: address)
        }
    }
}
