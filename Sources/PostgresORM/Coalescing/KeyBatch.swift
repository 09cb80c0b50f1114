import Postgres
import PostgresLocks

/// Reads of one model by its key that go to the server as one statement, and who waits for each of them.
final class KeyBatch<M: Model>: Sendable {
    /// What becomes of one read.
    enum Outcome: Sendable {
        /// The row, or nil where there is none.
        case row(M?)
        case failed(PostgresError)
        /// The statement of many does not tell: the read is to be made by itself.
        case alone
    }

    private typealias Waiter = UnsafeContinuation<Outcome, Never>

    private enum Read {
        /// Its task has not come to wait yet.
        case asked
        case waiting(Waiter)
        /// The outcome came before its task waited for it.
        case known(Outcome)
        case over
    }

    private struct State {
        var keys: [LookupKey] = []
        var reads: [Read] = []
        /// Reads whose task has not been cancelled.
        var wanted = 0
        var isSent = false
        var sending: Task<Void, Never>?

        mutating func add(_ key: LookupKey) -> Int {
            keys.append(key)
            reads.append(.asked)
            wanted += 1
            return keys.count - 1
        }
    }

    /// Who began the batch; named where the pool keeps it waiting.
    let caller: PostgresCaller
    private let state = Mutex(State())

    private init(from caller: PostgresCaller) { self.caller = caller }

    /// A batch of one read, and that read's place.
    static func begin(with key: LookupKey, from caller: PostgresCaller) -> (KeyBatch, place: Int) {
        let batch = KeyBatch(from: caller)
        return (batch, batch.state.withLock { $0.add(key) })
    }

    /// Adds a read, unless the batch is on its way or has `maximum` already, or nobody wants it any more, so that its
    /// sending is being cancelled. Returns its place.
    func join(_ key: LookupKey, maximum: Int) -> Int? {
        state.withLock { state in
            guard !state.isSent, state.wanted > 0, state.keys.count < maximum else { return nil }
            return state.add(key)
        }
    }

    /// The task that sends the batch: nobody may want it any more.
    func isSent(by task: Task<Void, Never>) {
        let isWanted = state.withLock { state in
            state.sending = task
            return state.wanted > 0
        }
        if !isWanted { task.cancel() }
    }

    /// The keys to ask for; none may join from now on. Empty where every task that asked has been cancelled.
    func close() -> [LookupKey] {
        state.withLock { state in
            state.isSent = true
            return state.wanted > 0 ? state.keys : []
        }
    }

    /// Waits for what becomes of the read at `place`. A task that is cancelled waits no longer.
    func outcome(at place: Int) async -> Outcome {
        await withTaskCancellationHandler {
            await withUnsafeContinuation { wait($0, at: place) }
        } onCancel: {
            cancel(place)
        }
    }

    private func wait(_ waiter: Waiter, at place: Int) {
        let known: Outcome? = state.withLock { state in
            if case .known(let outcome) = state.reads[place] {
                state.reads[place] = .over
                return outcome
            }
            state.reads[place] = .waiting(waiter)
            return nil
        }
        if let known { waiter.resume(returning: known) }
    }

    private func cancel(_ place: Int) {
        let (waiter, sending) = state.withLock { state -> (Waiter?, Task<Void, Never>?) in
            let waiter: Waiter?
            switch state.reads[place] {
            case .asked:
                state.reads[place] = .known(Self.cancelled)
                waiter = nil
            case .waiting(let continuation):
                state.reads[place] = .over
                waiter = continuation
            case .known, .over: return (nil, nil)
            }
            state.wanted -= 1
            return (waiter, state.wanted == 0 ? state.sending : nil)
        }
        waiter?.resume(returning: Self.cancelled)
        sending?.cancel()
    }

    private static var cancelled: Outcome { .failed(PostgresError(.cancelled, "the task was cancelled")) }

    /// Tells every read what became of it.
    func settle(_ outcome: (LookupKey) -> Outcome) {
        var resumed: [(Waiter, Outcome)] = []
        state.withLock { state in
            resumed.reserveCapacity(state.reads.count)
            for place in state.reads.indices {
                switch state.reads[place] {
                case .asked: state.reads[place] = .known(outcome(state.keys[place]))
                case .waiting(let waiter):
                    state.reads[place] = .over
                    resumed.append((waiter, outcome(state.keys[place])))
                case .known, .over: break
                }
            }
        }
        for (waiter, outcome) in resumed { waiter.resume(returning: outcome) }
    }
}
