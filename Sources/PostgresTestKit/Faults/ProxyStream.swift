/// One direction of a connection through a `FaultProxy`: what has come and is to go on, and what its plan makes of that.
///
/// Pure: bytes and the time go in, what to do comes out. `ProxyLink` has the sockets.
struct ProxyStream {
    /// What to do next.
    enum Step: Equatable {
        /// Write these, all or a part, and tell how many it were.
        case write(ArraySlice<UInt8>)
        /// This goes wrong now, with the whole connection.
        case fail(Failure)
        /// Nothing before that time; nil until more bytes come.
        case wait(until: ContinuousClock.Instant?)
    }

    /// The faults that end a connection.
    enum Failure: Equatable {
        case cut
        case reset
        case halfOpen
    }

    /// What came in one piece, and when it may go on.
    private struct Piece {
        var bytes: ArraySlice<UInt8>
        var due: ContinuousClock.Instant
    }

    /// More than this is not read before some of it has gone on.
    static let capacity = 256 * 1024

    /// What both directions know of the messages.
    var counter: MessageCounter
    /// The sender has said all.
    var isFinished = false
    private(set) var waitingBytes = 0
    /// How many faults of all its plans have happened.
    private(set) var faultCount = 0
    private var plan: FaultPlan.Stream
    private var pieces: [Piece] = []
    /// Since the plan took effect.
    private var passed = 0
    private var messages = 0
    private var kinds: [Character: Int] = [:]
    private var notBefore: ContinuousClock.Instant
    private var swallowing = 0
    private var mask: UInt8 = 0

    init(_ plan: FaultPlan.Stream, ofClient: Bool, now: ContinuousClock.Instant) {
        self.plan = plan
        counter = MessageCounter(ofClient: ofClient)
        notBefore = now
    }

    /// Whether there is nothing more to pass on, for ever.
    var isOver: Bool { isFinished && pieces.isEmpty }

    /// Whether the present plan wants its pieces sent one by one.
    var isSplit: Bool { plan.pieceSize != nil }

    /// Follows another plan from here on.
    mutating func follow(_ plan: FaultPlan.Stream, now: ContinuousClock.Instant) {
        self.plan = plan
        passed = 0
        messages = 0
        kinds = [:]
        notBefore = now
    }

    /// Takes what the sender has said.
    mutating func take(_ bytes: some Sequence<UInt8>, now: ContinuousClock.Instant) {
        let bytes = Array(bytes)
        guard !bytes.isEmpty else { return }
        pieces.append(Piece(bytes: bytes[...], due: now + plan.delay))
        waitingBytes += bytes.count
    }

    /// What is to be done now. What it returns is done before it is asked again.
    mutating func step(now: ContinuousClock.Instant) -> Step {
        while let next = plan.faults.first, isReached(next.place, now) {
            plan.faults.removeFirst()
            faultCount += 1
            switch next.fault {
            case .cut: return .fail(.cut)
            case .reset: return .fail(.reset)
            case .halfOpen: return .fail(.halfOpen)
            case .swallow(let count): swallowing += max(0, count)
            case .corrupt(let mask): self.mask = mask
            case .pause(let duration): notBefore = max(now, notBefore) + duration
            }
        }
        swallow()
        guard let first = pieces.first else { return .wait(until: nil) }
        let start = max(first.due, notBefore)
        guard start <= now else { return .wait(until: start) }
        if mask != 0 {
            pieces[0].bytes[first.bytes.startIndex] ^= mask
            mask = 0
        }
        return .write(pieces[0].bytes.prefix(longest))
    }

    /// So many of the bytes of the last step have gone on; returns what of it the other direction must know.
    mutating func wrote(_ count: Int, now: ContinuousClock.Instant) -> [MessageCounter.Finding] {
        if let rate = plan.bytesPerSecond {
            notBefore = max(now, notBefore) + .seconds(1) * (Double(count) / Double(max(1, rate)))
        }
        return pass(count)
    }

    /// How many bytes may go on in one piece: up to the next place where something may go wrong.
    private var longest: Int {
        var longest = max(1, plan.pieceSize ?? .max)
        // Fifty pieces a second are smooth enough.
        if let rate = plan.bytesPerSecond { longest = min(longest, max(1, rate / 50)) }
        switch plan.faults.first?.place {
        case .byte(let count): longest = min(longest, max(1, count - passed))
        case .message:
            var ahead = counter
            if let bytes = pieces.first?.bytes { longest = min(longest, max(1, ahead.advance(bytes).count)) }
        case nil: break
        }
        return longest
    }

    private func isReached(_ place: FaultPlan.Place, _ now: ContinuousClock.Instant) -> Bool {
        switch place {
        case .byte(let count): return passed >= count
        case .message(let number, let kind):
            // Not before it would go on.
            guard counter.isAtStart, let first = pieces.first, max(first.due, notBefore) <= now,
                let next = counter.kind(startingWith: first.bytes)
            else { return false }
            guard let kind else { return messages + 1 >= number }
            return next == kind && kinds[kind, default: 0] + 1 >= number
        }
    }

    private mutating func swallow() {
        while swallowing > 0, let first = pieces.first {
            let count = min(swallowing, first.bytes.count)
            swallowing -= count
            _ = pass(count)
        }
    }

    /// Counts the bytes and lets go of them.
    private mutating func pass(_ count: Int) -> [MessageCounter.Finding] {
        guard let first = pieces.first else { return [] }
        var findings: [MessageCounter.Finding] = []
        var rest = first.bytes.prefix(count)
        while !rest.isEmpty {
            if counter.isAtStart, let kind = counter.kind(startingWith: first.bytes[rest.startIndex...]) {
                messages += 1
                kinds[kind, default: 0] += 1
            }
            let (length, finding) = counter.advance(rest)
            if let finding { findings.append(finding) }
            rest = rest.dropFirst(length)
        }
        passed += count
        waitingBytes -= count
        pieces[0].bytes = first.bytes.dropFirst(count)
        if pieces[0].bytes.isEmpty { pieces.removeFirst() }
        return findings
    }
}
