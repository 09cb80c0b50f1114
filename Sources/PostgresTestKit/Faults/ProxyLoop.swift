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

    /// One client's connection and the one to the server that belongs to it.
    struct Link {
        var ends: [Int32]
        /// What came in at one end and is to go out at the other, by the end it came in at.
        var pending: [[UInt8]] = [[], []]
        /// The end says nothing more.
        var isFinished = [false, false]
        var isOver: Bool { isFinished == [true, true] && pending.allSatisfy(\.isEmpty) }
    }

    var mode = Mode.forward
    private(set) var links: [Link] = []
    private let listener: Listener
    private let target: Int

    init(listener: Listener, target: Int) {
        self.listener = listener
        self.target = target
    }

    /// How long an order may wait for its turn, in milliseconds.
    private static let patience: Int32 = 5

    mutating func turn() {
        var entries: [pollfd] = []
        if mode != .freeze {
            entries.append(pollfd(fd: listener.descriptor, events: Int16(POLLIN), revents: 0))
            for link in links {
                for end in 0..<2 {
                    var events: Int16 = 0
                    if !link.isFinished[end], link.pending[end].isEmpty { events |= Int16(POLLIN) }
                    if !link.pending[1 - end].isEmpty { events |= Int16(POLLOUT) }
                    // A negative descriptor is passed over: an end that has hung up would be ready for ever.
                    entries.append(pollfd(fd: events == 0 ? -1 : link.ends[end], events: events, revents: 0))
                }
            }
        }
        let ready = poll(&entries, nfds_t(entries.count), Self.patience)
        guard ready > 0, mode != .freeze else { return }
        for index in links.indices {
            for end in 0..<2 where entries[1 + 2 * index + end].revents != 0 { move(index, end) }
        }
        links.removeAll { link in
            guard link.isOver else { return false }
            for descriptor in link.ends { close(descriptor) }
            return true
        }
        if entries[0].revents != 0 { accept() }
    }

    /// Resets every connection.
    mutating func cut() {
        for link in links {
            for descriptor in link.ends { reset(descriptor) }
        }
        links = []
    }

    private mutating func accept() {
        let client = systemAccept(listener.descriptor)
        guard client >= 0 else { return }
        guard mode == .forward, let server = connectToTarget() else { return reset(client) }
        for descriptor in [client, server] {
            _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
            var on: Int32 = 1
            setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        }
        links.append(Link(ends: [client, server]))
    }

    private func connectToTarget() -> Int32? {
        #if canImport(Darwin)
        let descriptor = socket(AF_INET, SOCK_STREAM, 0)
        #else
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #endif
        guard descriptor >= 0 else { return nil }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(truncatingIfNeeded: target).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        if isConnected { return descriptor }
        close(descriptor)
        return nil
    }

    /// Reads what is there at one end and writes what the other one has said.
    private mutating func move(_ index: Int, _ end: Int) {
        let descriptor = links[index].ends[end]
        if !links[index].isFinished[end], links[index].pending[end].isEmpty {
            var bytes = [UInt8](repeating: 0, count: 64 * 1024)
            let count = recv(descriptor, &bytes, bytes.count, 0)
            if count > 0 {
                links[index].pending[end] = Array(bytes[..<count])
            } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
                links[index].isFinished[end] = true
                // Neither end keeps half a connection.
                links[index].isFinished[1 - end] = true
            }
        }
        for from in 0..<2 { write(index, from) }
        if links[index].isFinished[0] && links[index].isFinished[1] {
            // What cannot be written now is lost with the connection.
            links[index].pending = [[], []]
        }
    }

    private mutating func write(_ index: Int, _ from: Int) {
        let bytes = links[index].pending[from]
        guard !bytes.isEmpty else { return }
        #if canImport(Darwin)
        let flags: Int32 = 0
        #else
        let flags = Int32(MSG_NOSIGNAL)
        #endif
        let count = send(links[index].ends[1 - from], bytes, bytes.count, flags)
        if count > 0 {
            links[index].pending[from] = Array(bytes[count...])
        } else if errno != EAGAIN && errno != EINTR {
            links[index].pending[from] = []
            links[index].isFinished = [true, true]
        }
    }

    /// Closes so that the other side gets an error, not an end.
    private func reset(_ descriptor: Int32) {
        var lingering = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &lingering, socklen_t(MemoryLayout<linger>.size))
        close(descriptor)
    }
}

/// `accept(2)`, under a name that the method of the same name does not hide.
private func systemAccept(_ descriptor: Int32) -> Int32 { accept(descriptor, nil, nil) }
