import PostgresLocks

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// What the loop calls when a descriptor is ready. Called on the loop's thread, without any lock held.
package protocol EventHandler: AnyObject, Sendable {
    func ready(_ readiness: Interest)
    /// The turn is over: write what has been gathered during it.
    func flush()
}

/// A thread that waits for sockets and timers and runs the tasks that prefer it.
///
/// As a `TaskExecutor` it lets the task that asks and the code that reads the answer share one thread: an answer resumes
/// its caller without a switch of threads, which costs more than the rest of a small query.
///
/// One turn: run jobs, write what they gathered, wait, hand out what is ready, fire timers. While an answer is due that
/// lately came within some tens of microseconds, the wait is a poll for a bounded time (see ``AnswerPolling``), since
/// waking a parked processor takes longer than the answer.
package final class EventLoop: TaskExecutor, @unchecked Sendable {
    // Unchecked: everything below `Confined to the loop's thread` is touched by that thread alone, which
    // `assertOnLoop` checks; the rest is atomic, immutable or behind the mutex.

    /// A place in the loop's table of descriptors.
    package struct Registration: Sendable {
        let slot: Int
        let token: UInt64
        package let descriptor: Int32
    }

    enum Work {
        case job(UnownedJob, of: UnownedTaskExecutor)
        case call(@Sendable () -> Void)
    }

    private struct Incoming {
        var work: [Work] = []
        var isParked = false
        var isStopped = false
    }

    private let incoming = Mutex(Incoming())
    /// Set with every arrival, so that a polling loop need not take the lock to look.
    private let hasIncoming = Atomic<Bool>(false)
    private let nextTimer = Atomic<UInt64>(0)
    private let poller: any Poller
    package let polling: AnswerPolling

    // Confined to the loop's thread, which makes the run time's check of each access superfluous.
    @exclusivity(unchecked) private var thread: pthread_t?
    @exclusivity(unchecked) private var local: [Work] = []
    @exclusivity(unchecked) private var running: [Work] = []
    /// Of `running`, what has not begun.
    @exclusivity(unchecked) private var unstarted = 0
    @exclusivity(unchecked) private var timers = TimerQueue()
    @exclusivity(unchecked) private var slots: [(token: UInt64, handler: any EventHandler)?] = []
    @exclusivity(unchecked) private var freeSlots: [Int] = []
    @exclusivity(unchecked) private var generation: UInt64 = 0
    @exclusivity(unchecked) private var unflushed: [any EventHandler] = []
    @exclusivity(unchecked) private var events: [ReadyEvent] = []
    /// Sockets are being read, and it is not the last of them: what is sent meanwhile had better wait for the others.
    @exclusivity(unchecked) private var hasMoreEvents = false
    @exclusivity(unchecked) private var isStopping = false

    /// Starts the loop's thread.
    package init(poller choice: PollerChoice = .automatic, polling: AnswerPolling = AnswerPolling())
        throws(TransportError)
    {
        poller = try choice.makePoller(wakesWhenTaken: polling.mayWakeInstead)
        self.polling = polling
        let started = StartSignal()
        try Thread.start {
            self.thread = pthread_self()
            started.signal()
            self.run()
        }
        // `thread` must be set before anybody asks `isCurrent`.
        started.wait()
    }

    /// True on the loop's own thread.
    @inline(__always)
    package var isCurrent: Bool {
        guard let thread else { return false }
        return pthread_equal(thread, pthread_self()) != 0
    }

    @inline(__always)
    private func assertOnLoop() {
        assert(isCurrent, "called away from the loop's thread")
    }

    // MARK: Work

    /// Runs a piece of a task. Called by the Swift runtime.
    package func enqueue(_ job: consuming ExecutorJob) {
        enqueue(UnownedJob(job), of: asUnownedTaskExecutor())
    }

    /// Runs a piece of a task that prefers `executor`, which this loop is, or belongs to.
    func enqueue(_ job: UnownedJob, of executor: UnownedTaskExecutor) {
        add(.job(job, of: executor))
    }

    /// Runs `body` on the loop's thread: at once when called there, else as soon as the loop comes to it.
    package func perform(_ body: @escaping @Sendable () -> Void) {
        if isCurrent { body() } else { add(.call(body)) }
    }

    private func add(_ work: Work) {
        if isCurrent {
            local.append(work)
            return
        }
        let mustWake = incoming.withLock { incoming in
            incoming.work.append(work)
            hasIncoming.store(true, ordering: .releasing)
            defer { incoming.isParked = false }
            return incoming.isParked
        }
        if mustWake { poller.wake() }
    }

    /// Ends the loop's thread after the turn it is in. For loops made by tests; descriptors must be gone before.
    package func stop() {
        incoming.withLock {
            $0.isStopped = true
            hasIncoming.store(true, ordering: .releasing)
        }
        poller.wake()
    }

    // MARK: Descriptors (on the loop's thread)

    /// Watches a descriptor until `deregister`.
    package func register(
        _ descriptor: Int32, interest: Interest, handler: any EventHandler
    ) throws(TransportError) -> Registration {
        assertOnLoop()
        let slot: Int
        if let free = freeSlots.popLast() {
            slot = free
        } else {
            slot = slots.count
            slots.append(nil)
        }
        generation &+= 1
        let token = (generation & 0xFFFF_FFFF) << 32 | UInt64(slot)
        do {
            try poller.add(descriptor, token: token, interest: interest)
        } catch {
            freeSlots.append(slot)
            throw error
        }
        slots[slot] = (token, handler)
        return Registration(slot: slot, token: token, descriptor: descriptor)
    }

    package func setInterest(_ interest: Interest, of registration: Registration) throws(TransportError) {
        assertOnLoop()
        guard slots[registration.slot]?.token == registration.token else { return }
        try poller.modify(registration.descriptor, token: registration.token, interest: interest)
    }

    /// Forgets a descriptor; call before it is closed. An event that is already out for it is dropped.
    package func deregister(_ registration: Registration) {
        assertOnLoop()
        guard slots[registration.slot]?.token == registration.token else { return }
        poller.remove(registration.descriptor, token: registration.token)
        slots[registration.slot] = nil
        freeSlots.append(registration.slot)
    }

    /// Whether what is sent now had better go out with what others send: each request wakes a process of the server's,
    /// which may take the processor from the loop while it reads the other sockets.
    @inline(__always)
    package var gathersSends: Bool { isCurrent && hasMoreEvents }

    /// Has `handler.flush()` called once at the end of this turn, so that what several tasks write goes out together.
    package func flushLater(_ handler: any EventHandler) {
        assertOnLoop()
        unflushed.append(handler)
    }

    // MARK: Timers

    /// A timer to cancel.
    package struct Timer: Sendable { fileprivate let id: UInt64 }

    /// Runs `action` on the loop's thread once `deadline` (on the clock of ``monotonicNanoseconds()``) has passed.
    package func schedule(at deadline: Int64, _ action: @escaping @Sendable () -> Void) -> Timer {
        let id = nextTimer.wrappingAdd(1, ordering: .relaxed).newValue
        perform { self.timers.add(id: id, deadline: deadline, action: action) }
        return Timer(id: id)
    }

    package func cancel(_ timer: Timer) {
        perform { self.timers.cancel(id: timer.id) }
    }

    // MARK: Turns of a task's own

    /// Nobody but the task that runs now wants the thread.
    private var isIdle: Bool {
        unstarted == 0 && local.isEmpty && !hasIncoming.load(ordering: .relaxed)
    }

    /// On the loop's thread, where it polls for answers.
    @inline(__always)
    package var mayPoll: Bool { polling.isEnabled && isCurrent }

    /// How often something else may have come before the task suspends after all.
    private static let mostTurns = 8

    /// Waits in place of the task that runs now until `isOver`, as the loop would do if it suspended: sockets and timers
    /// are served, and the task is spared the way out and back.
    ///
    /// False where the task had better suspend: as soon as anything else wants to run and, unless it may park, where polling
    /// does not pay or does not bring the answer at once. It may park where somebody wakes the loop when the task is
    /// cancelled, and where it runs no actor's method: the actor would be closed to others, who may be what it waits for.
    package func takeTurns(mayPark: Bool, until isOver: () -> Bool) -> Bool {
        assertOnLoop()
        for _ in 0..<Self.mostTurns {
            guard isIdle else { return false }
            flushAll()
            guard wait(mayPark: mayPark) else { return false }
            handOut()
            fireTimers()
            if isOver() { return true }
        }
        return false
    }

    // MARK: The turn

    private func run() {
        while true {
            runWork()
            flushAll()
            if isStopping, incoming.withLock({ $0.work.isEmpty }) { return }
            if local.isEmpty {
                wait()
            } else {
                // How long an answer takes that comes meanwhile says nothing of waiting.
                polling.giveUp()
                poll()
            }
            handOut()
            // After the sockets: an answer that came while work kept the thread is in time.
            fireTimers()
        }
    }

    /// How long work that adds more work may keep the sockets waiting.
    private static let longestTurn: Int64 = 500_000

    /// Runs what is there, and what that adds, for a bounded number of rounds and time, so that sockets are not starved.
    private func runWork() {
        var end: Int64 = 0
        for round in 0..<16 {
            if hasIncoming.exchange(false, ordering: .acquiring) {
                incoming.withLock { incoming in
                    local.append(contentsOf: incoming.work)
                    incoming.work.removeAll(keepingCapacity: true)
                    isStopping = incoming.isStopped
                }
            }
            guard !local.isEmpty else { return }
            // Most turns have one round; the clock is asked only where there are more.
            if round > 0 {
                let now = monotonicNanoseconds()
                if end == 0 { end = now + Self.longestTurn } else if now > end { return }
            }
            swap(&local, &running)
            unstarted = running.count
            for work in running {
                unstarted -= 1
                switch work {
                case .job(let job, let executor): job.runSynchronously(on: executor)
                case .call(let body): body()
                }
            }
            running.removeAll(keepingCapacity: true)
        }
    }

    private func flushAll() {
        guard !unflushed.isEmpty else { return }
        let handlers = unflushed
        unflushed.removeAll(keepingCapacity: true)
        for handler in handlers { handler.flush() }
    }

    private func fireTimers() {
        guard timers.nextDeadline() != nil else { return }
        let now = monotonicNanoseconds()
        while let action = timers.popDue(now: now) { action() }
    }

    /// Looks for ready descriptors without waiting.
    private func poll() {
        do { try poller.wait(timeout: 0, into: &events) } catch { events.removeAll() }
    }

    /// Waits until there is something to do; false when polling has brought nothing and it may not park.
    @discardableResult
    private func wait(mayPark: Bool = true) -> Bool {
        var timeout: Int64 = -1
        if let deadline = timers.nextDeadline() {
            // A deadline may lie so far back that the difference would overflow.
            let now = monotonicNanoseconds()
            timeout = deadline <= now ? 0 : deadline - now
        }
        if timeout != 0, polling.begin() {
            let answered = polling.poll(limit: timeout) {
                poll()
                return !events.isEmpty || hasIncoming.load(ordering: .relaxed)
            }
            if answered { return true }
        }
        guard mayPark else { return false }
        let parks = incoming.withLock { incoming in
            guard incoming.work.isEmpty, !incoming.isStopped else { return false }
            incoming.isParked = true
            return true
        }
        guard parks else { return true }
        do { try poller.wait(timeout: timeout, into: &events) } catch { events.removeAll() }
        incoming.withLock { $0.isParked = false }
        polling.end()
        return true
    }

    private func handOut() {
        guard !events.isEmpty else { return }
        for index in events.indices {
            let event = events[index]
            hasMoreEvents = index + 1 < events.endIndex
            let slot = Int(event.token & 0xFFFF_FFFF)
            // Deregistered by a handler before it in the same batch, or used again since: not for us.
            guard slot < slots.count, let entry = slots[slot], entry.token == event.token else { continue }
            entry.handler.ready(event.readiness)
        }
        // One by one: `removeAll(keepingCapacity:)` is a general replacement, dear for the one event there mostly is.
        while events.popLast() != nil {}
        flushAll()
    }
}
