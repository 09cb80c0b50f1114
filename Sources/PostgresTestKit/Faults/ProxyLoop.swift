#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// What the thread of a `FaultProxy` does: pairs of sockets, and bytes from one to the other.
struct ProxyLoop {
    enum Mode {
        case forward
        case freeze
        case refuse
    }

    var mode = Mode.forward
    /// What is planned for each new connection.
    var planning: @Sendable (Int) -> FaultPlan = { _ in FaultPlan() }
    private(set) var links: [ProxyLink] = []
    /// Of connections that have ended.
    private var pastFaults = 0
    private var taken = 0
    private let listener: Listener
    private let target: FaultProxy.Target
    /// Becomes readable when there are orders.
    private let bell: Int32
    private var buffer = [UInt8](repeating: 0, count: 64 * 1024)

    init(listener: Listener, target: FaultProxy.Target, bell: Int32) {
        self.listener = listener
        self.target = target
        self.bell = bell
    }

    /// Waits until something is to be done, and does it.
    mutating func turn() {
        var now = ContinuousClock.now
        var wakeUp: ContinuousClock.Instant?
        var entries = [pollfd(fd: bell, events: Int16(POLLIN), revents: 0)]
        if mode != .freeze {
            entries.append(pollfd(fd: listener.descriptor, events: Int16(POLLIN), revents: 0))
            for link in links {
                for end in 0..<2 { entries.append(link.entry(end, now: now, &wakeUp)) }
            }
        }
        // Rounded up: nobody is early.
        let patience = wakeUp.map { Int32(clamping: Int((max(.zero, $0 - now) / .milliseconds(1)).rounded(.up))) } ?? -1
        guard poll(&entries, nfds_t(entries.count), patience) >= 0 else { return }
        if entries[0].revents != 0 {
            let bell = bell
            buffer.withUnsafeMutableBytes { _ = recv(bell, $0.baseAddress, $0.count, 0) }
        }
        guard mode != .freeze else { return }
        now = .now
        for index in links.indices {
            for end in 0..<2 where entries[2 + 2 * index + end].revents != 0 { read(index, end, now) }
            links[index].pass(now: now)
        }
        pastFaults += links.reduce(0) { $0 + ($1.isOver ? $1.faultCount : 0) }
        links.removeAll(where: \.isOver)
        if entries[1].revents != 0 { accept(now) }
    }

    private mutating func read(_ index: Int, _ end: Int, _ now: ContinuousClock.Instant) {
        guard let descriptor = links[index].readable(end) else { return }
        let count = buffer.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
        if count > 0 {
            links[index].received(buffer[..<count], at: end, now: now)
        } else if count == 0 {
            links[index].ended(end)
        } else if errno != EAGAIN && errno != EINTR {
            links[index].failed(end)
        }
    }

    /// How many placed faults have happened.
    var faultCount: Int { links.reduce(pastFaults) { $0 + $1.faultCount } }

    /// Resets every connection.
    mutating func cut() {
        pastFaults = faultCount
        for index in links.indices { links[index].reset() }
        links = []
    }

    /// Has connections that stand follow a plan; how many of them there were.
    mutating func follow(_ plan: FaultPlan, _ numbers: Set<Int>?) -> Int {
        let now = ContinuousClock.now
        var count = 0
        for index in links.indices where links[index].isPassing && numbers?.contains(links[index].number) != false {
            links[index].follow(plan, now: now)
            count += 1
        }
        return count
    }

    private mutating func accept(_ now: ContinuousClock.Instant) {
        let client = systemAccept(listener.descriptor)
        guard client >= 0 else { return }
        guard mode == .forward, let server = connectToTarget() else { return ProxyLink.reset(client) }
        for descriptor in [client, server] {
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
            var on: Int32 = 1
            // Without effect on a unix socket.
            setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        }
        taken += 1
        links.append(ProxyLink(taken, client: client, server: server, planning(taken), now: now))
    }

    private func connectToTarget() -> Int32? {
        let family =
            switch target {
            case .port: AF_INET
            case .unixSocket: AF_UNIX
            }
        #if canImport(Darwin)
        let descriptor = socket(family, SOCK_STREAM, 0)
        #else
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue), 0)
        #endif
        guard descriptor >= 0 else { return nil }
        // A server that takes nobody must not keep everybody else's bytes waiting.
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        let result =
            switch target {
            case .port(let port): HostFacts.connectToLoopback(descriptor, port: port)
            case .unixSocket(let directory, let port):
                Listener.withAddress(of: "\(directory)/.s.PGSQL.\(port)") { connect(descriptor, $0, $1) } ?? -1
            }
        if result == 0 || errno == EINPROGRESS { return descriptor }
        close(descriptor)
        return nil
    }
}

/// `accept(2)`, under a name that the method of the same name does not hide.
private func systemAccept(_ descriptor: Int32) -> Int32 { accept(descriptor, nil, nil) }
