#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// One client's connection through a `FaultProxy`, and the one to the server that belongs to it.
struct ProxyLink {
    /// What is done with what comes in.
    private enum Phase {
        case passing
        /// Thrown away; when one end hangs up the other is reset.
        case dead
        /// Thrown away until both ends have hung up, as they have been.
        case cut
        case over
    }

    /// Which connection it is, from 1.
    let number: Int
    /// The client's and the server's; -1 when closed.
    private(set) var ends: [Int32]
    /// From the client, and from the server.
    private var streams: [ProxyStream]
    private var phase = Phase.passing

    init(_ number: Int, client: Int32, server: Int32, _ plan: FaultPlan, now: ContinuousClock.Instant) {
        self.number = number
        ends = [client, server]
        streams = [
            ProxyStream(plan.toServer, ofClient: true, now: now), ProxyStream(plan.toClient, ofClient: false, now: now),
        ]
    }

    var isOver: Bool { if case .over = phase { true } else { false } }
    /// Whether bytes pass, or would.
    var isPassing: Bool { if case .passing = phase { true } else { false } }

    /// How many placed faults have happened to it.
    var faultCount: Int { streams.reduce(0) { $0 + $1.faultCount } }

    mutating func follow(_ plan: FaultPlan, now: ContinuousClock.Instant) {
        streams[0].follow(plan.toServer, now: now)
        streams[1].follow(plan.toClient, now: now)
    }

    /// What to wait for at one end; -1 where nothing that happens there matters.
    func entry(_ end: Int, now: ContinuousClock.Instant, _ wakeUp: inout ContinuousClock.Instant?) -> pollfd {
        var events: Int16 = 0
        switch phase {
        case .over: break
        case .dead, .cut: events = Int16(POLLIN)
        case .passing:
            if !streams[end].isFinished, streams[end].waitingBytes < ProxyStream.capacity { events |= Int16(POLLIN) }
            var stream = streams[1 - end]
            switch stream.step(now: now) {
            case .write: events |= Int16(POLLOUT)
            case .fail: wakeUp = now
            case .wait(let time?): wakeUp = min(wakeUp ?? time, time)
            case .wait(nil): break
            }
        }
        // A negative descriptor is passed over: an end that has hung up would be ready for ever.
        return pollfd(fd: events == 0 ? -1 : ends[end], events: events, revents: 0)
    }

    /// The descriptor of an end that may still say something.
    func readable(_ end: Int) -> Int32? {
        isOver || streams[end].isFinished || ends[end] < 0 ? nil : ends[end]
    }

    /// An end has said something.
    mutating func received(_ bytes: ArraySlice<UInt8>, at end: Int, now: ContinuousClock.Instant) {
        if isPassing { streams[end].take(bytes, now: now) }
    }

    /// An end has hung up.
    mutating func ended(_ end: Int) {
        switch phase {
        case .passing: streams[end].isFinished = true
        case .dead: reset()
        case .cut: close(end)
        case .over: break
        }
    }

    /// An end is lost.
    mutating func failed(_ end: Int) {
        if case .cut = phase { close(end) } else { reset() }
    }

    private mutating func close(_ end: Int) {
        systemClose(ends[end])
        ends[end] = -1
        if ends == [-1, -1] { phase = .over }
    }

    /// Passes on what may pass now, in both directions.
    mutating func pass(now: ContinuousClock.Instant) {
        for from in 0..<2 where isPassing { pass(from, now) }
        // Neither end keeps half a connection.
        if isPassing, streams.contains(where: \.isOver) { hangUp() }
    }

    private mutating func pass(_ from: Int, _ now: ContinuousClock.Instant) {
        while true {
            switch streams[from].step(now: now) {
            case .wait: return
            case .fail(.reset): return reset()
            case .fail(.halfOpen):
                // An end that has hung up already would not be heard of again.
                if streams.contains(where: \.isFinished) { return reset() }
                phase = .dead
                return
            case .fail(.cut):
                phase = .cut
                for end in 0..<2 {
                    shutdown(ends[end], Int32(SHUT_WR))
                    if streams[end].isFinished { close(end) }
                }
                return
            case .write(let bytes):
                #if canImport(Darwin)
                let flags: Int32 = 0
                #else
                let flags = Int32(MSG_NOSIGNAL)
                #endif
                let count = bytes.withUnsafeBytes { send(ends[1 - from], $0.baseAddress, $0.count, flags) }
                guard count > 0 else {
                    if errno != EAGAIN && errno != EINTR { reset() }
                    return
                }
                for finding in streams[from].wrote(count, now: now) {
                    switch finding {
                    case .encryptionAsked: streams[1 - from].counter.expectAnswer()
                    case .encryptionAgreed: streams[1 - from].counter.loseTrack()
                    }
                }
                // The next piece is another packet.
                if streams[from].isSplit { return }
            }
        }
    }

    /// Closes both ends so that they get an error, not an end.
    mutating func reset() {
        for end in ends where end >= 0 { Self.reset(end) }
        ends = [-1, -1]
        phase = .over
    }

    private mutating func hangUp() {
        for end in ends where end >= 0 { systemClose(end) }
        ends = [-1, -1]
        phase = .over
    }

    static func reset(_ descriptor: Int32) {
        var lingering = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &lingering, socklen_t(MemoryLayout<linger>.size))
        systemClose(descriptor)
    }
}

/// `close(2)`, under a name that the method of the same name does not hide.
private func systemClose(_ descriptor: Int32) { close(descriptor) }
