import PostgresLocks
import Testing

@testable import PostgresTransport

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Both ways of waiting must behave the same.
private let pollers: [PollerChoice] = [.epoll, .poll]

@Suite struct EventLoopTests {
    /// A loop that ends with the test, and once more one that never polls for answers.
    private func withLoop(_ poller: PollerChoice, _ body: (EventLoop) async throws -> Void) async throws {
        for isPolling in [true, false] {
            let loop = try EventLoop(poller: poller, polling: AnswerPolling(isEnabled: isPolling))
            defer { loop.stop() }
            try await body(loop)
        }
    }

    // MARK: Work

    @Test(arguments: pollers) func runsTasksThatPreferIt(poller: PollerChoice) async throws {
        try await withLoop(poller) { loop in
            #expect(!loop.isCurrent)
            let wasCurrent = await Task(executorPreference: loop) {
                let first = loop.isCurrent
                await Task.yield()
                return first && loop.isCurrent
            }.value
            #expect(wasCurrent)
        }
    }

    @Test("any thread may wake the loop", arguments: pollers) func runsWorkFromManyThreads(poller: PollerChoice)
        async throws
    {
        try await withLoop(poller) { loop in
            let sum = Counter()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<8 {
                    group.addTask {
                        for turn in 0..<200 {
                            try await loop.run {
                                precondition(loop.isCurrent)
                                sum.add()
                            }
                            // Now and then the loop falls asleep first.
                            if turn % 50 == task { try await Task.sleep(for: .milliseconds(1)) }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(sum.current == 1600)
        }
    }

    @Test("work that makes more work does not keep sockets waiting", arguments: pollers)
    func isFair(poller: PollerChoice) async throws {
        try await withLoop(poller) { loop in
            let pair = SocketPair()
            let answers = Counter()
            let probe = Probe { _ in answers.add() }
            try await loop.run { _ = try loop.register(pair.near, interest: .read, handler: probe) }
            let rounds = Task(executorPreference: loop) {
                var rounds = 0
                pair.writeToNear()
                while answers.current == 0, rounds < 1_000_000 {
                    rounds += 1
                    await Task.yield()
                }
                return rounds
            }
            #expect(await rounds.value < 1_000_000)
        }
    }

    @Test func endsItsThreadWhenStopped() async throws {
        weak var forgotten: EventLoop?
        do {
            let loop = try EventLoop()
            forgotten = loop
            try await loop.run {}
            loop.stop()
        }
        let deadline = ContinuousClock.now + .seconds(10)
        while forgotten != nil, ContinuousClock.now < deadline { await Task.yield() }
        #expect(forgotten == nil)
    }

    // MARK: Timers

    @Test(arguments: pollers) func firesTimersWhenTheyAreDue(poller: PollerChoice) async throws {
        try await withLoop(poller) { loop in
            let start = monotonicNanoseconds()
            let times = Mutex<[(name: String, at: Int64)]>([])
            await withCheckedContinuation { waiter in
                for (name, delay) in [("late", 30), ("early", 5), ("middle", 15)] as [(String, Int64)] {
                    _ = loop.schedule(at: start + delay * 1_000_000) {
                        times.withLock { $0.append((name, monotonicNanoseconds() - start)) }
                        if name == "late" { waiter.resume() }
                    }
                }
            }
            let fired = times.withLock { $0 }
            #expect(fired.map(\.name) == ["early", "middle", "late"])
            for (entry, delay) in zip(fired, [5, 15, 30] as [Int64]) { #expect(entry.at >= delay * 1_000_000) }
        }
    }

    @Test(arguments: pollers) func neverFiresACancelledTimer(poller: PollerChoice) async throws {
        try await withLoop(poller) { loop in
            let firings = Counter()
            let now = monotonicNanoseconds()
            let timer = loop.schedule(at: now + 500_000_000) { firings.add() }
            loop.cancel(timer)
            await withCheckedContinuation { waiter in
                _ = loop.schedule(at: now + 600_000_000) { waiter.resume() }
            }
            loop.cancel(timer)
            #expect(firings.current == 0)
        }
    }

    @Test("deadlines at both ends of time", arguments: pollers) func takesExtremeDeadlines(poller: PollerChoice)
        async throws
    {
        try await withLoop(poller) { loop in
            _ = loop.schedule(at: .max) { Issue.record("the end of time has come") }
            await withCheckedContinuation { waiter in _ = loop.schedule(at: .min) { waiter.resume() } }
            try await loop.run {}
        }
    }

    @Test func durationsBecomeNanosecondsWithoutOverflow() {
        #expect(Duration.milliseconds(1500).nanoseconds == 1_500_000_000)
        #expect(Duration.nanoseconds(-3).nanoseconds == -3)
        #expect(Duration.seconds(Int64.max).nanoseconds == .max)
        #expect(Duration.seconds(Int64.min).nanoseconds == .min)
    }

    // MARK: Descriptors

    @Test(arguments: pollers) func reportsWhatIsReady(poller: PollerChoice) async throws {
        try await withLoop(poller) { loop in
            let pair = SocketPair()
            let probe = Probe { _ in pair.readNear() }
            let registration = try await loop.run { try loop.register(pair.near, interest: .read, handler: probe) }
            try await loop.turn()
            #expect(probe.seen == [])
            pair.writeToNear()
            await probe.wait(for: 1)
            #expect(probe.seen == [.read])

            // Full: not writable until the other end takes something.
            pair.fillNear()
            try await loop.run { try loop.setInterest(.write, of: registration) }
            pair.writeToNear()
            try await loop.turn()
            #expect(probe.seen == [.read])
            pair.drainFar()
            await probe.wait(for: 2)
            #expect(probe.seen[1] == .write)
            try await loop.run { loop.deregister(registration) }
            let count = probe.seen.count
            pair.writeToNear()
            try await loop.turn()
            #expect(probe.seen.count == count)
        }
    }

    @Test(arguments: pollers) func reportsAHangUp(poller: PollerChoice) async throws {
        try await withLoop(poller) { loop in
            let pair = SocketPair()
            let probe = Probe()
            let registration = try await loop.run { try loop.register(pair.near, interest: .read, handler: probe) }
            pair.closeFar()
            await probe.wait(for: 1)
            try await loop.run { loop.deregister(registration) }
            #expect(probe.seen.allSatisfy { $0.contains(.read) })
        }
    }

    @Test("an event that is out for a descriptor forgotten in the same batch is dropped", arguments: pollers)
    func dropsStaleEvents(poller: PollerChoice) async throws {
        try await withLoop(poller) { loop in
            let pairs = [SocketPair(), SocketPair()]
            let registrations = Mutex<[EventLoop.Registration]>([])
            let calls = Counter()
            let replacement = SocketPair()
            let stranger = Probe()
            // Whichever comes first deregisters both and puts a third descriptor into a slot of theirs.
            let handler = Probe { _ in
                calls.add()
                registrations.withLock { registrations in
                    for registration in registrations { loop.deregister(registration) }
                    registrations = []
                }
                do {
                    _ = try loop.register(replacement.near, interest: .read, handler: stranger)
                } catch {
                    Issue.record(error)
                }
            }
            try await loop.run {
                for pair in pairs {
                    let registration = try loop.register(pair.near, interest: .read, handler: handler)
                    registrations.withLock { $0.append(registration) }
                }
                // Both before the loop looks again.
                for pair in pairs { pair.writeToNear() }
            }
            await handler.wait(for: 1)
            try await loop.turn()
            #expect(calls.current == 1)
            #expect(stranger.seen == [])
            replacement.writeToNear()
            await stranger.wait(for: 1)
        }
    }

    @Test(arguments: pollers) func ignoresRegistrationsThatAreGone(poller: PollerChoice) async throws {
        try await withLoop(poller) { loop in
            let first = SocketPair()
            let second = SocketPair()
            let probe = Probe { _ in second.readNear() }
            try await loop.run {
                let old = try loop.register(first.near, interest: .read, handler: probe)
                loop.deregister(old)
                _ = try loop.register(second.near, interest: .read, handler: probe)
                // The slot is somebody else's by now.
                loop.deregister(old)
                try loop.setInterest(.none, of: old)
            }
            second.writeToNear()
            await probe.wait(for: 1)
        }
    }

    @Test(arguments: pollers) func refusesADescriptorThatIsNone(poller: PollerChoice) async throws {
        // poll(2) takes anything and reports it later; epoll refuses at once, and the slot must be free again.
        guard poller == .epoll else { return }
        try await withLoop(poller) { loop in
            let probe = Probe()
            let error = await #expect(throws: TransportError.self) {
                try await loop.run { _ = try loop.register(-1, interest: .read, handler: probe) }
            }
            #expect(error?.kind == .system(EBADF))
            let pair = SocketPair()
            try await loop.run { _ = try loop.register(pair.near, interest: .read, handler: probe) }
            pair.writeToNear()
            await probe.wait(for: 1)
        }
    }

    @Test(arguments: pollers) func servesManyDescriptors(poller: PollerChoice) async throws {
        try await withLoop(poller) { loop in
            // More than one batch of epoll.
            let pairs = (0..<300).map { _ in SocketPair() }
            let probes = pairs.map { pair in Probe { _ in pair.readNear() } }
            try await loop.run {
                for (pair, probe) in zip(pairs, probes) {
                    _ = try loop.register(pair.near, interest: .read, handler: probe)
                }
                for pair in pairs { pair.writeToNear() }
            }
            for probe in probes { await probe.wait(for: 1) }
        }
    }

    @Test("what is sent while sockets are read goes out when all have been", arguments: pollers)
    func gathersSends(poller: PollerChoice) async throws {
        try await withLoop(poller) { loop in
            let pairs = (0..<3).map { _ in SocketPair() }
            let sender = Probe()
            let gathered = Counter()
            let early = Counter()
            let readers = pairs.map { pair in
                Probe { [unowned loop] _ in
                    pair.readNear()
                    if sender.flushes > 0 { early.add() }
                    guard loop.gathersSends else { return }
                    gathered.add()
                    loop.flushLater(sender)
                }
            }
            #expect(!loop.gathersSends)
            try await loop.run {
                precondition(!loop.gathersSends)
                for (pair, reader) in zip(pairs, readers) {
                    _ = try loop.register(pair.near, interest: .read, handler: reader)
                    pair.writeToNear()
                }
            }
            for reader in readers { await reader.wait(for: 1) }
            // The last of them has nobody to wait for.
            #expect(gathered.current == 2 && early.current == 0)
            #expect(try await loop.run { sender.flushes } == 2)
        }
    }

    @Test(arguments: pollers) func flushesOnceAtTheEndOfTheTurn(poller: PollerChoice) async throws {
        try await withLoop(poller) { loop in
            let probe = Probe()
            try await loop.run {
                loop.flushLater(probe)
                precondition(probe.flushes == 0)
            }
            try await loop.turn()
            #expect(probe.flushes == 1)
        }
    }
}
