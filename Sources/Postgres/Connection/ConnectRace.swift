import PostgresLocks
import PostgresTransport
import PostgresWire

/// The wait for a connection that is being made on a loop: the first of success, failure, cancellation and deadline ends
/// it, even while the loop does not come to its work because somebody's code keeps its thread.
final class ConnectRace: Sendable {
    private struct State {
        var waiter: UnsafeContinuation<Void, Never>?
        var outcome: Result<Session, PostgresError>?
        var deadline: Int64
        var work: Task<Void, Never>?
    }

    static let cancelled = PostgresError(.cancelled, "the task was cancelled while connecting")

    /// How many nanoseconds after the deadline the loop is given up. Its own timers say more precisely what was waited for,
    /// and go on to the next attempt; a machine that is only slow must not be taken for a loop that stands still.
    static let usualGrace: Int64 = 2_000_000_000

    private let grace: Int64
    private let state: Mutex<State>
    /// For errors.
    private let server: String

    init(deadline: Int64, grace: Int64, server: String) {
        self.grace = grace
        state = Mutex(State(deadline: deadline))
        self.server = server
    }

    /// A further attempt has begun, with time of its own.
    func extend(to deadline: Int64) {
        state.withLock { $0.deadline = max($0.deadline, deadline) }
    }

    /// Runs `body` on `loop` and waits for it, but not beyond its deadline or the task's cancellation.
    func run(
        on loop: EventLoop, _ body: @escaping @Sendable () async throws(PostgresError) -> Session
    ) async throws(PostgresError) -> Session {
        await withTaskCancellationHandler {
            await withUnsafeContinuation { waiter in
                let isOver = state.withLock { state in
                    if state.outcome == nil { state.waiter = waiter }
                    return state.outcome != nil
                }
                if isOver { waiter.resume() } else { begin(on: loop, body) }
            }
        } onCancel: {
            finish(.failure(Self.cancelled))
        }
        // Under the lock: the thread sanitizer does not see what orders a continuation that is resumed before it is awaited.
        return try (state.withLock(\.outcome) ?? .failure(Self.cancelled)).get()
    }

    private func begin(on loop: EventLoop, _ body: @escaping @Sendable () async throws(PostgresError) -> Session) {
        let work = Task(executorPreference: loop) {
            do throws(PostgresError) {
                self.finish(.success(try await body()))
            } catch {
                self.finish(.failure(error))
            }
        }
        let isOver = state.withLock { state in
            state.work = work
            return state.outcome != nil
        }
        if isOver { work.cancel() } else { ConnectWatch.shared.add(self) }
    }

    /// When the loop is given up; nil once the race is over.
    var end: Int64? {
        let deadline: Int64? = state.withLock { $0.outcome == nil ? $0.deadline : nil }
        guard let deadline else { return nil }
        let (end, overflow) = deadline.addingReportingOverflow(grace)
        return overflow ? .max : end
    }

    func timeOut() { finish(.failure(Session.timedOut(server))) }

    private func finish(_ outcome: Result<Session, PostgresError>) {
        let (waiter, work, isLate) = state.withLock { state in
            if state.outcome != nil {
                return (
                    nil as UnsafeContinuation<Void, Never>?, nil as Task<Void, Never>?, true
                )
            }
            state.outcome = outcome
            defer {
                state.waiter = nil
                state.work = nil
            }
            return (state.waiter, state.work, false)
        }
        if isLate {
            // Nobody waits for it any more.
            if case .success(let session) = outcome { session.terminate() }
            return
        }
        ConnectWatch.shared.remove(self)
        if case .failure = outcome { work?.cancel() }
        waiter?.resume()
    }
}
